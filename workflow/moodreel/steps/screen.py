"""Screen a run's videos: which are kept, and why the others are not."""

from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import program
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={
        "videos": Input(VIDEOS),
        "poses": Input(POSE, through_videos=True),
        "faces": Input(FACE, through_videos=True),
    },
    outputs={"out": Output(SCREENING)},
    settings=("screen", "windows", "features"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.features.screen import screen_video
    from moodreel.tables import base

    settings = job.settings
    rows = [
        screen_video(video, settings.screen, settings.windows, settings.features)
        for video in job.read("videos").iter_rows(named=True)
    ]
    job.write("out", pl.DataFrame(rows, schema=base.polars_schema(SCREENING)))
    dropped = [f"dropped {row['video']}: {row['reason']}" for row in rows if not row["kept"]]
    print(*dropped, f"kept {len(rows) - len(dropped)} of {len(rows)} videos", sep="\n")
    unsure = [f"{row['video']}: {row['times']}" for row in rows if row["times"]]
    if unsure:
        print("times assumed or mended:", *unsure, sep="\n")
        program.announce(
            f"the times of {len(unsure)} videos were assumed or mended; {job.outputs.out} says how", unsure
        )
    if dropped:
        program.announce(f"{len(dropped)} of {len(rows)} videos are not used; {job.outputs.out} says why", dropped)
