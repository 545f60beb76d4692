"""Render the preview clips that the pairs name: a clip's picture with the music proposed for it."""

from moodreel.tables.music import PAIRS, SOUNDTRACK
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import program
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output


@declare(
    inputs={
        "videos": Input(VIDEOS),
        "pairs": Input(PAIRS),
        "sounds": Input(SOUNDTRACK, through_videos=True),
        "media": Input("media files", through_videos=True),
    },
    outputs={"out": Output("folder of the clips")},
    options={
        "soundtracks": Option("path of a video's soundtrack, with {video} for its id", required=True),
        "threads": Option("clips rendered at the same time", int, default=1),
    },
    settings=("pairing", "limits"),
    guarded=True,
)
def main(job: Job) -> None:
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    import polars as pl

    from moodreel.music import previews
    from moodreel.storage.atomic import folder_replacement, of_suffix

    videos = {row["video"]: row for row in job.read("videos").iter_rows(named=True)}
    shown = job.read("pairs").filter(pl.col("preview").is_not_null())
    with (
        folder_replacement(job.outputs.out, of_suffix(".mp4")) as folder,
        ThreadPoolExecutor(1 if job.has_crashed else job.options.threads) as pool,  # one shows which file is at fault
    ):
        render = partial(previews.render, videos, job.options.soundtracks, folder, job.settings.pairing)
        failures = [message for message in pool.map(render, shown.iter_rows(named=True)) if message]
    print(f"{len(shown) - len(failures)} of {len(shown)} preview clips rendered")
    for message in failures:
        print(f"moodreel: {message}", file=sys.stderr)
    if failures and len(failures) == len(shown):
        previews.render_good_clip(job.settings.pairing)
        program.announce("no preview clip could be rendered", failures)
