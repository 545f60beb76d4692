"""List the videos of playlists as a table of videos, with what has become of each.

    python -m moodreel.steps.playlist --playlist <address or YouTube id> --out videos.tsv --status status.tsv \\
        --accept-terms

Each video is asked for once, with a pause before it, and the answer written down at once: run again, the step goes on
where it stopped. A video that is gone stands in the status file and not in the table. Nothing is downloaded but pages.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

import polars as pl

from moodreel.errors import UserError
from moodreel.settings.source import SourceSettings
from moodreel.storage.atomic import write_text
from moodreel.tables import base
from moodreel.tables.paper import PLAYLIST
from moodreel.video import playlist
from moodreel.video.playlist import FOUND, UNAVAILABLE, Answer, Entry
from moodreel.workflow import old_step as step

PATIENCE = 5
"""The step stops asking after so many videos in a row of which the site says nothing (no network, a limit)."""


def main() -> None:
    parser = step.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--playlist", action="append", required=True, help="address or YouTube id; may be repeated")
    parser.add_argument("--out", type=Path, required=True, help="the table of videos; rows that stand in it stay")
    parser.add_argument("--status", type=Path, required=True, help="what became of each video, TSV; is added to")
    parser.add_argument("--pause-s", type=float, default=2.0, help="wait before each request (default: 2)")
    parser.add_argument("--accept-terms", action="store_true", help="you have the right to download these videos")
    args = parser.parse_args()
    settings = SourceSettings.model_validate(args.settings.get("source", {})).youtube
    if not (args.accept_terms or settings.accept_terms):
        raise UserError(
            "a table of YouTube videos is of use only to who may download them, and YouTube's terms of service forbid "
            "that without permission. If you have the right to do it, give --accept-terms."
        )
    if not 0 <= args.pause_s <= 3600:
        raise UserError(f"--pause-s {args.pause_s:g}: allowed are 0 to 3600 seconds")
    addresses = [playlist.address_of_playlist(each) for each in args.playlist]
    manners = {"pause_s": args.pause_s, "timeout_s": settings.timeout_s}
    status = base.read_tsv(args.status, PLAYLIST) if args.status.exists() else base.polars_frame(PLAYLIST.empty())
    for address in addresses:
        listed = playlist.expand(address, **manners)
        status = _refused(status, address, listed) if isinstance(listed, Answer) else _listed(status, address, listed)
        base.write_tsv(args.status, PLAYLIST, status)
    silent = 0
    for source in status.filter(pl.col("status").is_null(), pl.col("position") > 0)["source"].unique(
        maintain_order=True
    ):
        answer = playlist.ask(source, **manners)
        status = _answered(status, pl.col("source") == source, answer)
        base.write_tsv(args.status, PLAYLIST, status)
        silent = silent + 1 if answer.status is None else 0
        if silent == PATIENCE:
            break
    _tell(status)
    found = status.filter(status=FOUND).select("id", "source")
    if found.is_empty():
        raise UserError(f"no video was found; {args.status} says why. Where its status is empty, run again later.")
    existing = args.out.read_text(encoding="utf-8") if args.out.exists() else ""
    write_text(args.out, playlist.table_text(found.rows(), existing))
    unknown = status.filter(pl.col("status").is_null()).height
    if unknown:
        raise UserError(
            f"of {unknown} of {status.height} entries nothing is known yet ({args.status} says why); {args.out} holds "
            "those that were found. Run the same command again later: it goes on where it stopped."
        )


def _listed(status: pl.DataFrame, address: str, listed: list[Entry]) -> pl.DataFrame:
    """With the entries of a playlist that were not in the list before."""
    known = {tuple(row) for row in status.select("playlist", "source").iter_rows()}
    answers = {
        row["source"]: row for row in status.filter(pl.col("status").is_not_null()).iter_rows(named=True)
    }  # the same video in another playlist
    rows = []
    for entry in listed:
        if (address, entry.source) in known:
            continue
        before = answers.get(entry.source, {})
        told = entry.status or before.get("status")
        rows.append(
            {
                "playlist": address, "position": entry.position, "id": entry.id, "source": entry.source,
                "title": _line(entry.title), "status": told,
                "detail": _line(entry.detail or before.get("detail")),
                "asked": before.get("asked") or (_now() if told else None),
            }
        )  # fmt: skip
    gone = (pl.col("playlist") == address) & (pl.col("position") == 0)
    return pl.concat([status.filter(~gone), pl.DataFrame(rows, schema=base.polars_schema(PLAYLIST))])


def _refused(status: pl.DataFrame, address: str, answer: Answer) -> pl.DataFrame:
    """With a row for a playlist that could not be read; what was read of it before stays."""
    row = {
        "playlist": address, "position": 0, "id": address, "source": address, "title": None,
        "status": UNAVAILABLE if answer.status else None, "detail": _line(answer.detail), "asked": _now(),
    }  # fmt: skip
    other = ~((pl.col("playlist") == address) & (pl.col("position") == 0))
    return pl.concat([status.filter(other), pl.DataFrame([row], schema=base.polars_schema(PLAYLIST))])


def _answered(status: pl.DataFrame, where: pl.Expr, answer: Answer) -> pl.DataFrame:
    said = {"status": answer.status, "detail": _line(answer.detail), "asked": _now()}
    return status.with_columns(
        pl.when(where).then(pl.lit(value, pl.String)).otherwise(pl.col(name)).alias(name)
        for name, value in said.items()
    )


def _line(text: str | None) -> str | None:
    """Text as it may stand in a cell; None where there is none."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split()) or None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _tell(status: pl.DataFrame) -> None:
    for (address,), group in status.group_by("playlist", maintain_order=True):
        counts = group.with_columns(pl.col("status").fill_null("not known yet"))["status"].value_counts(sort=True)
        print(f"{address}: " + ", ".join(f"{count} {what}" for what, count in counts.rows()))


if __name__ == "__main__":
    step.run(main)
