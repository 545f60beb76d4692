"""Put the kept videos' features on a time grid and cut windows from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from moodreel import provenance
from moodreel.errors import UserError
from moodreel.features import grid, windows
from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS


def kept_videos(videos: pl.DataFrame, screening: pl.DataFrame) -> list[dict]:
    """The rows of VIDEOS that the screening kept. Raises UserError, with the reasons, when there are none."""
    kept = videos.join(screening.filter("kept"), on="video", how="semi", maintain_order="left")
    if kept.is_empty():
        reasons = screening.select("video", "reason").head(10).rows()
        raise UserError(
            f"none of the {len(videos)} videos passed the screening; loosen the settings named or add videos:\n"
            + "\n".join(f"  - {video}: {reason}" for video, reason in reasons)
        )
    return kept.rows(named=True)


def seen_columns(videos: list[dict], groups: list[str]) -> list[str]:
    """The columns of `groups` that at least one video shows, in the groups' order."""
    seen: set[str] = set()
    for video in videos:
        folder = Path(video["folder"])
        seen |= grid.seen_columns(
            base.read(folder / "pose.parquet", POSE, columns=grid.POSE_COLUMNS),
            base.read(folder / "face.parquet", FACE, columns=grid.FACE_COLUMNS),
        )
    columns = [c for g in groups for c in GROUPS[g].columns if c in seen]
    if not columns:
        raise UserError(f"features.groups = {groups}: no kept video shows any of their columns. Choose other groups.")
    return columns


def features_of(video: dict, columns: list[str], settings: WindowsSettings, features: FeaturesSettings) -> pl.DataFrame:
    """One video's rows of FEATURES."""
    folder = Path(video["folder"])
    face_columns = [c for c in columns if GROUPS[GROUP_OF[c]].source == "face"]
    pose = base.read(folder / "pose.parquet", POSE, columns=grid.POSE_COLUMNS)
    face = base.read(folder / "face.parquet", FACE, columns=["time_s", "status", *face_columns])
    found = grid.video_features(
        pose,
        face,
        columns,
        rate_hz=settings.rate_hz,
        max_gap_s=settings.max_gap_s,
        needs_body="body" in features.groups,
        smoothing_s=features.smoothing_s,
    )
    return found.insert_column(0, pl.lit(video["video"]).alias("video"))


def windows_of(video: dict, features: pl.DataFrame, first_row: int, settings: WindowsSettings) -> pl.DataFrame:
    """One video's rows of WINDOWS; a built-in clip's labels come from the truth beside it."""
    found = windows.index(features["time_s"].to_numpy(), features["valid"].to_numpy(), first_row, settings)
    builtin = video["kind"] == "builtin"
    truth = base.read(Path(video["path"]).with_suffix(".truth.parquet"), TRUTH) if builtin else None
    return found.with_columns(
        video=pl.lit(video["video"]),
        performer=pl.lit(video["performer"]),
        label=windows.labels(found, video["emotion"], truth),
    )


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--screening", type=Path, required=True, help="screening.tsv")
    parser.add_argument("--features-out", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows-out", type=Path, required=True, help="windows.parquet")
    args = parser.parse_args()
    settings = WindowsSettings(**args.settings.get("windows", {}))
    features = FeaturesSettings(**args.settings.get("features", {}))
    videos = kept_videos(base.read_tsv(args.videos, VIDEOS), base.read_tsv(args.screening, SCREENING))
    columns = seen_columns(videos, features.groups)
    stamp = provenance.stamp(
        code=args.code,
        settings={"windows": settings.model_dump(mode="json"), "features": features.model_dump(mode="json")},
        libraries=("numpy", "polars", "pyarrow"),
        rate_hz=settings.rate_hz,
    )
    indexes: list[pl.DataFrame] = []

    def rows() -> Iterator[pl.DataFrame]:
        first_row = 0
        for video in videos:
            found = features_of(video, columns, settings, features)
            indexes.append(windows_of(video, found, first_row, settings))
            first_row += len(found)
            yield found

    with base.writer(args.features_out, FEATURES, stamp) as append:
        for table in rows():
            append(table)
    index = pl.concat(indexes)
    base.write(args.windows_out, WINDOWS, index.select(WINDOWS.names), stamp)
    counts = windows.counts(index)
    print(f"{len(videos)} videos, {len(columns)} columns, windows: " + ", ".join(f"{n} {r}" for r, n in counts.items()))


if __name__ == "__main__":
    command.run(main)
