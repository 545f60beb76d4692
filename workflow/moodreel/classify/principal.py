"""Fewer columns for classifiers whose cost grows with them: the principal components of the bins of a series."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA

from moodreel.classify.contents import require, require_array

FITTED_BINS = 20_000
"""Most bins that the components are fitted on: those of whole windows, evenly spaced."""

WINDOWS_AT_ONCE = 512
"""Windows transformed at a time: bounds the copies in double precision."""


class PrincipalSeries(TransformerMixin, BaseEstimator):
    """Turns the columns of series into at most `components` uncorrelated ones, learnt from the training windows only.

    Not whitened: a component that hardly moves stays small. Series of no more columns than that stay as they are, so
    that a column keeps its meaning.
    """

    def __init__(self, components: int = 30) -> None:
        self.components = components

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> PrincipalSeries:
        """Learn from `series` (windows, bins, columns). With fewer bins than `components` there are as many components
        as bins."""
        windows, bins, columns = series.shape
        used = min(windows, max(1, FITTED_BINS // bins))
        chosen = np.linspace(0, windows - 1, used).round().astype(int)
        rows = (series if used == windows else series[chosen]).reshape(-1, columns).astype(float, copy=False)
        count = min(self.components, len(rows))
        # By the covariance: exact, linear in the bins, nothing random
        self.pca_ = PCA(count, svd_solver="covariance_eigh").fit(rows) if count < columns else None
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        """Series (windows, bins, columns or components)."""
        if self.pca_ is None:
            return np.asarray(series, dtype=float)
        windows, bins, columns = series.shape
        reduced = np.empty((windows, bins, self.pca_.n_components_))
        for at in range(0, windows, WINDOWS_AT_ONCE):
            part = series[at : at + WINDOWS_AT_ONCE].reshape(-1, columns).astype(float, copy=False)
            reduced[at : at + WINDOWS_AT_ONCE] = self.pca_.transform(part).reshape(-1, bins, self.pca_.n_components_)
        return reduced

    def check(self, columns: int) -> int:
        """How many columns `transform` gives for series of `columns`. Raises ContentError where what was learnt does
        not fit them."""
        if self.pca_ is None:
            return columns
        require(type(self.pca_) is PCA and self.pca_.whiten is False, "the principal components are no PCA")
        count = len(require_array(self.pca_.components_, "components_", (None, columns)))
        require_array(self.pca_.mean_, "mean_", (columns,))
        require(count > 0 and self.pca_.n_components_ == count, "n_components_ is not the number of components")
        return count
