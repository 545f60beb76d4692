"""Tables of numbers in CSV files, as people and programs write them: read cell by cell, every mistake with its line.

Decimal commas are understood where the columns are not separated by commas, and words for an empty cell, TRUE and
FALSE. Files are read in pieces, so that an hour of 714 columns does not have to fit in memory.
"""

import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import polars as pl

from moodreel.formats.csv_layout import NUMBER, Layout, open_end, read_rows
from moodreel.formats.mistakes import Mistakes
from moodreel.video.nothing import says_nothing

PIECE_ROWS = 4096

NAMES_COMPARED = 1000
"""Unknown columns that are compared with missing ones, which takes 0.3 ms for each."""

CUT_OFF = "the file ends in the middle of a line, copy or export it again"

EMPTY_WORDS = {"", "#num!", "#div/0!", "#value!"}
"""Words for an empty cell beside those that all tables may have (`video.nothing`), in lower case."""
_NAN = re.compile(r"[-+]?(nan(\((ind|snan)\))?|1\.#(ind|qnan|snan)\d*)", re.IGNORECASE)
"""How C++ programs write what is not a number; `-nan(ind)` and `-1.#IND` are Windows's."""
TRUTH_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "wahr", "vrai", "verdadero", "verdadeiro", "vero", "waar"), 1.0),
    **dict.fromkeys(("false", "f", "no", "falsch", "faux", "falso", "onwaar"), 0.0),
}
"""TRUE and FALSE as R, pandas and spreadsheets write them, these in the user's language; in lower case."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class NumberRange:
    """The allowed numbers of a column; `meaning` describes them, such as `an intensity from 0 to 5`.

    whole: without a fraction. truth: TRUE and FALSE stand for 1 and 0. text: a column of texts, each of which is read
    as a number of its own, from 0.
    """

    low: float
    high: float
    meaning: str
    whole: bool = False
    truth: bool = False
    text: bool = False


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
    for line, cells in read_rows(layout):
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


class _Numbers:
    """Makes numbers of cells, and remembers what makes sense for a whole file only: its decimal commas."""

    def __init__(self, layout: Layout, mistakes: Mistakes) -> None:
        self._layout, self._mistakes = layout, mistakes
        self._texts: dict[str, float] = {}
        self._commas = 0
        self._first: dict[str, tuple[int, str, str]] = {}  # by decimal mark: line, text and column

    def read(
        self, rows: list[list[str]], names: list[str], kinds: list[NumberRange], lines: list[int]
    ) -> dict[str, np.ndarray]:
        """By column, its values (n,), NaN for empty cells; cells that are no numbers are noted."""
        columns: Iterable[tuple[str, ...]] = zip(*rows, strict=True) if rows else ((),) * len(names)
        found = {}
        for name, kind, cells in zip(names, kinds, columns, strict=True):
            if kind.text:
                found[name] = np.array([self._texts.setdefault(cell, float(len(self._texts))) for cell in cells])
                continue
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
    if lower in EMPTY_WORDS or says_nothing(word) or _NAN.fullmatch(word):
        return math.nan
    if truth and lower in TRUTH_WORDS:
        return TRUTH_WORDS[lower]
    plain = word.replace("\N{MINUS SIGN}", "-")
    if NUMBER.fullmatch(plain) and math.isfinite(value := float(plain)):
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
    mistakes.add(line, f"{cells} {'cell' if cells == 1 else 'cells'}, but the header has {columns} columns{hint}")
