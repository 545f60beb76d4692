"""What has become of the videos of playlists: a table PLAYLIST in which each answer is written down at once."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from moodreel.tables import base
from moodreel.tables.paper import PLAYLIST
from moodreel.video import playlist
from moodreel.video.playlist import UNAVAILABLE, Answer, Entry

PATIENCE = 5
"""Nobody is asked any more after so many videos in a row of which the site says nothing (no network, a limit)."""


def ask(playlists: Iterable[str], path: Path, *, pause_s: float, timeout_s: float) -> pl.DataFrame:
    """The table at `path`, if there is one, with the entries of these playlists (addresses or YouTube ids) and what the
    site says of each of which nothing is known yet. Pauses before each request.

    Raises UserError where one is no playlist.
    """
    manners = {"pause_s": pause_s, "timeout_s": timeout_s}
    addresses = [playlist.address_of_playlist(each) for each in playlists]
    status = base.read_tsv(path, PLAYLIST) if path.exists() else base.polars_frame(PLAYLIST.empty())
    for address in addresses:
        listed = playlist.expand(address, **manners)
        status = _refused(status, address, listed) if isinstance(listed, Answer) else _listed(status, address, listed)
        base.write_tsv(path, PLAYLIST, status)
    silent = 0
    unknown = status.filter(pl.col("status").is_null(), pl.col("position") > 0)
    for source in unknown["source"].unique(maintain_order=True):
        answer = playlist.ask(source, **manners)
        status = _answered(status, pl.col("source") == source, answer)
        base.write_tsv(path, PLAYLIST, status)
        silent = silent + 1 if answer.status is None else 0
        if silent == PATIENCE:
            break
    return status


def in_words(status: pl.DataFrame) -> list[str]:
    """What became of the videos of each playlist, a line each."""
    lines = []
    for (address,), group in status.group_by("playlist", maintain_order=True):
        counts = group.with_columns(pl.col("status").fill_null("not known yet"))["status"].value_counts(sort=True)
        lines.append(f"{address}: " + ", ".join(f"{count} {what}" for what, count in counts.rows()))
    return lines


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
