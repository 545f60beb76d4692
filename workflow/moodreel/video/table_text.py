"""The cells of a table of videos: its file, encoding, separator and quotation marks, as spreadsheets, R and pandas
write them.

Snakemake imports this module while it plans, so it imports nothing heavy.
"""

import codecs
import csv
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage.content_marks import special_kind

CHECKOUT = Path(__file__).parents[3]
"""The folder of the Snakefile."""

MOST_BYTES = 64 * 2**20
"""A table of 100,000 videos has about a tenth of it; a larger file is something else."""

MOST_LINES_OF_A_CELL = 50
"""A cell with line breaks is looked for in so many lines after its opening quotation mark."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_SEPARATOR = re.compile(r'"?sep=(.)"?[\s,;]*', re.IGNORECASE)
SEPARATORS = ("\t", ";", ",", "|")

_MAGIC = {
    b"PK\3\4": "an Excel workbook, an OpenDocument table or another archive",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel, or another old document of Microsoft Office",
    b"\x1f\x8b": "compressed with gzip, as R's .rds files are",
    b"PAR1": "a Parquet file",
    b"$FL": "a data file of SPSS",
    b"%PDF": "a PDF",
}
"""How files begin that people take for tables, and what they are."""

MOST_SHOWN = 128
"""Characters of a cell that a message shows."""

_QUOTES = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"

SAVE = "Save the table as UTF-8 with tabs"


@dataclass
class Cells:
    """The cells of a table.

    `rows`: the number and the cells of each line that is not blank, without surrounding blanks and empty cells at the
    end; `mistakes`: lines that have no cells, and why; `separator`: between cells.
    """

    separator: str = "\t"
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    mistakes: list[tuple[int, str]] = field(default_factory=list)


def locate(path: str | Path) -> Path:
    """The file of the table `path`: `~` is the home folder; a relative path counts from the working folder or, where it
    does not exist there, from the checkout, so that the tables of the demo and of papers are found from any folder."""
    given = Path(os.path.expanduser(path))
    return next((place for place in (given, CHECKOUT / given) if _exists(place)), given)


def _exists(path: Path) -> bool:
    try:
        os.stat(path)
    except (OSError, ValueError):
        return False
    return True


def read_text(path: str | Path) -> str:
    """The text of the table. Raises UserError where it is no file that can be read, or none of text."""
    place = locate(path)
    try:
        found = place.stat()  # before it is opened: opening a pipe waits for its writer
        if kind := special_kind(place, found.st_mode):
            raise UserError(f"{path}: {kind}, not a file with a table of videos.")
        if found.st_size > MOST_BYTES:
            raise UserError(
                f"{path}: {found.st_size / 2**20:,.0f} MiB; a table of videos has at most {MOST_BYTES // 2**20}. "
                "`videos` in the configuration names the table, not a video."
            )
        data = place.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such table of videos. `videos` in the configuration names it.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        shown = str(path) if len(str(path)) < 200 else f"{str(path)[:200]}..."
        raise UserError(
            f"{shown!r}: the table of videos cannot be read ({why}). `videos` in the configuration names it."
        ) from None
    return _decode(data, str(path))


def _decode(data: bytes, name: str) -> str:
    if what := next((what for begin, what in _MAGIC.items() if data.startswith(begin)), None):
        raise UserError(f"{name}: this is no text but {what}. {SAVE}.")
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise UserError(f"{name}: {_no_text(data)}") from None
        line = len(_LINE_END.findall(data[: error.start].decode("latin-1"))) + 1
        wrong = _LINE_END.split(data.decode("cp1252", "replace"))[line - 1].strip()
        raise UserError(
            f"{name}: line {line} is not UTF-8 text. {SAVE}. If the line is meant to be {_shortened(wrong)!r}, the "
            f"file is in Windows-1252 (Latin-1): iconv -f WINDOWS-1252 -t UTF-8 {name} > utf8.tsv"
        ) from None
    if "\0" in text:
        raise UserError(f"{name}: {_no_text(data)}")
    return text


def _no_text(data: bytes) -> str:
    evens, odds = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(evens, odds) > len(data[:4096]) // 4 and min(evens, odds) < max(evens, odds) // 4:
        order = "LE" if odds > evens else "BE"
        return f"this is UTF-16 text without its mark. {SAVE}: iconv -f UTF-16{order} -t UTF-8"
    return f"it has NUL bytes, so that it is no table but a binary or damaged file. {SAVE}."


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."


def split(text: str) -> Cells:
    """The cells of the table in `text`.

    Cells are separated by tabs, or by the semicolons, commas or bars that separate the column names; a line `sep=;`
    above them, as Excel writes it, also says so. A cell in quotation marks may hold the separator, and quotation marks
    written twice.
    """
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    stated = _SEPARATOR.fullmatch(lines[first]) if first < len(lines) else None
    if stated:
        first = next((number for number in range(first + 1, len(lines)) if lines[number].strip()), len(lines))
    if first == len(lines):
        return Cells()
    cells = Cells(stated[1] if stated else _separator(lines[first]))
    for number, row in _records(lines, first, cells):
        row = [cell.strip() for cell in row]
        while row and not row[-1]:
            row.pop()
        if row:
            cells.rows.append((number, row))
    return cells


def _separator(header: str) -> str:
    """The first of tab, semicolon, comma and bar that the line has."""
    return next((separator for separator in SEPARATORS if separator in header), "\t")


def _records(lines: Sequence[str], first: int, cells: Cells) -> Iterator[tuple[int, list[str]]]:
    at = first
    while at < len(lines):
        start, at = at, at + 1
        line = lines[start]
        if '"' not in line:
            yield start + 1, line.split(cells.separator)
            continue
        try:
            row = _record([line], cells.separator)
        except csv.Error as error:
            until = _end_of_cell(lines, start, cells.separator) if "unexpected end" in str(error) else None
            at = until or at
            cells.mistakes.append((start + 1, _why(error, start + 1, until)))
            continue
        if any("\t" in cell for cell in row):
            cells.mistakes.append((start + 1, "a cell holds a tab; remove it"))
            continue
        yield start + 1, row


def _record(lines: list[str], separator: str) -> list[str]:
    """The cells of one record. Raises csv.Error where its quotation marks do not match."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, skipinitialspace=True, strict=True)
    row = next(reader)
    if reader.line_num < len(lines):
        raise csv.Error("the record ends earlier")
    return row


def _end_of_cell(lines: Sequence[str], start: int, separator: str) -> int | None:
    """The position after the line that closes the cell left open in line `start`; None where none of the next does."""
    for end in range(start + 2, min(len(lines), start + MOST_LINES_OF_A_CELL) + 1):
        if '"' not in lines[end - 1]:
            continue
        try:
            _record(list(lines[start:end]), separator)
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            return None
        return end
    return None


def _why(error: csv.Error, line: int, until: int | None) -> str:
    if until:
        return f"a cell holds a line break (it ends in line {until}); remove it"
    if "unexpected end" in str(error):
        return "a quotation mark at the beginning of a cell is not closed; remove it, or close it in the same line"
    if "field larger" in str(error):
        return "a cell has more than 131,072 characters"
    return (
        "a cell goes on after its closing quotation mark; write a mark that belongs to the cell twice, and put the "
        'whole cell in quotation marks: """Heroes"".mp4"'
    )


def shown(cell: str) -> str:
    """The cell in quotation marks, cut to `MOST_SHOWN`, with the names of characters that are easily overlooked."""
    quoted = repr(short(cell))
    odd = dict.fromkeys(c for c in cell[:MOST_SHOWN] if not c.isprintable() or c in _QUOTES)
    names = [f"U+{ord(c):04X} {unicodedata.name(c, 'control character')}" for c in odd]
    return f"{quoted} (with {', '.join(names)})" if names else quoted


def short(text: str) -> str:
    """The text, cut to `MOST_SHOWN` characters."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
