"""The coarse grid: means of the feature grid over short bins, of which windows are series."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.features import matrix as feature_matrix
from moodreel.features.matrix import FeatureMatrix

CHUNK_BINS = 4096
"""Bins averaged at a time: bounds the copies to a few MB."""


@dataclass(frozen=True)
class BinIndex:
    """Which rows of the feature grid are averaged into which bins, and which bins belong to which window.

    Attributes:
        first_row: int64, shape (bins,), rising: first row of each bin that lies in at least one window.
        rows: rows per bin.
        of_window: int64, shape (windows, bins per window): each window's bins, in time.
    """

    first_row: np.ndarray
    rows: int
    of_window: np.ndarray


def bin_index(windows: pl.DataFrame, rate_hz: float | None, bin_rate_hz: float) -> BinIndex:
    """The bins of `windows` (rows of WINDOWS, all of one length) at `bin_rate_hz` on a grid of `rate_hz`.

    Without a rate, where each video is one window at a pace of its own, each row is a bin and `bin_rate_hz` does not
    count. Overlapping windows share their bins where the stride is a whole number of bins. Raises UserError when a
    window does not hold a whole number of bins.
    """
    rows = 1 if rate_hz is None else round(rate_hz / bin_rate_hz)
    lengths = windows["rows"].unique().to_list() or [rows]
    if rate_hz and (rows < 1 or abs(rows - rate_hz / bin_rate_hz) > 1e-6 or any(length % rows for length in lengths)):
        raise UserError(
            f"embed.rate_hz = {bin_rate_hz:g}: windows.rate_hz ({rate_hz:g} Hz) must be a whole multiple of it and "
            f"windows.length_s ({lengths[0] / rate_hz:g} s) a whole number of bins of {1 / bin_rate_hz:g} s. "
            "Change one of them."
        )
    starts = windows["first_row"].to_numpy()[:, None] + np.arange(0, lengths[0], rows)
    first_row, place = np.unique(starts, return_inverse=True)
    return BinIndex(first_row, rows, place.reshape(starts.shape))


def bin_means(values: np.ndarray, bins: BinIndex) -> np.ndarray:
    """Means of `values` (rows, columns) over each bin, float32, shape (bins, columns).

    A column's mean is over the rows where it is visible, NaN where it is visible in none.
    """
    result = np.empty((len(bins.first_row), values.shape[1]), np.float32)
    offsets = np.arange(bins.rows)
    for at in range(0, len(result), CHUNK_BINS):
        rows = bins.first_row[at : at + CHUNK_BINS, None] + offsets
        result[at : at + CHUNK_BINS] = _means(values[rows])
    return result


def _means(rows: np.ndarray) -> np.ndarray:
    """Means of `rows` (bins, rows, columns) over those visible, (bins, columns)."""
    total = rows.sum(axis=1)
    gaps = np.isnan(total)
    if not gaps.any():
        return total / rows.shape[1]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return np.nanmean(rows, axis=1)


def read(path: str | Path, groups: Sequence[str], windows: pl.DataFrame, bin_rate_hz: float) -> FeatureMatrix:
    """The columns of `groups` in features.parquet as means over the bins of `windows` at `bin_rate_hz`.

    The same as `feature_matrix.read` followed by `bin_means`, but the grid itself is never in memory. Raises UserError
    as `bin_index` does, and where the file has none of these columns.
    """
    file = feature_matrix.open_features(path, groups)
    bins = bin_index(windows, file.rate_hz, bin_rate_hz)
    values, times = np.empty((len(bins.first_row), len(file.columns)), np.float32), np.empty(len(bins.first_row))
    names, offsets = [pl.Series([], dtype=pl.String)], np.arange(bins.rows)
    buffer, begin, done = np.empty((0, len(file.columns)), np.float32), 0, 0
    row = 0
    for batch in file.batches():
        own = slice(*np.searchsorted(bins.first_row, (row, row + len(batch.values))))
        places = bins.first_row[own] - row
        times[own] = batch.time_s[places]
        names.append(batch.video[places])
        row += len(batch.values)
        buffer = np.concatenate([buffer, batch.values]) if len(buffer) else batch.values
        whole = int(np.searchsorted(bins.first_row, row - bins.rows, side="right"))
        if whole > done:
            values[done:whole] = _means(buffer[bins.first_row[done:whole, None] + offsets - begin])
            done = whole
        keep = min(int(bins.first_row[done]), row) if done < len(values) else row
        buffer, begin = buffer[keep - begin :], keep
    code, videos = feature_matrix.codes_of(pl.concat(names))
    return FeatureMatrix(values, file.columns, code, videos, times, file.rate_hz, bins.first_row, bins.rows)


@dataclass(frozen=True)
class Bins:
    """Bins of some windows: `values` float32 (bins, columns), NaN where not visible, the index `row` (bins,) of each in
    the matrix they come from (of its first row there), and `of_window` (windows, bins per window), positions in
    these."""

    values: np.ndarray
    row: np.ndarray
    of_window: np.ndarray


def bins_of(matrix: FeatureMatrix, windows: pl.DataFrame, bin_rate_hz: float) -> Bins:
    """The bins of `windows` in `matrix`, a grid or already means over such bins (`read`).

    Raises UserError as `bin_index` does. Raises ValueError where the matrix holds other means, or not those of all
    windows.
    """
    bins = bin_index(windows, matrix.rate_hz, bin_rate_hz)
    if matrix.first_row is None:
        return Bins(bin_means(matrix.values, bins), bins.first_row, bins.of_window)
    row = np.searchsorted(matrix.first_row, bins.first_row)
    inside = row < len(matrix.first_row)
    if matrix.mean_of != bins.rows or not inside.all() or (matrix.first_row[row] != bins.first_row).any():
        raise ValueError("the matrix holds means over other bins than those of the windows")
    values = matrix.values if len(row) == len(matrix.values) else matrix.values[row]
    return Bins(values, row, bins.of_window)
