"""A case: how its input is made, what reads it, and which outcomes are right."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Make = Callable[[Path], Path]
"""Writes an input into an empty folder and returns its path."""

TICK_S = 0.0006
"""Tolerance of a time: half a tick of 1 ms, the coarsest clock of the containers here, and rounding."""


def written(content: bytes | Callable[[], bytes], name: str) -> Make:
    """Makes a file of these bytes."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content() if callable(content) else content)
        return folder / name

    return make


@dataclass
class Outcome:
    """What came out of reading an input.

    kind: `rows`; `reason`, for a video that cannot be used; `refused`, by another UserError; or what must never happen:
    `exception`, `crash`, `hang`, `memory`. `unmade`: there was no input, since the machine cannot make it.
    """

    kind: str
    reason: str = ""
    message: str = ""
    rows: int = 0
    times_s: list[float] = field(default_factory=list)
    """Of decoded frames."""
    numbers: list[int | None] = field(default_factory=list)
    """The number that each decoded picture shows (`pictures.number_of`)."""
    values: dict[str, Any] = field(default_factory=dict)
    """Single values by name."""
    content: str = ""
    """Text that is equal where two tables are."""
    seconds: float = 0.0
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Rows:
    """The input comes through.

    count: number of rows, or the least and the most.
    times_s: true time of each picture by its number; where given, pictures and times have to agree.
        NaN is a time that nobody knows, between its neighbours'.
    first: number of the first picture, where the input is a part of a clip.
    whole: whether all pictures have to be there, in order. Otherwise frames may be missing; those without a legible
        number, or with that of an earlier frame, are damaged; and times count from the first legible one.
    values: by name, the value and its tolerance; a text is a pattern that occurs in the value.
    told: like `values`, for what the user has to be told; where only this differs, the outcome is silent.
    twin: makes the same content, written cleanly: both have to give equal tables.
    """

    count: int | tuple[int, int] | None = None
    times_s: tuple[float, ...] = ()
    tolerance_s: float = TICK_S
    first: int = 0
    whole: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    twin: Make | None = None

    def mistake(self, found: Outcome, twin: Outcome | None) -> str | None:
        """What is wrong with an outcome, apart from `told`."""
        if found.kind != "rows":
            return f"{found.kind} {found.reason}".strip()
        low, high = self.count if isinstance(self.count, tuple) else (self.count, self.count)
        if low is not None and high is not None and not low <= found.rows <= high:
            return f"{found.rows} rows, expected {low}" + (f" to {high}" if high != low else "")
        if twin is not None and (twin.kind != "rows" or twin.content != found.content):
            return "not the table of its clean twin"
        return self._mistake_of_times(found) or self._mistake_of_values(found)

    def untold(self, found: Outcome) -> str | None:
        """What the user is not told."""
        absent = [name for name, pattern in self.told.items() if not matches(pattern, found.values.get(name))]
        return f"nothing said: {', '.join(absent)}" if absent else None

    def _mistake_of_times(self, found: Outcome) -> str | None:
        if any(later <= earlier for earlier, later in zip(found.times_s, found.times_s[1:], strict=False)):
            return "times that do not increase"
        if not self.times_s:
            return None
        if self.whole and found.numbers != list(range(self.first, self.first + len(found.numbers))):
            return f"pictures {found.numbers}"
        numbers, seen = list(found.numbers), set[int]()
        for place, number in enumerate(numbers):
            if number in seen and not self.whole:
                numbers[place] = None  # a decoder conceals damage by the picture before
            seen.add(-1 if number is None else number)
        legible = [(n, t) for n, t in zip(numbers, found.times_s, strict=True) if n is not None]
        if not legible or max(n for n, _ in legible) >= len(self.times_s):
            return f"pictures {found.numbers}"
        first, zero_s = (0, 0.0) if self.whole else legible[0]
        late = [t - zero_s - (self.times_s[n] - self.times_s[first]) for n, t in legible]
        worst = max((one for one in late if one == one), key=abs, default=0.0)
        if abs(worst) > self.tolerance_s:
            return f"a picture {worst:+.4f} s off its time"
        return None

    def _mistake_of_values(self, found: Outcome) -> str | None:
        for name, expected in self.values.items():
            value = found.values.get(name)
            if isinstance(expected, str):
                if not matches(expected, value):
                    return f"{name} is {value!r}, expected {expected!r}"
            elif value is None or abs(value - expected[0]) > expected[1]:
                return f"{name} is {value!r}, expected {expected[0]} within {expected[1]}"
        return None


@dataclass(frozen=True)
class Refused:
    """The input is refused.

    reasons: of a video, one of these; empty: a message without a reason, such as a mistake in a table.
    words: patterns that occur in the message, in any case of letters.
    """

    reasons: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def mistake(self, found: Outcome) -> str | None:
        """What is wrong with an outcome."""
        if found.kind not in ("reason", "refused"):
            return f"{found.rows} rows" if found.kind == "rows" else found.kind
        if (found.reason and found.reason not in self.reasons) or (self.reasons and not found.reason):
            return f"reason {found.reason or 'none'}, expected {' or '.join(self.reasons) or 'none'}: {found.message}"
        absent = [word for word in self.words if not matches(word, found.message)]
        return f"the message lacks {', '.join(absent)}: {found.message}" if absent else None


@dataclass(frozen=True)
class Case:
    """An input and its right outcomes, of which one has to come out.

    run: name of a reader (`readers.READERS`); options: for it.
    """

    name: str
    kind: str
    make: Make
    run: str
    expect: tuple[Rows | Refused, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def matches(pattern: str, value: object) -> bool:
    """Whether the pattern occurs in a value, in any case of letters."""
    return value is not None and re.search(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None


def judge(case: Case, found: Outcome, twin: Outcome | None = None) -> tuple[str, str]:
    """The verdict on an outcome, and what is wrong: `as_expected`, `traceback` (an exception or a crash), `hang`
    (beyond the limit of time or of memory), `silent` (something wrong comes through without a word) or `wrong`."""
    if found.kind == "unmade":
        return "wrong", found.message
    if found.kind in ("exception", "crash"):
        return "traceback", found.message
    if found.kind in ("hang", "memory"):
        return "hang", found.message
    rows = [one for one in case.expect if isinstance(one, Rows)]
    refusals = [one for one in case.expect if isinstance(one, Refused)]
    mistakes = [one.mistake(found, twin) for one in rows] + [one.mistake(found) for one in refusals]
    if None not in mistakes:
        silent = found.kind == "rows" and bool(refusals)
        return ("silent" if silent else "wrong"), "; or ".join(m for m in dict.fromkeys(mistakes) if m)
    untold = [one.untold(found) for one in rows if one.mistake(found, twin) is None]
    if untold and all(untold):
        return "silent", untold[0] or ""
    return "as_expected", ""
