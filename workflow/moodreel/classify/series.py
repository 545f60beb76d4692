"""What classifiers see of a window: a short series of feature means."""

from __future__ import annotations

import numpy as np
import polars as pl

from moodreel.features.matrix import FeatureMatrix

CHUNK_WINDOWS = 1024
"""Windows averaged at a time, so that a study of any size fits into memory."""


def series(matrix: FeatureMatrix, windows: pl.DataFrame, rate_hz: float) -> np.ndarray:
    """The windows (table WINDOWS, kept ones) as series (windows, bins, columns) float32 of means over 1 / `rate_hz` seconds.

    A bin in which a column was never seen is NaN. Where the rate does not divide the grid's, bins differ by one row.
    Raises ValueError when the windows differ in length.
    """
    if not len(windows):
        return np.zeros((0, 0, matrix.values.shape[1]), np.float32)
    rows = windows["rows"].unique().to_list()
    if len(rows) > 1:
        raise ValueError(f"windows of different lengths: {rows} rows")
    length_s = windows["end_s"][0] - windows["start_s"][0]
    bins = min(max(round(length_s * rate_hz), 1), rows[0])
    edges = np.arange(bins) * rows[0] // bins
    inside = np.arange(rows[0])
    first = windows["first_row"].to_numpy()[:, None]
    chunks = [first[at : at + CHUNK_WINDOWS] + inside for at in range(0, len(first), CHUNK_WINDOWS)]
    return np.concatenate([_means(matrix.values[chunk], edges) for chunk in chunks])


def _means(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Means without gaps of `values` (windows, rows, columns) over the runs of rows that begin at `edges`."""
    seen = ~np.isnan(values)
    total = np.add.reduceat(np.where(seen, values, 0), edges, axis=1, dtype=np.float64)
    count = np.add.reduceat(seen, edges, axis=1, dtype=np.int64)
    return np.where(count, total / np.maximum(count, 1), np.nan).astype(np.float32)
