"""Write a video's tables in the formats of other programs."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.errors import UserError
from moodreel.face import trust
from moodreel.features.labels import add_labels
from moodreel.formats import events as events_csv
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.export import ExportSettings
from moodreel.storage.atomic import write_text
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import POSE
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.trust import UNIT_TRUST
from moodreel.workflow import old_step as step

FORMATS = ("openface", "openpose", "elan", "events", "emotions")
READS = {
    "openface": ("face",),
    "openpose": ("pose",),
    "elan": ("face", "windows", "labels", "clusters"),
    "events": ("face", "windows", "labels", "clusters"),
    "emotions": ("emotions",),
}
"""The options that a format is made from."""


def target(folder: Path, name: str, video: str, openpose_as: str = "zip") -> Path:
    """Where the format `name` of a video is written: `openface/<video>.csv`, `openpose/<video>.zip` or
    `openpose/<video>`, `elan/<video>.eaf`, `events/<video>.csv`, `emotions/<video>.csv`."""
    endings = {"openpose": ".zip" if openpose_as == "zip" else "", "elan": ".eaf"}
    return folder / name / f"{video}{endings.get(name, '.csv')}"


def tiers(face: pl.DataFrame, units: list[int], scores: pl.DataFrame | None = None) -> list[str]:
    """The tiers of events: of the chosen units those that were seen at all, emotions if these are scored, clusters,
    labels. A unit that is null throughout has none, since an empty tier would say that it was looked for and never
    found."""
    chosen = [f"AU{unit:02d}" for unit in units or ACTION_UNITS]
    scored = [] if scores is None else [events_csv.SCORES]
    return [*(tier for tier in chosen if face[f"{tier}_r"].count()), *scored, "cluster", "emotion"]


def mark_tier(tier: str, backend: str) -> str:
    """What the tier is called in ELAN, which has no other place for it: `AU04 (do not use)`, `AU05 (not judged)`."""
    if not tier.startswith("AU"):
        return tier
    found = trust.verdict(backend, int(tier[2:]))
    return f"{tier} ({found})" if found.doubtful else tier


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--video-id", required=True, help="the video's id")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, required=True, help="what is written")
    parser.add_argument("--pose", type=Path, help="pose.parquet, for openpose")
    parser.add_argument("--face", type=Path, help="face.parquet, for openface, elan, events")
    parser.add_argument("--windows", type=Path, help="the run's windows.parquet, for elan, events")
    parser.add_argument("--labels", type=Path, help="the run's labels.parquet, for elan, events")
    parser.add_argument("--clusters", type=Path, help="the run's clusters.parquet, for elan, events")
    parser.add_argument("--emotions", type=Path, help="emotions.parquet, for emotions; elan and events take it too")
    parser.add_argument("--media", type=Path, help="the media file that elan links; need not be there")
    parser.add_argument("--out-folder", type=Path, required=True, help="folder with one folder per format")
    args = parser.parse_args()
    needed = dict.fromkeys(name for chosen in args.formats for name in READS[chosen])
    if missing := [f"--{name}" for name in needed if getattr(args, name) is None]:
        raise UserError(f"--formats {' '.join(args.formats)} also needs {', '.join(missing)}")
    settings = ExportSettings(**args.settings.get("export", {}))
    names = ClustersSettings(**args.settings.get("clusters", {})).names
    out = {name: target(args.out_folder, name, args.video_id, settings.openpose_as) for name in args.formats}
    for path in out.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    if "openpose" in out:
        from moodreel.formats import openpose

        openpose.write(out["openpose"], base.read(args.pose, POSE), args.video_id)
    face = base.read(args.face, FACE) if args.face else pl.DataFrame()
    scores = base.read(args.emotions, EMOTION_SCORES) if args.emotions else None
    stamp = base.read_stamp(args.face) if args.face else {}
    backend = stamp.get("face_backend") or "unknown"
    if "openface" in out:
        from moodreel.formats import openface

        openface.write(out["openface"], face, absent=settings.absent)
        beside = out["openface"].with_name(f"{args.video_id}.trust.tsv")  # OpenFace's own table has no place for it
        base.write_tsv(beside, UNIT_TRUST, trust.table(backend))
    if {"elan", "events"} & set(out):
        windows = add_labels(base.read(args.windows, WINDOWS), base.read(args.labels, LABELS))
        clusters = base.read(args.clusters, CLUSTERS)
        found = events_csv.of(args.video_id, face, windows, clusters, settings, names, backend=backend, scores=scores)
    if "emotions" in out:
        assert scores is not None  # as `READS` says
        write_text(out["emotions"], scores.write_csv(float_precision=6))
    if "events" in out:
        events_csv.write(out["events"], found)
    if "elan" in out:
        from moodreel.formats import elan

        called = {tier: mark_tier(tier, backend) for tier in tiers(face, settings.units, scores)}
        on_tiers = found.with_columns(pl.col("tier").replace(called))
        shift_s = elan.offset_s(stamp, args.media)
        elan.write(out["elan"], on_tiers, [*called.values()], media=args.media, shift_s=shift_s)
    print(f"{args.video_id}: " + ", ".join(str(path) for path in out.values()))


if __name__ == "__main__":
    step.run(main)
