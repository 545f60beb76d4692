"""How a CSV file is written: its encoding, separator and header, and the cells of its rows.

What spreadsheets, R and pandas make of a CSV is understood: semicolons, tabs, bars or blanks between the columns, a
first line `sep=;`, UTF-16, quotation marks, names that R has changed, row names, empty columns and rows at the end.
"""

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from moodreel.errors import UserError
from moodreel.storage.content_marks import special_kind

MOST_COLUMNS = 10_000
"""OpenFace writes 714 columns, py-feat up to 2,100 (with the mesh)."""
LONGEST_ROW = 16 * 2**20
"""Most characters of a row: 1,600 for each of `MOST_COLUMNS`. A file without line ends is no table."""

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[,;|\t ])"?[,;|\t ]*', re.IGNORECASE)
_SEPARATORS = ",;\t|"
_BLANKS = " \t\r\n\u00a0\u200b\ufeff"
"""Blanks around a name, of which two are not seen; files that were joined have a mark of their encoding twice."""
MOST_LINES_ABOVE = 20
"""Lines above the header among which it is looked for."""


@dataclass(frozen=True)
class Layout:
    """How a file is written, found by `layout`.

    header: the columns' names, those that are known as they are known. first_line: of the header, counted from 1.
    cells: how many the header has, with nameless ones at its end. row_names: whether each row begins with a cell that
    the header lacks, as where R writes row names.
    """

    path: Path
    header: list[str]
    separator: str = ","
    encoding: str = "utf-8-sig"
    first_line: int = 1
    cells: int = 0
    row_names: bool = False


def layout(path: Path, known: Collection[str]) -> Layout:
    """How a file is written, and its columns' names, in which those of `known` are recognised as R changes them.

    Raises UserError when it is absent, empty, not text, has more than `MOST_COLUMNS` columns, or no header.
    """
    encoding = _encoding(path)
    with _open(path, encoding) as file:
        lines = _Lines(file, path)
        line = next((line for line in lines if line.strip()), "")
        separator = None
        if given := _SEPARATOR_LINE.fullmatch(line.strip("\r\n")):
            separator = given["separator"]
            line = next((line for line in lines if line.strip()), "")
        first_line = lines.number
        separator = separator or _separator(line)
        head = _cells(path, first_line, line, separator)
        raw = [cell.strip(_BLANKS).strip("\"'").strip(_BLANKS) for cell in head]
        names = raw[: max((place for place, name in enumerate(raw, 1) if name), default=0)]
        lines.pending = 0
        row = next((line for line in lines if line.strip()), "")
    if not names:
        raise UserError(f"{path}: the file is empty; expected a CSV with a header")
    if any("\ufffd" in name for name in names):
        raise UserError(f"{path}, line {first_line}: this is not text in UTF-8; expected a CSV. Export it as UTF-8.")
    if len(names) > MOST_COLUMNS:
        raise UserError(
            f"{path}, line {first_line}: {len(names)} columns; up to {MOST_COLUMNS} are read. Is the table turned, "
            "frames in columns? Export it with one row per frame."
        )
    if all(NUMBER.fullmatch(name) for name in names):
        raise UserError(f"{path}, line {first_line}: numbers; expected the names of the columns")
    if set(known).isdisjoint(names) and (later := _line_of_header(path, encoding, known)):
        raise UserError(
            f"{path}, line {first_line}: no names of columns; these are in line {later}. Remove what is above."
        )
    changed = {form: name for name in known for form in (f"X.{name}", f"X{name}")}
    header = [name if name in known else changed.get(name.rstrip("."), name) for name in names]
    first_row = _cells(path, lines.number, row, separator)
    # between commas it is in quotation marks, since a decimal comma makes one more cell as well
    one_more = len(first_row) == len(raw) + 1 and first_row[-1].strip() != ""
    row_names = one_more and (separator != "," or row.lstrip().startswith('"'))
    return Layout(path, header, separator, encoding, first_line, len(raw), row_names)


def _line_of_header(path: Path, encoding: str, known: Collection[str]) -> int | None:
    """The line among the first that has names of columns, as where a title stands above them."""
    with _open(path, encoding) as file:
        lines = _Lines(file, path)
        for line in islice(lines, MOST_LINES_ABOVE):
            lines.pending = 0
            if len({cell.strip(_BLANKS + "\"'") for cell in line.split(_separator(line))} & set(known)) > 1:
                return lines.number
    return None


def _encoding(path: Path) -> str:
    if not path.exists():
        raise UserError(f"{path}: there is no such file")
    if kind := special_kind(path, path.stat().st_mode):  # opening a pipe would wait for its writer
        raise UserError(f"{path}: {kind}, not a file; expected a CSV")
    with open(path, "rb") as file:
        begin = file.read(4096)
    if not begin.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
        raise UserError(f"{path}: the file is empty; expected a CSV with a header")
    if begin.startswith(b"PK\3\4"):
        raise UserError(f"{path}: this is an Excel workbook or an archive; expected a CSV. Export the sheet as CSV.")
    even, odd = begin[::2].count(0), begin[1::2].count(0)
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")) and not begin.startswith(b"\xff\xfe\0\0"):
        encoding = "utf-16"
    elif max(even, odd) > 0.4 * len(begin) and not min(even, odd):
        encoding = "utf-16-le" if odd else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    text = begin.decode(encoding, errors="replace")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise UserError(f"{path}: this is not text but a binary file; expected a CSV in UTF-8")
    return encoding


def _separator(line: str) -> str:
    """What stands between the names of a header."""
    bare = re.sub(r'"[^"]*"', "name", line)
    counts = {separator: bare.count(separator) for separator in _SEPARATORS}
    best = max(counts, key=lambda separator: counts[separator])
    if counts[best]:
        return best
    return " " if " " in bare.strip() else ","


def _cells(path: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error as error:
        raise _unreadable(path, number, error) from None


def read_rows(layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row below the header that is not empty."""
    with _open(layout.path, layout.encoding) as file:
        lines = _Lines(file, layout.path)
        for _ in islice(lines, layout.first_line):
            lines.pending = 0
        reader = csv.reader(lines, delimiter=layout.separator, skipinitialspace=True)
        try:
            for cells in reader:
                lines.pending = 0
                if not any(map(str.strip, cells)):
                    continue
                yield lines.number, cells[1:] if layout.row_names else cells
        except csv.Error as error:
            raise _unreadable(layout.path, lines.number, error) from None


def open_end(layout: Layout) -> bool:
    """Whether the last line does not end, as where a copy broke off."""
    with open(layout.path, "rb") as file:
        file.seek(max(layout.path.stat().st_size - 2, 0))
        return file.read().rstrip(b"\0")[-1:] not in (b"\n", b"\r")


class _Lines:
    """The lines of a file, and how many there were; `pending` counts the characters since it was set to 0."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self._file, self._path = file, path
        self.number = self.pending = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.pending += len(line)
        if self.pending > LONGEST_ROW:
            raise UserError(
                f"{self._path}, line {self.number}: more than {LONGEST_ROW} characters in one row. Is this a table, or "
                "is a quotation mark never closed?"
            )
        return line


def _open(path: Path, encoding: str) -> TextIO:
    """Text in which a letter of another encoding is a replacement character: it matters only where a number stands."""
    return open(path, encoding=encoding, errors="replace", newline="")


def _unreadable(path: Path, line: int, error: csv.Error) -> UserError:
    hint = ". Is a quotation mark never closed?" if "field larger" in str(error) else ""
    return UserError(f"{path}, line {line}: not readable as CSV ({error}){hint}")
