"""Series as the plain rows that scikit-learn's estimators take."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin


class FlatSeries(TransformerMixin, BaseEstimator):
    """Turns series (windows, bins, columns) into rows (windows, bins x columns); nothing is learnt."""

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> FlatSeries:
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        return np.asarray(series).reshape(len(series), -1)
