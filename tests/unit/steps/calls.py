"""Steps as tests run them, and tables that hold what a test gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import polars as pl

from moodreel.tables import base
from moodreel.tables.schema import Table


def call(step: ModuleType, *, settings: Mapping[str, Any] | None = None, code: str = "c0de", **given: object) -> None:
    """Run a step with inputs, options and outputs by their names on the command line (`out`, `pose_out`).

    A list or tuple stands for many values, True for a flag by its name alone; what is None is left out.
    """
    step.main(command_line(settings=json.dumps(settings or {}), code=code, **given))


def command_line(**given: object) -> list[str]:
    """The arguments for that."""
    words = []
    for name, value in given.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, list | tuple):
            words += [flag, *map(str, value)]
        elif value is True:
            words.append(flag)
        elif value is not None:
            words.append(f"{flag}={value}")
    return words


def table_of(
    spec: Table, given: Mapping[str, Any] | Sequence[Mapping[str, Any]] | pl.DataFrame, **more: object
) -> pl.DataFrame:
    """A table of these columns or rows, and of `more` columns; others are null, or `x` where text may not be absent."""
    table = pl.DataFrame({**given, **more} if isinstance(given, Mapping) else given, strict=False)
    blank = {c.name: None if c.nullable or c.type != "string" else "x" for c in spec.columns}
    table = table.with_columns(pl.lit(blank[name]).alias(name) for name in blank.keys() - {*table.columns})
    return table.select(pl.col(name).cast(kind) for name, kind in base.polars_schema(spec).items())
