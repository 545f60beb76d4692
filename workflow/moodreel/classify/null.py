"""The null of fidelity: features shuffled over time and videos.

Within the rows that kept windows use, levels of performers and of videos are turned and movement becomes Fourier
surrogates (`features.surrogates`), so that no row shows any more what happened then. What only follows from people and
videos having levels of their own, from smoothness and from columns that move together, stays and is in the null.
"""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import polars as pl

from moodreel.features.matrix import FeatureMatrix
from moodreel.features.surrogates import surrogate_keeping_levels


def shuffle_features(matrix: FeatureMatrix, windows: pl.DataFrame, seed: int) -> FeatureMatrix:
    """The matrix with the rows of `windows` (table WINDOWS) shuffled over time and videos; other rows stay."""
    rows = _rows_of(windows) if matrix.first_row is None else np.arange(len(matrix.values))  # means of their rows
    performers = matrix.owners(windows, "performer")[rows].astype(str)
    values = matrix.values.copy()
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)  # a column that was never seen
        spread = np.nanstd(values[rows], axis=0)
    scale = np.where(spread > 0, spread, 1).astype(values.dtype)  # so that no unit decides which levels are large
    values[rows] = surrogate_keeping_levels(values[rows] / scale, matrix.video[rows], performers, rng) * scale
    return dataclasses.replace(matrix, values=values)


def _rows_of(windows: pl.DataFrame) -> np.ndarray:
    """The rows that lie in at least one of `windows`, rising, each once."""
    spans = windows.select(pl.int_ranges("first_row", pl.col("first_row") + pl.col("rows")).alias("row"))
    return spans.explode("row")["row"].unique().sort().to_numpy()
