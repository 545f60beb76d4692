"""Give each window its label: the expression that a built-in clip shows there, else its video's label in the table."""

from pathlib import Path

from moodreel.errors import UserError
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={"videos": Input(VIDEOS), "windows": Input(WINDOWS), "truths": Input(TRUTH, through_videos=True)},
    outputs={"labels": Output(LABELS), "emotions": Output(EMOTIONS)},
    options={
        "table": Option("the table of videos as the user wrote it", Path, required=True),
        "emotions_sha256": Option("hash of its emotions when the run was planned"),
    },
    libraries=("polars", "pyarrow"),
    with_missing=True,
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.demo.truth import window_labels
    from moodreel.tables import base
    from moodreel.video.table import emotions_sha256, read

    table, sha256 = job.options.table, job.options.emotions_sha256
    given = read(table)
    if sha256 not in (None, emotions_sha256(given)):
        raise UserError(f"{table} has changed since the run was planned. Run again.")
    emotions = {video.video: video.emotion for video in given}
    videos, windows = job.read("videos"), job.read("windows", columns=["video", "window", "start_s", "end_s"])
    built_in = dict(videos.filter(kind="builtin").select("video", "path").iter_rows())
    truths = {video: Path(path).with_suffix(".truth.parquet") for video, path in built_in.items()}
    parts = [base.polars_frame(LABELS.empty())]
    for (video,), part in windows.partition_by("video", as_dict=True, maintain_order=True).items():
        known = window_labels(part, base.read(truths[video], TRUTH)) if video in truths else None
        label = pl.lit(emotions.get(video), pl.String) if known is None else known
        parts.append(part.select("video", "window", "start_s", label=label))
    labels = pl.concat(parts)
    job.write("labels", labels)
    emotion = pl.col("video").replace_strict(emotions, default=None, return_dtype=pl.String)
    job.write("emotions", videos.select("video", emotion=emotion))
    labelled = labels.drop_nulls("label")
    print(f"{len(labelled)} of {len(labels)} windows have a label, {labelled['label'].n_unique()} different ones")
