"""Compute a class for each video from the emotion scores of its frames, and how often it agrees with the label."""

from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_SCORES, EMOTION_TIMELINE
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={
        "videos": Input(VIDEOS),
        "table": Input("the table of videos as the user wrote it"),
        "emotions": Input(EMOTION_SCORES, through_videos=True),
    },
    outputs={
        "clips": Output(CLIP_EMOTIONS),
        "accuracy": Output(CLIP_ACCURACY),
        "detectors": Output(DETECTORS),
        "timeline": Output(EMOTION_TIMELINE),
    },
    options={
        "emotions_sha256": Option("hash of the table's emotions when the run was planned"),
        "scores": Option(
            "by detector, the subfolder of a video's folder with emotion scores, such as emotions-haar-0123abcd",
            many=True,
            required=True,
        ),
    },
    settings=("emotions", "emotions.classes", "emotions.decimals"),
)
def main(job: Job) -> None:
    from pathlib import Path

    import polars as pl

    from moodreel.emotions import clips
    from moodreel.emotions.votes import MEAN
    from moodreel.errors import UserError
    from moodreel.tables import base
    from moodreel.video.table import emotions_sha256, read

    settings, given = job.settings.emotions, read(job.inputs.table)
    if job.options.emotions_sha256 not in (None, emotions_sha256(given)):
        raise UserError(f"{job.inputs.table} has changed since the run was planned. Run again.")
    labels = {video.video: video.emotion for video in given}
    rows, agreeing, over_time = [], clips.Agreement(settings), clips.Timelines(settings)
    for video, performer, folder in job.read("videos").select("video", "performer", "folder").iter_rows():
        tables = clips.read_scores(Path(folder), job.options.scores)
        agreeing.add(tables)
        over_time.add(video, performer, tables)
        if len(tables) > 1:
            tables[MEAN] = clips.mean_of([*tables.values()])
        label = {"label": labels.get(video)}
        rows += [clips.clip(video, performer, name, table, settings) | label for name, table in tables.items()]
    found = pl.DataFrame(rows, schema=base.polars_schema(CLIP_EMOTIONS))
    accuracy = clips.accuracies(found, settings)
    job.write("clips", found)
    job.write("detectors", agreeing.table())
    job.write("timeline", over_time.table())
    job.write("accuracy", accuracy)
    with_face = found.filter(pl.col("frames_with_face") > 0)
    print(f"{len(with_face)} of {len(found)} videos have a face in some frame; {len(accuracy)} accuracies")
