"""The table of videos that the user writes: `videos.tsv`, read and checked.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moodreel.errors import UserError
from moodreel.video.table_pairs import mistakes_between
from moodreel.video.table_rows import OPTIONAL, REQUIRED, Video, is_nothing, make_video, mistakes_of_row
from moodreel.video.table_text import SAVE, SEPARATORS, Cells, read_text, shown, split

MOST_MISTAKES = 200
"""Mistakes that a message lists; it counts the others."""

MOST_LINES_ABOVE = 20
"""Lines above the names of the columns among which these are looked for."""

_FORMS = {
    "<": "HTML or XML",
    "{": "JSON or RTF",
    "[": "JSON",
}
"""How files begin that are no table, though text."""

_ROW_NUMBERS = {"", "X", "X.1", "...1", "Unnamed: 0", "rownames", "row.names", "index"}
"""Names that R, readr and pandas give to a column of row numbers."""


@dataclass(frozen=True)
class VideosTable:
    """A table of videos without mistakes.

    `line_of`: the line of each video; `read_as_nothing`: the lines and columns of cells that hold a word for nothing,
    such as NA, and are read as empty, by this word.
    """

    videos: list[Video] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)
    read_as_nothing: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


def read_table(path: str | Path) -> VideosTable:
    """Read and check a table of videos, without checking that the files it names exist.

    Raises a UserError that lists every mistake with its line.
    """
    return _check(read_text(path), str(path))


def read(path: str | Path) -> list[Video]:
    """The videos of a table; see `read_table`."""
    return read_table(path).videos


def parse(text: str, name: str = "videos.tsv") -> list[Video]:
    """The videos of a table in `text`, which messages call `name`; see `read_table`.

    Every cell is text and stays as written ("0012"), without surrounding blanks; words for nothing
    (`nothing.NOTHING`) are empty cells; blank lines are skipped.
    """
    return _check(text, name).videos


def emotions_sha256(videos: Iterable[Video]) -> str:
    """SHA-256 of the videos' labels: it changes whenever a label does."""
    emotions = {video.video: video.emotion for video in videos}
    return hashlib.sha256(json.dumps(emotions, sort_keys=True).encode()).hexdigest()


def _check(text: str, name: str) -> VideosTable:
    cells = split(text)
    if form := _FORMS.get(text.lstrip("\ufeff \t\r\n")[:1]):
        raise UserError(f"{name}: this is no table; it begins as {form} does. {SAVE}.")
    if not cells.rows and not cells.mistakes:
        columns = ", ".join(REQUIRED + OPTIONAL)
        raise UserError(f"{name}: the table is empty. Its first line names the columns: {columns}.")
    if not cells.rows:
        raise UserError(_listing([f"line {line}: {m}" for line, m in cells.mistakes], name))
    (header_line, header), body = cells.rows[0], cells.rows[1:]
    found, unnamed = VideosTable(), set()
    rows: list[tuple[int, Video]] = []
    mistakes = [(line, f": {m}") for line, m in cells.mistakes]
    mistakes += [(header_line, f": {m}") for m in _mistakes_of_header(header, body, cells.separator)]
    for line, row in body if set(REQUIRED) <= set(header) and not _has_row_names(header, body) else []:
        if row == header:
            mistakes.append((line, ": the header again; remove the line"))
            continue
        if len(row) > len(header):
            mistakes.append((line, f": {_too_many(row, header, cells)}"))
            continue
        if len(row) == 1 and (other := _other_separator(row[0], cells.separator)):
            mistakes.append(
                (line, f": one cell; the columns are named with a {_named(cells.separator)} between, {other}")
            )
            continue
        given = dict.fromkeys(REQUIRED + OPTIONAL, "") | dict(zip(header, row, strict=False))
        used = {column: "" if is_nothing(column, cell) else cell for column, cell in given.items()}
        for column in given:
            if given[column] != used[column]:
                found.read_as_nothing.setdefault(given[column], []).append((line, column))
        mistakes += [(line, f", {m}") for m in mistakes_of_row(used, given)]
        rows.append((line, make_video(used)))
        if not used["performer"]:
            unnamed.add(line)
    if not mistakes and not rows:
        mistakes.append((0, "no video: the table has a header and nothing below it"))
    mistakes += [(line, f", {m}") for line, m in mistakes_between(rows, unnamed)]
    if mistakes:
        raise UserError(_listing([f"line {line}{m}" if line else m for line, m in mistakes], name))
    found.videos.extend(video for _, video in rows)
    found.line_of.update({video.video: line for line, video in rows})
    return found


def _listing(mistakes: Sequence[str], name: str) -> str:
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    more = [f"and {len(mistakes) - MOST_MISTAKES} more"] if len(mistakes) > MOST_MISTAKES else []
    return f"{count} in {name}:\n" + "\n".join(f"  - {m}" for m in [*mistakes[:MOST_MISTAKES], *more])


def _mistakes_of_header(
    header: Sequence[str], body: Sequence[tuple[int, Sequence[str]]], separator: str
) -> Iterator[str]:
    if set(REQUIRED).isdisjoint(header) and (line := _line_of_header(body)):
        yield f"{shown(header[0])} is no column's name; the columns are named in line {line}. Remove what is above it"
        return
    if len(header) == 1 and set(REQUIRED) <= set(re.split(r"[\t;,|]", header[0])):
        yield "the line is one cell, in quotation marks as a whole; remove those around each line"
        return
    if len(header) == 1:
        yield (
            "one column only; columns are separated by tabs, or by commas or semicolons, and not by blanks (in R: "
            'sep = "\\t", row.names = FALSE)'
        )
        return
    known = REQUIRED + OPTIONAL
    if _has_row_names(header, body):
        yield f"{len(header)} columns, but lines begin with one more cell, the row's number (in R: row.names = FALSE)"
    for column in dict.fromkeys(header):
        if header.count(column) > 1:
            yield f"column {shown(column)} occurs {header.count(column)} times"
        if column not in known and column in _ROW_NUMBERS and column == header[0]:
            yield f"column {column!r} seems to hold row numbers; remove it (R: row.names = FALSE, pandas: index=False)"
        elif column not in known:
            near = difflib.get_close_matches(column.lower()[:64], known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            yield f"there is no column {shown(column)}.{hint} Allowed: {', '.join(known)}"
    for column in REQUIRED:
        if column not in header:
            yield f"column {column!r} is missing"


def _line_of_header(body: Sequence[tuple[int, Sequence[str]]]) -> int | None:
    """The line among the first below the header that names the columns, as where a title stands above them."""
    for line, row in body[:MOST_LINES_ABOVE]:
        if set(REQUIRED) <= {name.strip(' "') for cell in row for name in re.split(r"[\t;,|]", cell)}:
            return line
    return None


def _has_row_names(header: Sequence[str], body: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Whether each line begins with the number of its row, for which there is no column name, as R writes tables."""
    return any(len(row) == len(header) + 1 for _, row in body) and all(
        row[0] == str(number) for number, (_, row) in enumerate(body, 1)
    )


def _too_many(row: Sequence[str], header: Sequence[str], cells: Cells) -> str:
    separator = _named(cells.separator)
    remedy = "" if separator == "tab" else " outside quotation marks"
    return f"{len(row)} cells, but {len(header)} columns; a cell may not hold a {separator}{remedy}"


def _other_separator(cell: str, separator: str) -> str | None:
    """What separates the cells of a line that is one cell, as where two tables were put together; None: nothing."""
    for other in SEPARATORS:
        if other != separator and cell.count(other) >= len(REQUIRED) - 1:
            return f"but this line has {cell.count(other)} times a {_named(other)}; write all lines in one way"
    return None


def _named(separator: str) -> str:
    return {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(separator, repr(separator))
