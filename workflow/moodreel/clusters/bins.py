"""The coarse grid: means of the feature grid over short bins, of which windows are series."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.errors import UserError

CHUNK_BINS = 4096
"""Bins averaged at a time: bounds the copies to a few MB."""


@dataclass(frozen=True)
class BinIndex:
    """Which rows of the feature grid are averaged into which bins, and which bins make up which window.

    Attributes:
        first_row: int64, shape (bins,), rising: first row of each bin that lies in at least one window.
        rows: rows per bin.
        of_window: int64, shape (windows, bins per window): each window's bins, in time.
    """

    first_row: np.ndarray
    rows: int
    of_window: np.ndarray


def bin_index(windows: pl.DataFrame, rate_hz: float, bin_rate_hz: float) -> BinIndex:
    """The bins of `windows` (rows of WINDOWS, all of one length) at `bin_rate_hz` on a grid of `rate_hz`.

    Overlapping windows share their bins where the stride is a whole number of bins. Raises UserError where a window
    does not hold a whole number of bins.
    """
    rows = round(rate_hz / bin_rate_hz)
    lengths = windows["rows"].unique().to_list() or [rows]
    if rows < 1 or abs(rows - rate_hz / bin_rate_hz) > 1e-6 or any(length % rows for length in lengths):
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

    A column's mean is over the rows where it was seen, NaN where it was seen in none.
    """
    result = np.empty((len(bins.first_row), values.shape[1]), np.float32)
    offsets = np.arange(bins.rows)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        for at in range(0, len(result), CHUNK_BINS):
            rows = bins.first_row[at : at + CHUNK_BINS, None] + offsets
            result[at : at + CHUNK_BINS] = np.nanmean(values[rows], axis=1)
    return result
