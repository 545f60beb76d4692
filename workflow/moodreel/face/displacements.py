"""The displacements that action units are computed from, frame by frame. They are always kept, since they are much
smaller than a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from moodreel.face.movements import VIEWERS_LEFT, VIEWERS_RIGHT
from moodreel.tables.face import MOVEMENTS

_COLUMNS = {
    "movements": {VIEWERS_LEFT: "movements_right", VIEWERS_RIGHT: "movements_left"},
    "scores": {VIEWERS_LEFT: "scores_right", VIEWERS_RIGHT: "scores_left"},
}
"""Columns by side: the table names the performer's own sides."""


@dataclass(frozen=True)
class Displacements:
    """Displacements on either side as in `movements.movements_by_side`: `movements` (n, 2, movements) and the network's
    `scores` of the units (n, 2, units); NaN where there are none."""

    movements: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.movements)

    @property
    def of_both(self) -> tuple[np.ndarray, np.ndarray]:
        """Means over both sides, (n, movements) and (n, units)."""
        return self.movements.mean(axis=1), self.scores.mean(axis=1)

    def rows(self, which: np.ndarray | slice) -> Displacements:
        """The displacements of the frames `which`."""
        return Displacements(self.movements[which], self.scores[which])


def displacements_table(frames: pa.Table, displacements: Displacements) -> pa.Table:
    """A MOVEMENTS table of `displacements` in `frames`, which have its columns `frame` and `time_s`."""
    columns = {name: frames.column(name) for name in ("frame", "time_s")}
    for part, sides in _COLUMNS.items():
        for side, name in sides.items():
            values = getattr(displacements, part)[:, side].astype(np.float32)
            flat, absent = pl.Series(values.ravel()), pl.Series(np.isnan(values).all(axis=1))
            # `pa.array` would import pandas
            columns[name] = pa.FixedSizeListArray.from_arrays(flat.to_arrow(), values.shape[1], mask=absent.to_arrow())
    return MOVEMENTS.conform(pa.table(columns))


def read_displacements(table: pl.DataFrame) -> Displacements:
    """The displacements in a MOVEMENTS table, as float64; NaN where it is null."""
    sizes = {field.name: field.type.list_size for field in MOVEMENTS.schema if pa.types.is_fixed_size_list(field.type)}
    found = {}
    for part, sides in _COLUMNS.items():
        size = sizes[sides[VIEWERS_LEFT]]
        values = np.full((len(table), 2, size), np.nan)
        for side, name in sides.items():
            column = table[name]
            values[column.is_not_null().to_numpy(), side] = column.drop_nulls().to_numpy().reshape(-1, size)
        found[part] = values
    return Displacements(**found)
