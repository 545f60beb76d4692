"""Boosted trees on summary statistics: a strong baseline that ignores the shape of a series."""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from moodreel.classify.principal import PrincipalSeries
from moodreel.settings.classify import ClassifySettings

GRID = {"leaves": (4, 15, 31)}


class Summary(TransformerMixin, BaseEstimator):
    """Five figures of each column of a series; nothing is learnt."""

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> Summary:
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        """Of `series` (windows, bins, columns): mean, standard deviation, slope per bin (least squares), range and mean
        absolute change from bin to bin, (windows, 5 x columns). With a single bin all but the mean are 0.
        """
        bins = series.shape[1]
        time = np.arange(bins) - (bins - 1) / 2
        slope = np.tensordot(series, time, axes=(1, 0)) / max(np.square(time).sum(), 1)
        change = np.abs(np.diff(series, axis=1)).sum(axis=1) / max(bins - 1, 1)
        return np.hstack([series.mean(axis=1), series.std(axis=1), slope, np.ptp(series, axis=1), change])


def build(settings: ClassifySettings, seed: int, windows: int) -> Pipeline:
    """Unfitted trees; without early stopping, which would validate on windows of the videos they learn from."""
    trees = settings.trees
    boosting = HistGradientBoostingClassifier(
        max_iter=trees.iterations,
        learning_rate=trees.learning_rate,
        max_leaf_nodes=trees.leaves,
        min_samples_leaf=trees.leaf_windows,
        early_stopping=False,
        random_state=seed,
    )
    return Pipeline(
        [("principal", PrincipalSeries(settings.components)), ("summary", Summary()), ("boosting", boosting)]
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Never: values are counted in 255 bins."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """Rounds of boosting: some 2 ms each, and more with many windows, for each of a handful of classes."""
    return settings.trees.iterations * (1e-2 + 2e-5 * windows)
