"""Tables of numbers in CSV files, as people and programs write them: read cell by cell, every mistake with its line.

What spreadsheets, R and pandas make of a CSV is understood: semicolons, tabs, bars or blanks between the columns,
decimal commas where the columns are not separated by commas, a first line `sep=;`, UTF-16, quotation marks, words for
an empty cell, TRUE and FALSE, names that R has changed, row names, empty columns and rows at the end. Files are read
in pieces, so that an hour of 714 columns does not have to fit in memory.
"""

import csv
import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TextIO

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.storage.content_marks import kind_of_file

MISTAKES_SHOWN, MISTAKES_KEPT = 20, 10_000
PIECE_ROWS = 4096

MOST_COLUMNS = 10_000
"""OpenFace writes 714 columns, py-feat up to 2,100 (with the mesh)."""
LONGEST_ROW = 16 * 2**20
"""Most characters of a row: 1,600 for each of `MOST_COLUMNS`. A file without line ends is no table."""
NAMES_COMPARED = 1000
"""Unknown columns that are compared with missing ones, which takes 0.3 ms for each."""

CUT_OFF = "the file ends in the middle of a line, copy or export it again"

EMPTY_WORDS = {
    "", "na", "n/a", "#n/a", "<na>", "nan", "nat", "none", "null", "nil", "?", "-", "--", ".", "#num!", "#div/0!",
    "#value!",
}  # fmt: skip
"""Words for an empty cell, in lower case: of R, pandas, Python, SQL, SPSS, Excel, and of people."""
_NAN = re.compile(r"[-+]?(nan(\((ind|snan)\))?|1\.#(ind|qnan|snan)\d*)", re.IGNORECASE)
"""How C++ programs write what is not a number; `-nan(ind)` and `-1.#IND` are Windows's."""
TRUTH_WORDS = {"true": 1.0, "t": 1.0, "false": 0.0, "f": 0.0}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[,;|\t ])"?[,;|\t ]*', re.IGNORECASE)
_SEPARATORS = ",;\t|"


class Mistakes:
    """The mistakes in a file, collected to be reported at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: list[tuple[int, str]] = []
        self._cells: set[tuple[int, str]] = set()
        self._count = 0

    def add(self, line: int, text: str, column: str | None = None) -> None:
        """Note a mistake in a line, counted from 1; of a cell the first one counts."""
        if column is not None:
            if (line, column) in self._cells:
                return
            if self._count < MISTAKES_KEPT:
                self._cells.add((line, column))
        self._count += 1
        if self._count <= MISTAKES_KEPT:
            self._found.append((int(line), f"line {line}{f', {column}' if column else ''}: {text}"))

    @property
    def too_many(self) -> bool:
        """Whether more mistakes would add nothing."""
        return self._count >= MISTAKES_KEPT

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
    """The allowed numbers of a column; `meaning` describes them, such as `an intensity from 0 to 5`.

    whole: without a fraction. truth: TRUE and FALSE stand for 1 and 0.
    """

    low: float
    high: float
    meaning: str
    whole: bool = False
    truth: bool = False


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


@dataclass
class Sheet:
    """Some rows of a file, as columns of numbers; NaN where a cell is empty.

    lines: (n,), each row's line in the file. values: by column, (n,) float64.
    """

    mistakes: Mistakes
    columns: Mapping[str, NumberRange]
    lines: np.ndarray
    values: dict[str, np.ndarray]

    def check(self, name: str, *, rows: np.ndarray | None = None, may_be_empty: bool = True) -> None:
        """Note each cell of `rows` (bool (n,), None: all) that is not as expected of the column."""
        if name not in self.values:
            return
        values, expected = self.values[name], self.columns[name]
        rows = np.ones(len(values), bool) if rows is None else rows
        with np.errstate(invalid="ignore"):
            wrong = (values < expected.low) | (values > expected.high)
            if expected.whole:
                wrong |= np.isfinite(values) & (values != np.floor(values))
        for row in np.flatnonzero(rows & wrong):
            self.mistakes.add(self.lines[row], f"{values[row]:g}; expected {expected.meaning}", name)
        if not may_be_empty:
            for row in np.flatnonzero(rows & np.isnan(values)):
                self.mistakes.add(self.lines[row], f"nothing; expected {expected.meaning}", name)

    def matrix(self, names: Iterable[str]) -> np.ndarray:
        """The columns side by side, (n, columns), float64."""
        return np.stack([self.values[name] for name in names], axis=1)


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
        raw = [cell.strip().strip("\"'").strip() for cell in head]
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
    if all(_NUMBER.fullmatch(name) for name in names):
        raise UserError(f"{path}, line {first_line}: numbers; expected the names of the columns")
    changed = {form: name for name in known for form in (f"X.{name}", f"X{name}")}
    header = [name if name in known else changed.get(name.rstrip("."), name) for name in names]
    first_row = _cells(path, lines.number, row, separator)
    # between commas it is in quotation marks, since a decimal comma makes one more cell as well
    one_more = len(first_row) == len(raw) + 1 and first_row[-1].strip() != ""
    row_names = one_more and (separator != "," or row.lstrip().startswith('"'))
    return Layout(path, header, separator, encoding, first_line, len(raw), row_names)


def _encoding(path: Path) -> str:
    if not path.exists():
        raise UserError(f"{path}: there is no such file")
    if not path.is_file():  # opening a pipe would wait for its writer
        raise UserError(f"{path}: {kind_of_file(path.stat().st_mode)}, not a file; expected a CSV")
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


def check_names(names: list[str], used: Collection[str], known: Collection[str], mistakes: Mistakes) -> None:
    """Note columns that are not `known` but resemble a missing one of the `used`, and a missing `frame`."""
    missing = {name.lower(): name for name in used if name not in names}
    intended = set()
    unknown = (name for name in dict.fromkeys(names) if name not in known)
    for name in islice(unknown, NAMES_COMPARED):
        near = difflib.get_close_matches(name[:80].lower(), missing, n=1, cutoff=0.8)
        for found in near:
            intended.add(missing[found])
            mistakes.add(1, f"there is no such column. Did you mean {missing[found]!r}?", name[:80])
    if "frame" not in (*names, *intended):
        mistakes.add(1, "the column 'frame' is missing")


def pieces(layout: Layout, columns: Mapping[str, NumberRange], mistakes: Mistakes) -> Iterator[Sheet]:
    """Those of the `columns` that a file has, `PIECE_ROWS` rows at a time; at least one piece, perhaps without rows.

    Noted as mistakes, with their line: rows with more or fewer cells than the header, columns that occur twice, cells
    that are neither numbers nor empty. Raises UserError when a row is longer than `LONGEST_ROW`, or when there are so
    many mistakes that more would add nothing.
    """
    head, width = layout.header, len(layout.header)
    used = [name for name in columns if name in head]
    for name in sorted({name for name in used if head.count(name) > 1}):
        mistakes.add(1, f"the column occurs {head.count(name)} times", name)
    places = [head.index(name) for name in used]
    kinds = [columns[name] for name in used]
    numbers = _Numbers(layout, mistakes)
    lines: list[int] = []
    waiting: list[list[str]] = []
    short: tuple[int, int] | None = None  # the last row of another length
    line, cells = 0, [""]
    for line, cells in _rows(layout):
        if len(cells) > width and (len(cells) <= layout.cells or not any(map(str.strip, cells[width:]))):
            cells = cells[:width]
        if len(cells) != width:
            _note_ragged(short, width, mistakes)
            short = line, len(cells)
            continue
        lines.append(line)
        waiting.append([cells[place] for place in places])
        if len(waiting) == PIECE_ROWS:
            yield Sheet(mistakes, columns, np.array(lines), numbers.read(waiting, used, kinds, lines))
            lines, waiting = [], []
            if mistakes.too_many:
                mistakes.raise_any()
    _note_ragged(short, width, mistakes, last=short is not None and short[0] == line)
    if len(cells) == width and not cells[-1].strip() and open_end(layout):
        mistakes.add(line, CUT_OFF)
    yield Sheet(mistakes, columns, np.array(lines, np.int64), numbers.read(waiting, used, kinds, lines))
    numbers.note_commas()


def concatenate(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Columns in one piece, (n, ...); the `parts`, of which there is at least one, are used up."""
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}


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


def _rows(layout: Layout) -> Iterator[tuple[int, list[str]]]:
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


def _unreadable(path: Path, line: int, error: csv.Error) -> UserError:
    hint = ". Is a quotation mark never closed?" if "field larger" in str(error) else ""
    return UserError(f"{path}, line {line}: not readable as CSV ({error}){hint}")


class _Numbers:
    """Makes numbers of cells, and remembers what makes sense for a whole file only: its decimal commas."""

    def __init__(self, layout: Layout, mistakes: Mistakes) -> None:
        self._layout, self._mistakes = layout, mistakes
        self._commas = 0
        self._first: dict[str, tuple[int, str, str]] = {}  # by decimal mark: line, text and column

    def read(
        self, rows: list[list[str]], names: list[str], kinds: list[NumberRange], lines: list[int]
    ) -> dict[str, np.ndarray]:
        """By column, its values (n,), NaN for empty cells; cells that are no numbers are noted."""
        columns: Iterable[tuple[str, ...]] = zip(*rows, strict=True) if rows else ((),) * len(names)
        found = {}
        for name, kind, cells in zip(names, kinds, columns, strict=True):
            text = pl.Series(cells, dtype=pl.String).str.strip_chars()
            if self._layout.separator != ",":
                self._note_mark(text, name, lines)
                text = text.str.replace(",", ".", literal=True)
            values = text.cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy(writable=True)
            odd = np.flatnonzero(~np.isfinite(values))
            known: dict[str, float | None] = {}
            for row, word in zip(odd.tolist(), text.gather(odd).to_list(), strict=True):
                if word not in known:
                    known[word] = _meaning(word, truth=kind.truth)
                if (value := known[word]) is None:
                    value = self._note(word, name, lines[row])
                values[row] = value
            found[name] = values
        return found

    def note_commas(self) -> None:
        """Note decimal commas that cannot be understood: next to decimal points, or between commas."""
        if self._layout.separator == ",":
            if "," in self._first:
                line, text, column = self._first[","]
                more = f" ({self._commas} cells have one)" if self._commas > 1 else ""
                self._mistakes.add(
                    line, f"{text!r} has a decimal comma; expected {text.replace(',', '.')}{more}", column
                )
        elif len(self._first) == 2:
            (line, text, column), (other_line, other, _) = self._first[","], self._first["."]
            self._mistakes.add(
                line,
                f"{text!r} has a decimal comma, but line {other_line} has a decimal point ({other!r}); expected one of "
                "them throughout",
                column,
            )

    def _note_mark(self, text: pl.Series, name: str, lines: list[int]) -> None:
        for mark in ",.":
            if mark not in self._first and (with_mark := text.str.contains(rf"\d*[{mark}]\d")).any():
                row = int(with_mark.arg_max() or 0)
                self._first[mark] = lines[row], text[row][:40], name

    def _note(self, word: str, name: str, line: int) -> float:
        """Note a cell that is no number. Returns the number that is meant: nothing more is wrong with its cell then."""
        if self._layout.separator == "," and _DECIMAL_COMMA.fullmatch(word):
            self._commas += 1
            self._first.setdefault(",", (line, word[:40], name))
            return float(word.replace(",", "."))
        self._mistakes.add(line, f"{word[:40]!r} is not a number", name)
        return math.nan


def _meaning(word: str, *, truth: bool) -> float | None:
    """What a cell says that polars takes for no finite number: a number, NaN for empty, None for anything else."""
    lower = word.lower()
    if lower in EMPTY_WORDS or _NAN.fullmatch(word):
        return math.nan
    if truth and lower in TRUTH_WORDS:
        return TRUTH_WORDS[lower]
    plain = word.replace("\N{MINUS SIGN}", "-")
    if _NUMBER.fullmatch(plain) and math.isfinite(value := float(plain)):
        return value
    return None


def _note_ragged(row: tuple[int, int] | None, columns: int, mistakes: Mistakes, *, last: bool = False) -> None:
    """Note a row (line, cells) that has not as many cells as the header has `columns`."""
    if row is None:
        return
    line, cells = row
    hint = ""
    if cells < columns and last:
        hint = f"; {CUT_OFF}"
    elif cells > columns:
        hint = "; are there decimal commas? Between commas, numbers are written with a point"
    mistakes.add(line, f"{cells} cells, but the header has {columns} columns{hint}")
