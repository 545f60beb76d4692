"""The input of classifiers for a window: a short series of scaled feature means, never places in the embedding."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from moodreel.features.bins import bins_of
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.scaling import FeatureScaler
from moodreel.settings.features import FeaturesSettings


@dataclass(frozen=True)
class BinnedFeatures:
    """Features averaged over short bins, as measured.

    `means` (bins, columns) float32, NaN where not visible; `owners` (bins,) the owner of each; `of_window` (windows,
    bins per window) positions in `means`; `columns` their names.
    """

    means: np.ndarray
    owners: np.ndarray
    of_window: np.ndarray
    columns: tuple[str, ...]

    def scaler(self, features: FeaturesSettings, train: np.ndarray) -> FeatureScaler:
        """Centring, filling and scaling learnt from the windows `train` (windows,) bool.

        Raises UserError when nothing moves.
        """
        used = np.unique(self.of_window[train])
        whole = len(used) == len(self.means)
        means, owners = (self.means, self.owners) if whole else (self.means[used], self.owners[used])
        return FeatureScaler(features).fit(means, self.columns, owners)

    def series(self, scaler: FeatureScaler) -> np.ndarray:
        """All windows as series (windows, bins, columns) float32 without gaps, scaled by `scaler`."""
        scaled = scaler.transform(self.means, self.owners)
        if np.array_equal(self.of_window.ravel(), np.arange(len(scaled))):  # no window shares a bin: nothing to copy
            return scaled.reshape(*self.of_window.shape, -1)
        return scaled[self.of_window]


def bin_features(
    matrix: FeatureMatrix, windows: pl.DataFrame, features: FeaturesSettings, rate_hz: float
) -> BinnedFeatures:
    """The features of `windows` (table WINDOWS, kept ones) as means over 1 / `rate_hz` seconds, the clusters' own bins.

    Raises UserError when a window does not hold a whole number of bins or none of the wanted features is visible.
    """
    matrix = matrix.select(features.groups_in_use)
    bins = bins_of(matrix, windows, rate_hz)
    owners = matrix.owners(windows, features.center)[bins.row]
    return BinnedFeatures(bins.values, owners, bins.of_window, matrix.columns)
