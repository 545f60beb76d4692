"""Tables of numbers in CSV files, as people and programs write them: read cell by cell, every mistake with its line.

Commas between the columns, points in the numbers, a header; blanks around names and numbers do not matter. Files are
read in pieces, so that an hour of 714 columns does not have to fit in memory.
"""

import csv
import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import UserError

MISTAKES_SHOWN, MISTAKES_KEPT = 20, 10_000
PIECE_ROWS = 4096

CUT_OFF = "the file ends in the middle of a line, copy or export it again"

_NAN = re.compile(r"[-+]?nan(\((ind|snan)\))?", re.IGNORECASE)
"""How C++ programs write what is not a number; `-nan(ind)` is Windows's."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


class Mistakes:
    """The mistakes in a file, collected to be reported at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[tuple[int, str]] = []
        self._count = 0

    def add(self, line: int, text: str, column: str | None = None) -> None:
        """Note a mistake in a line, counted from 1."""
        self._count += 1
        if self._count <= MISTAKES_KEPT:
            self._found.append((line, f"line {line}{f', {column}' if column else ''}: {text}"))

    def raise_any(self) -> None:
        """Raise UserError with the first `MISTAKES_SHOWN` of them, by line, if there are any."""
        if not self._found:
            return
        lines = [text for _, text in sorted(self._found, key=itemgetter(0))]
        more = self._count - MISTAKES_SHOWN
        shown = lines[:MISTAKES_SHOWN] + ([f"and {more} more"] if more > 0 else [])
        count = "1 mistake" if self._count == 1 else f"{self._count} mistakes"
        listed = "\n".join(f"  - {text}" for text in shown)
        raise UserError(f"{count} in {self.path}; nothing of it was imported:\n{listed}")


@dataclass(frozen=True)
class NumberRange:
    """The allowed numbers of a column; `meaning` describes them, such as `an intensity from 0 to 5`."""

    low: float
    high: float
    meaning: str
    whole: bool = False


@dataclass
class Sheet:
    """Columns of numbers; NaN where a cell is blank, NaN or not a number.

    lines: (n,), each row's line in the file. values: by column, (n,) float64. blank, nan: by column, (n,) bool: why a
    value is NaN. open_end: whether the last line does not end, as where a copy broke off.
    """

    path: Path
    mistakes: Mistakes
    header: list[str]
    open_end: bool = False
    lines: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    values: dict[str, np.ndarray] = field(default_factory=dict)
    blank: dict[str, np.ndarray] = field(default_factory=dict)
    nan: dict[str, np.ndarray] = field(default_factory=dict)

    def check(
        self, name: str, expected: NumberRange, *, rows: np.ndarray | None = None, may_be_blank: bool = True
    ) -> None:
        """Note each cell of `rows` (bool (n,), None: all) that is not as expected."""
        if name not in self.values:
            return
        values, rows = self.values[name], np.ones(len(self.lines), bool) if rows is None else rows
        with np.errstate(invalid="ignore"):
            wrong = (values < expected.low) | (values > expected.high)
            if expected.whole:
                wrong |= np.isfinite(values) & (values != np.floor(values))
        for row in np.flatnonzero(rows & wrong):
            self.mistakes.add(self.lines[row], f"{values[row]:g}; expected {expected.meaning}", name)
        for row in np.flatnonzero(rows & self.nan[name]):
            self.mistakes.add(self.lines[row], f"not a number (NaN); expected {expected.meaning}", name)
        if not may_be_blank:
            for row in np.flatnonzero(rows & self.blank[name]):
                self.mistakes.add(self.lines[row], f"nothing; expected {expected.meaning}", name)

    def matrix(self, names: Iterable[str]) -> np.ndarray:
        """The columns side by side, (n, columns)."""
        return np.stack([self.values[name] for name in names], axis=1)


def header(path: Path) -> list[str]:
    """The names of a file's columns, without the blanks around them.

    Raises UserError when it is absent, empty, not text, or its columns are not separated by commas.
    """
    try:
        with open(path, "rb") as file:
            begin = file.read(4096)
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(f"{path}: there is no such file") from None
    if not begin.strip():
        raise UserError(f"{path}: the file is empty; expected a CSV with a header")
    if b"\0" in begin:
        raise UserError(f"{path}: this is not text but a binary file (or UTF-16); expected a CSV in UTF-8")
    names = next((cells for _, cells in _rows(path)), [])
    if len(names) == 1:
        for sign, separator in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (" ", "blanks")):
            if sign in names[0].strip():
                raise UserError(
                    f"{path}, line 1: the columns are separated by {separator}; expected commas, with points in the "
                    "numbers. Export the file again as comma-separated values."
                )
    if names and all(_is_number(name) for name in names):
        raise UserError(f"{path}, line 1: numbers; expected the names of the columns")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_names(names: list[str], used: Collection[str], known: Collection[str], mistakes: Mistakes) -> None:
    """Note columns that are not `known` but resemble a missing one of the `used`, and a missing `frame`."""
    missing = {name.lower(): name for name in used if name not in names}
    intended = set()
    for name in dict.fromkeys(names):
        near = difflib.get_close_matches(name.lower(), missing, n=1, cutoff=0.8) if name not in known else []
        for found in near:
            intended.add(missing[found])
            mistakes.add(1, f"there is no such column. Did you mean {missing[found]!r}?", name)
    if "frame" not in (*names, *intended):
        mistakes.add(1, "the column 'frame' is missing")


def read(path: Path, names: list[str], mistakes: Mistakes) -> Sheet:
    """Those of the columns `names` that a file has.

    Noted as mistakes, with their line: rows with more or fewer cells than the header, columns that occur twice, cells
    that are neither numbers nor blank. Raises UserError when the file is not text.
    """
    head = header(path)
    sheet = Sheet(path, mistakes, head, _open_end(path))
    used = [name for name in names if name in head]
    for name in sorted({name for name in used if head.count(name) > 1}):
        mistakes.add(1, f"the column occurs {head.count(name)} times", name)
    if not used:
        return sheet
    places = [head.index(name) for name in used]
    pick = itemgetter(*places) if len(places) > 1 else lambda cells: (cells[places[0]],)
    pieces: list[dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]] = []
    lines: list[int] = []
    waiting: list[tuple[str, ...]] = []
    ragged: list[tuple[int, int]] = []
    rows = _rows(path)
    next(rows)
    cells: list[str] = []
    for line, cells in rows:
        if len(cells) != len(head):
            ragged.append((line, len(cells)))
            continue
        lines.append(line)
        waiting.append(pick(cells))
        if len(waiting) == PIECE_ROWS:
            pieces.append(_numbers(waiting, used, lines[-len(waiting) :], mistakes))
            waiting = []
    pieces.append(_numbers(waiting, used, lines[len(lines) - len(waiting) :], mistakes))
    _note_ragged(ragged, lines, len(head), mistakes)
    if sheet.open_end and len(cells) == len(head) and not cells[-1].strip():
        mistakes.add(lines[-1], CUT_OFF)
    sheet.lines = np.array(lines, np.int64)
    for name in used:
        sheet.values[name], sheet.blank[name], sheet.nan[name] = (
            np.concatenate([piece[name][part] for piece in pieces]) for part in range(3)
        )
    return sheet


def _open_end(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, 2)
        return file.read() not in (b"\n", b"\r")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not empty; the first is the header, stripped."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        first = True
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells) and len(cells) < 2:
                    continue
                yield reader.line_num, [cell.strip() for cell in cells] if first else cells
                first = False
        except UnicodeDecodeError as error:
            raise UserError(
                f"{path}, after line {reader.line_num}: this is not text in UTF-8 ({error.reason}); expected a CSV"
            ) from None
        except csv.Error as error:
            raise UserError(f"{path}, line {reader.line_num}: not readable as CSV ({error})") from None


def _numbers(
    rows: list[tuple[str, ...]], names: list[str], lines: list[int], mistakes: Mistakes
) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """By column: values, which cells are blank, which are NaN."""
    found = {}
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    for name, cells in zip(names, columns, strict=True):
        text = pl.Series(cells, dtype=pl.String).str.strip_chars()
        values = text.cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy(writable=True)
        blank = (text == "").to_numpy()
        nan = np.zeros(len(text), bool)
        for row in np.flatnonzero(~np.isfinite(values) & ~blank):
            if _NAN.fullmatch(text[int(row)]):
                nan[row] = True
            else:
                values[row] = math.nan
                mistakes.add(lines[row], _no_number(text[int(row)]), name)
        found[name] = values, blank, nan
    return found


def _no_number(text: str) -> str:
    if _DECIMAL_COMMA.fullmatch(text):
        return f"{text!r} has a decimal comma; expected {text.replace(',', '.')}"
    return f"{text[:40]!r} is not a number"


def _note_ragged(ragged: list[tuple[int, int]], lines: list[int], columns: int, mistakes: Mistakes) -> None:
    last = max([line for line, _ in ragged] + lines[-1:], default=0)
    for line, cells in ragged:
        hint = ""
        if cells < columns and line == last:
            hint = f"; {CUT_OFF}"
        elif cells > columns:
            hint = "; are there decimal commas? Numbers are written with a point"
        mistakes.add(line, f"{cells} cells, but the header has {columns} columns{hint}")
