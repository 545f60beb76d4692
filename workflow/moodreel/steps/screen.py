"""Screen a run's videos: which are kept, and why not the others."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.features import screen
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.screen import ScreenSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step


def screen_video(
    video: str,
    pose_path: Path,
    face_path: Path,
    settings: ScreenSettings,
    windows: WindowsSettings,
    features: FeaturesSettings,
) -> dict:
    """One row of SCREENING, from the tables of the video's pose and face."""
    pose, face = base.read(pose_path, POSE), base.read(face_path, FACE)
    stamp, face_stamp = base.read_stamp(pose_path), base.read_stamp(face_path)
    measures = screen.measure(pose, face, stamp, settings, face_stamp)
    reasons = [screen.decide(measures, settings, stamp.get("reason"))]
    if measures["frames"]:
        found, why_not = screen.contribution(
            pose,
            face,
            windows,
            features,
            min_face_confidence=settings.min_row_confidence,
            imported="imported" in face_stamp,
        )
        measures |= found
        reasons += why_not
    reason = "; ".join(filter(None, reasons)) or None
    return {"video": video, "kept": reason is None, "reason": reason, **measures}


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--out", type=Path, required=True, help="screening.tsv")
    args = parser.parse_args()
    settings = ScreenSettings(**args.settings.get("screen", {}))
    windows = WindowsSettings(**args.settings.get("windows", {}))
    features = FeaturesSettings(**args.settings.get("features", {}))
    rows = [
        screen_video(
            v["video"],
            Path(v["folder"], "pose.parquet"),
            Path(v["face_folder"], "face.parquet"),
            settings,
            windows,
            features,
        )
        for v in base.read_tsv(args.videos, VIDEOS).iter_rows(named=True)
    ]
    base.write_tsv(args.out, SCREENING, pl.DataFrame(rows, schema=base.polars_schema(SCREENING)))
    dropped = [f"dropped {row['video']}: {row['reason']}" for row in rows if not row["kept"]]
    print(*dropped, sep="\n", end="\n" if dropped else "")
    print(f"kept {len(rows) - len(dropped)} of {len(rows)} videos")
    if dropped:
        step.announce(f"{len(dropped)} of {len(rows)} videos are not used; {args.out} says why", dropped)


if __name__ == "__main__":
    step.run(main)
