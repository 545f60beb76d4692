"""The status of the videos of playlists: a table PLAYLIST, written after each answer."""

import datetime
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from moodreel.tables import base
from moodreel.tables.paper import PLAYLIST
from moodreel.video import playlist
from moodreel.video.playlist import UNAVAILABLE, Entry, Reply

PATIENCE = 5
"""Requests stop after so many videos in a row without an answer (no network, a rate limit)."""


def ask(playlists: Iterable[str], path: Path, *, pause_s: float, timeout_s: float) -> pl.DataFrame:
    """The table at `path`, if it exists, with the entries of these playlists (addresses or YouTube ids) and the site's
    answer about each video whose status is not known yet. Pauses before each request.

    Raises UserError where one is not a playlist.
    """
    pauses = {"pause_s": pause_s, "timeout_s": timeout_s}
    addresses = [playlist.address_of_playlist(each) for each in playlists]
    status = base.read_tsv(path, PLAYLIST) if path.exists() else base.polars_frame(PLAYLIST.empty())
    for address in addresses:
        listed = playlist.expand(address, **pauses)
        status = _refused(status, address, listed) if isinstance(listed, Reply) else _listed(status, address, listed)
        base.write_tsv(path, PLAYLIST, status)
    unanswered = 0
    unknown = status.filter(pl.col("status").is_null(), pl.col("position") > 0)
    for source in unknown["source"].unique(maintain_order=True):
        reply = playlist.ask(source, **pauses)
        status = _answered(status, pl.col("source") == source, reply)
        base.write_tsv(path, PLAYLIST, status)
        unanswered = unanswered + 1 if reply.status is None else 0
        if unanswered == PATIENCE:
            break
    return status


def in_words(status: pl.DataFrame) -> list[str]:
    """The counts of videos by status, a line for each playlist."""
    lines = []
    for (address,), group in status.group_by("playlist", maintain_order=True):
        counts = group.with_columns(pl.col("status").fill_null("not known yet"))["status"].value_counts(sort=True)
        lines.append(f"{address}: " + ", ".join(f"{count} {what}" for what, count in counts.rows()))
    return lines


def _listed(status: pl.DataFrame, address: str, listed: list[Entry]) -> pl.DataFrame:
    """`status` with the entries of a playlist that it lacked."""
    known = {tuple(row) for row in status.select("playlist", "source").iter_rows()}
    answers = {
        row["source"]: row for row in status.filter(pl.col("status").is_not_null()).iter_rows(named=True)
    }  # the same video in another playlist
    rows = []
    for entry in listed:
        if (address, entry.source) in known:
            continue
        before = answers.get(entry.source, {})
        known_status = entry.status or before.get("status")
        rows.append(
            {
                "playlist": address, "position": entry.position, "id": entry.id, "source": entry.source,
                "title": _line(entry.title), "status": known_status,
                "detail": _line(entry.detail or before.get("detail")),
                "asked": before.get("asked") or (_now() if known_status else None),
            }
        )  # fmt: skip
    gone = (pl.col("playlist") == address) & (pl.col("position") == 0)
    return pl.concat([status.filter(~gone), pl.DataFrame(rows, schema=base.polars_schema(PLAYLIST))])


def _refused(status: pl.DataFrame, address: str, reply: Reply) -> pl.DataFrame:
    """`status` with a row for a playlist that could not be read; its earlier rows stay."""
    row = {
        "playlist": address, "position": 0, "id": address, "source": address, "title": None,
        "status": UNAVAILABLE if reply.status else None, "detail": _line(reply.detail), "asked": _now(),
    }  # fmt: skip
    other = ~((pl.col("playlist") == address) & (pl.col("position") == 0))
    return pl.concat([status.filter(other), pl.DataFrame([row], schema=base.polars_schema(PLAYLIST))])


def _answered(status: pl.DataFrame, where: pl.Expr, reply: Reply) -> pl.DataFrame:
    values = {"status": reply.status, "detail": _line(reply.detail), "asked": _now()}
    return status.with_columns(
        pl.when(where).then(pl.lit(value, pl.String)).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def _line(text: str | None) -> str | None:
    """`text` as one line for a cell; None where it is empty."""
    return " ".join("".join(c if c.isprintable() else " " for c in text or "").split()) or None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
