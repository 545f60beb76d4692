"""Fewer columns for classifiers whose cost grows with them: the principal components of the moments of a series."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA


class PrincipalSeries(TransformerMixin, BaseEstimator):
    """Turns the columns of series into at most `components` uncorrelated ones, learnt from the training windows only.

    Not whitened: a component that hardly moves stays small. Series of no more columns than that stay as they are, so
    that a column keeps its meaning.
    """

    def __init__(self, components: int = 30) -> None:
        self.components = components

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> PrincipalSeries:
        """Learn from `series` (windows, bins, columns). Fewer moments than `components` give as many as there are."""
        columns = series.shape[2]
        moments = series.reshape(-1, columns)
        count = min(self.components, len(moments))
        # By the covariance: exact, linear in the moments, nothing random
        self.pca_ = PCA(count, svd_solver="covariance_eigh").fit(moments) if count < columns else None
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        """Series (windows, bins, columns or components)."""
        if self.pca_ is None:
            return series
        windows, bins, columns = series.shape
        return self.pca_.transform(series.reshape(-1, columns)).reshape(windows, bins, -1)
