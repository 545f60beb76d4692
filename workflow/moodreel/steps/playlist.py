"""List the videos of playlists as a table of videos, with what has become of each.

Each video is asked for once, with a pause before it, and the answer written down at once: run again, the step goes on
where it stopped. A video that is gone stands in the status file and not in the table. Nothing is downloaded but pages.
"""

from __future__ import annotations

from moodreel.tables.paper import PLAYLIST
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output("the table of videos; rows that stand in it stay"), "status": Output(PLAYLIST)},
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

    out, options, settings = job.outputs, job.options, job.settings.source.youtube
    if not (options.accept_terms or settings.accept_terms):
        raise UserError(
            "a table of YouTube videos is of use only to who may download them, and YouTube's terms of service forbid "
            "that without permission. If you have the right to do it, give --accept-terms."
        )
    if not 0 <= options.pause_s <= 3600:
        raise UserError(f"--pause-s {options.pause_s:g}: allowed are 0 to 3600 seconds")
    manners = {"pause_s": options.pause_s, "timeout_s": settings.timeout_s}
    status = playlist_status.ask(options.playlist, out.status, **manners)
    print(*playlist_status.in_words(status), sep="\n")
    found = status.filter(status=playlist.FOUND).select("id", "source")
    if found.is_empty():
        raise UserError(f"no video was found; {out.status} says why. Where its status is empty, run again later.")
    existing = out.out.read_text(encoding="utf-8") if out.out.exists() else ""
    write_text(out.out, playlist.table_text(found.rows(), existing))
    unknown = status.filter(pl.col("status").is_null()).height
    if unknown:
        raise UserError(
            f"of {unknown} of {status.height} entries nothing is known yet ({out.status} says why); {out.out} holds "
            "those that were found. Run the same command again later: it goes on where it stopped."
        )
