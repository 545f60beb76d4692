"""The points of a mesh table as arrays, a few thousand frames at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from moodreel.tables import base
from moodreel.tables.extraction import BLENDSHAPES, MESH, MESH_POINTS


def points(batch: pa.RecordBatch) -> np.ndarray:
    """Columns x, y, z of MESH rows as (rows, 478, 3) float32, px; NaN where they are null."""
    return np.stack([_array(batch, axis, MESH_POINTS) for axis in "xyz"], axis=2)


def scores(batch: pa.RecordBatch) -> np.ndarray:
    """Column `blendshapes` of MESH rows as (rows, 52) float32; NaN where it is null."""
    return _array(batch, "blendshapes", len(BLENDSHAPES))


def _array(batch: pa.RecordBatch, name: str, size: int) -> np.ndarray:
    """A column of lists of `size` numbers as (rows, size) float32; NaN where it is null."""
    result = np.full((len(batch), size), np.nan, np.float32)
    column = pl.Series(batch.column(name))  # arrow's own `to_numpy` would import pandas
    result[column.is_not_null().to_numpy()] = column.drop_nulls().to_numpy().reshape(-1, size)
    return result


def batches(path: str | Path) -> Iterator[pa.RecordBatch]:
    """A mesh file's rows in order, up to `base.ROW_GROUP_ROWS` at a time (12 MB)."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=base.ROW_GROUP_ROWS)


def sure(path: str | Path, min_confidence: float) -> np.ndarray:
    """Whether each frame shows a face with at least this confidence, bool (frames,).

    Raises UserError where the file is absent or no mesh table.
    """
    frames = base.read(path, MESH, columns=["status", "confidence"])
    seen = frames.select((pl.col("status") == "ok") & (pl.col("confidence") >= min_confidence))
    return seen.to_series().fill_null(False).to_numpy()


def at(path: str | Path, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points (len(rows), 478, 3) float32, px, and blendshapes (len(rows), 52) of the rows with these rising
    indices; NaN where they are null."""
    found = [(np.empty((0, MESH_POINTS, 3), np.float32), np.empty((0, len(BLENDSHAPES)), np.float32))]
    first = 0
    for batch in batches(path):
        here = rows[(rows >= first) & (rows < first + len(batch))] - first
        found.append((points(batch)[here], scores(batch)[here]))
        first += len(batch)
    meshes, blendshapes = zip(*found, strict=True)
    return np.concatenate(meshes), np.concatenate(blendshapes)
