"""The data, or one null replicate of it: the starting point of every protocol, made once for all of them.

The null of fidelity has its features shuffled over time and videos: within the rows that kept windows use, levels of
performers and of videos are turned and movement becomes Fourier surrogates (`features.surrogates`), so that no row
shows what happened at its time. Effects of the levels of people and videos, of smoothness and of columns that move
together remain in the null.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.held_out import GROUP
from moodreel.classify.series import BinnedFeatures, bin_features
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.surrogates import surrogate_keeping_levels


@dataclass(frozen=True)
class Replicate:
    """Replicate `number` of `inputs`: 0 is the data; in any other the features are shuffled, seeded by the number."""

    inputs: EvaluationInput
    number: int

    @cached_property
    def matrix(self) -> FeatureMatrix:
        """The features."""
        inputs = self.inputs
        if not self.number:
            return inputs.matrix
        return shuffle_features(inputs.matrix, inputs.windows, inputs.settings.seed + self.number)

    @cached_property
    def clusters(self) -> np.ndarray:
        """Clusters (windows,) of all windows. Raises UserError where the shuffled features make none."""
        inputs = self.inputs
        if not self.number:
            return inputs.clusters
        return inputs.new_pipeline(None).fit(self.matrix, inputs.windows).assign(self.matrix, inputs.windows)

    @cached_property
    def features(self) -> BinnedFeatures:
        """The features that classifiers see. Raises UserError as `bin_features` does."""
        return bin_features(self.matrix, self.inputs.windows, self.inputs.features, self.inputs.rate_hz)

    def of_fold(self, group: str, fold: int) -> Replicate:
        """The same replicate with the features that `fold` of `group` may use; itself when these are the same."""
        inputs = self.inputs
        if inputs.held_out is None or group != GROUP:
            return self
        matrix = inputs.held_out.matrix(inputs.matrix, fold)
        return self if matrix is inputs.matrix else Replicate(replace(inputs, matrix=matrix), self.number)


def shuffle_features(matrix: FeatureMatrix, windows: pl.DataFrame, seed: int) -> FeatureMatrix:
    """The matrix with the rows of `windows` (table WINDOWS) shuffled over time and videos; other rows stay."""
    rows = _rows_of(windows) if matrix.first_row is None else np.arange(len(matrix.values))  # means of their rows
    performers = matrix.owners(windows, "performer")[rows].astype(str)
    values = matrix.values.copy()
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)  # a column that is never visible
        spread = np.nanstd(values[rows], axis=0)
    scale = np.where(spread > 0, spread, 1).astype(values.dtype)  # so that units do not decide which levels are large
    values[rows] = surrogate_keeping_levels(values[rows] / scale, matrix.video[rows], performers, rng) * scale
    return replace(matrix, values=values)


def _rows_of(windows: pl.DataFrame) -> np.ndarray:
    """The rows that lie in at least one of `windows`, rising, each once."""
    spans = windows.select(pl.int_ranges("first_row", pl.col("first_row") + pl.col("rows")).alias("row"))
    return spans.explode("row")["row"].unique().sort().to_numpy()
