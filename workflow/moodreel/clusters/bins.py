"""The coarse grid: means of the feature grid over short bins, of which windows are series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix

CHUNK_BINS = 4096


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
    """The bins of `windows` (kept rows of WINDOWS, at least one) at `bin_rate_hz` on a grid of `rate_hz`.

    Windows that overlap share their bins. Raises UserError when windows and bins do not fit each other.
    """
    rows = round(rate_hz / bin_rate_hz)
    length = int(windows["rows"][0])
    firsts = windows["first_row"].to_numpy()
    in_video = np.round(
        (windows["start_s"] - windows["start_s"].min().over("video") if False else _since_grid_start(windows)) * rate_hz
    ).astype(int)
    if abs(rows - rate_hz / bin_rate_hz) > 1e-6 or rows < 1 or length % rows or (in_video % rows).any():
        raise UserError(
            f"embed.rate_hz = {bin_rate_hz:g}: windows.rate_hz ({rate_hz:g}) must be a whole multiple of it, and windows.length_s "
            f"and windows.stride_s must hold whole bins of {1 / bin_rate_hz:g} s. Change one of the four."
        )
    starts = firsts[:, None] + np.arange(0, length, rows)
    first_row, place = np.unique(starts, return_inverse=True)
    return BinIndex(first_row, rows, place.reshape(starts.shape))
