"""Give each window its label: what a built-in clip acts there, else what the table of videos says of its video."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.demo.truth import window_truth
from moodreel.errors import UserError
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS
from moodreel.video.table import emotions_sha256, read
from moodreel.workflow import old_step as step


def labels_of(windows: pl.DataFrame, emotion: str | None = None, truth: pl.DataFrame | None = None) -> pl.Series:
    """The label (windows,) of each of the `windows` of one video: by the acted `truth` (table TRUTH), else its
    `emotion`."""
    if truth is None:
        return pl.Series([emotion] * len(windows), dtype=pl.String)
    clip = truth["expression"][0], truth["time_s"].to_numpy(), truth["activation"].to_numpy()
    return pl.Series(
        [window_truth(*clip, start, end) for start, end in windows.select("start_s", "end_s").iter_rows()],
        dtype=pl.String,
    )


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--videos", type=Path, required=True, help="the run's resolved table of videos, TSV")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--table", type=Path, required=True, help="the table of videos that a person has written")
    parser.add_argument("--emotions-sha256", help="its emotions as they were when the run was planned")
    parser.add_argument("--labels-out", type=Path, required=True, help="labels.parquet")
    parser.add_argument("--emotions-out", type=Path, required=True, help="emotions.tsv")
    args = parser.parse_args()
    given = read(args.table)
    if args.emotions_sha256 not in (None, emotions_sha256(given)):
        raise UserError(f"{args.table} has changed since the run was planned. Run again, for what is new.")
    emotions = {video.video: video.emotion for video in given}
    videos = base.read_tsv(args.videos, VIDEOS)
    truths = {
        video: Path(path).with_suffix(".truth.parquet")
        for video, path in videos.filter(kind="builtin").select("video", "path").iter_rows()
    }
    windows = base.read(args.windows, WINDOWS, columns=["video", "window", "start_s", "end_s"])
    parts = [
        part.with_columns(
            label=labels_of(part, emotions.get(video), base.read(truths[video], TRUTH) if video in truths else None)
        )
        for (video,), part in windows.partition_by("video", as_dict=True, maintain_order=True).items()
    ]
    labels = pl.concat(parts).select(LABELS.names) if parts else pl.DataFrame(schema=base.polars_schema(LABELS))
    stamp = make_stamp(code=args.code, settings={}, libraries=("polars", "pyarrow"))
    base.write(args.labels_out, LABELS, labels, stamp)
    base.write_tsv(args.emotions_out, EMOTIONS, videos.select("video", emotion=_column(videos, emotions)))
    known = labels.drop_nulls("label")
    print(f"{len(known)} of {len(labels)} windows have a label, {known['label'].n_unique()} different ones")


def _column(videos: pl.DataFrame, emotions: dict[str, str | None]) -> pl.Series:
    return pl.Series([emotions.get(video) for video in videos["video"]], dtype=pl.String)


if __name__ == "__main__":
    step.run(main)
