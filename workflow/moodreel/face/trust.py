"""How far each action unit can be trusted with the face backend that reads it: the verdicts of docs/trust.md.

`unit_trust.tsv` (table UNIT_TRUST) is written by `make validate` and never by hand. It has no backends that take other
programs' files: readings of OpenFace or py-feat are not judged here.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from pathlib import Path

import polars as pl

from moodreel.tables import base
from moodreel.tables.face import ACTION_UNITS
from moodreel.tables.trust import UNIT_TRUST

FILE = Path(__file__).with_name("unit_trust.tsv")
PAGE = "docs/trust.md"

_UNIT = re.compile(r"AU(\d\d)_")


class Verdict(StrEnum):
    """Verdicts from best to worst."""

    USE = "use"
    CAREFUL = "careful"
    NOT_JUDGED = "not judged"
    DO_NOT_USE = "do not use"
    NOT_READ = "not read"

    @property
    def doubtful(self) -> bool:
        """Whether figures and exports mark the unit: no evidence that it is right, or evidence that it is wrong."""
        return self in (Verdict.NOT_JUDGED, Verdict.DO_NOT_USE)


def verdict(backend: str, unit: int) -> Verdict:
    """The verdict on an action unit read by a face backend; `NOT_JUDGED` with a backend outside of the validation.

    Raises KeyError where FACE has no such unit.
    """
    ACTION_UNITS[unit]
    return _verdicts().get((backend, unit), Verdict.NOT_JUDGED)


def worst_verdict(backends: Iterable[str], unit: int) -> Verdict:
    """The worst verdict on a unit over several backends, of those that read it; `NOT_JUDGED` without any backend."""
    found = [verdict(backend, unit) for backend in backends] or [Verdict.NOT_JUDGED]
    read = [one for one in found if one != Verdict.NOT_READ]
    return max(read or found, key=list(Verdict).index)


def unusable_units(backends: Iterable[str]) -> list[int]:
    """The units that are not to be used with at least one of the backends."""
    backends = list(backends)
    return [unit for unit in ACTION_UNITS if worst_verdict(backends, unit) == Verdict.DO_NOT_USE]


def unit_of(column: str) -> int | None:
    """The action unit that a column of FACE or FEATURES is made of; None where it is none."""
    found = _UNIT.search(column)
    return int(found[1]) if found else None


def units_of(columns: Iterable[str]) -> list[int]:
    """The action units of the columns that are made of one, in their order."""
    return [unit for unit in map(unit_of, columns) if unit is not None]


def table(backend: str) -> pl.DataFrame:
    """The UNIT_TRUST rows of one backend, one for each unit."""
    known = _table().filter(backend=backend)
    units = [f"AU{unit:02d}" for unit in ACTION_UNITS]
    if len(known):
        return known
    nothing = {"backend": backend, "verdict": Verdict.NOT_JUDGED.value, "people": 0, "clips": 0}
    return pl.DataFrame([{"unit": unit, **nothing} for unit in units], base.polars_schema(UNIT_TRUST))


@cache
def _table() -> pl.DataFrame:
    return base.read_tsv(FILE, UNIT_TRUST)


@cache
def _verdicts() -> dict[tuple[str, int], Verdict]:
    rows = _table().select("backend", "unit", "verdict").iter_rows()
    return {(backend, int(unit.removeprefix("AU"))): Verdict(word) for backend, unit, word in rows}
