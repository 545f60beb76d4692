"""List the videos of playlists as a table of videos, and the status of each.

Each video's page is requested once, after a pause, and its status saved at once: run again, the step resumes where it
stopped. A video that is no longer available is listed in the status file, not in the table. Only pages are downloaded.
"""

from moodreel.tables.paper import PLAYLIST
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output("the table of videos; existing rows are kept"), "status": Output(PLAYLIST)},
    options={
        "playlist": Option("addresses or YouTube ids of playlists", many=True, required=True, by_hand=True),
        "pause_s": Option("wait before each request (default: 2)", float, default=2.0, by_hand=True),
        "accept_terms": Option("you have the right to download these videos", bool, default=False, by_hand=True),
    },
    settings=("source",),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.errors import UserError
    from moodreel.storage.atomic import write_text
    from moodreel.video import playlist, playlist_status
    from moodreel.video.table_text import read_text

    out, options, settings = job.outputs, job.options, job.settings.source.youtube
    if not (options.accept_terms or settings.accept_terms):
        raise UserError(
            "a table of YouTube videos is only useful for downloading them, which YouTube's terms of service forbid "
            "without permission. If you have the right to do it, give --accept-terms."
        )
    if not 0 <= options.pause_s <= 3600:
        raise UserError(f"--pause-s {options.pause_s:g}: allowed are 0 to 3600 seconds")
    limits = {"pause_s": options.pause_s, "timeout_s": settings.timeout_s}
    status = playlist_status.ask(options.playlist, out.status, **limits)
    print(*playlist_status.in_words(status), sep="\n")
    found = status.filter(status=playlist.FOUND).select("id", "source")
    if found.is_empty():
        raise UserError(f"no video was found; {out.status} says why. Where its status is empty, run again later.")
    existing = read_text(out.out) if out.out.exists() else ""
    write_text(out.out, playlist.table_text(found.rows(), existing))
    unknown = status.filter(pl.col("status").is_null()).height
    if unknown:
        raise UserError(
            f"{unknown} of {status.height} entries have no status yet ({out.status} says why); {out.out} lists those "
            "that were found. Run the same command again later: it resumes where it stopped."
        )
