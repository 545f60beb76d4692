"""Nearest neighbours on series: tslearn's KNeighborsTimeSeriesClassifier where they are aligned in time.

Euclidean distances need no alignment. One matrix product in single precision, twice as fast as in double, finds the
candidates for the nearest, which are then measured exactly: the neighbours are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import Pipeline
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from moodreel.classify.contents import require, require_array, require_classes, require_number
from moodreel.classify.flat import FlatSeries
from moodreel.settings.classify import ClassifySettings

GRID = {"neighbours": (1, 3, 5, 9, 15)}

QUERIES = 512
"""Rows whose distances to all are held at a time (40 MB for 20,000)."""

EXACT = 256
"""Pairs of rows that are measured at a time (16 MB for 8,000 columns)."""

ROUNDING = 1e-5
"""Squared distances of the product may be off by this share of the rows' squared lengths: some hundred times what sums
of 10,000 products in single precision are."""

LATEST: dict[tuple, np.ndarray] = {}
"""The latest neighbours, by the contents of both sides: clusters and labels are learnt from the same windows."""


class NearestRows(ClassifierMixin, BaseEstimator):
    """The most frequent class among the `n_neighbors` nearest rows by Euclidean distance; the first class in a tie."""

    def __init__(self, n_neighbors: int = 5) -> None:
        self.n_neighbors = n_neighbors

    def fit(self, rows: np.ndarray, labels: np.ndarray) -> NearestRows:
        """Keep `rows` (rows, columns) and the class of each."""
        self.classes_, self.codes_ = np.unique(labels, return_inverse=True)
        rows = rows.astype(np.float32, copy=False)
        self.middle_, self.squares_ = np.zeros(rows.shape[1], np.float32), np.einsum("ij,ij->i", rows, rows)
        middle = rows.mean(axis=0)
        if middle @ middle > self.squares_.mean() / 2:  # far from 0, squares lose the differences between rows
            self.middle_, rows = middle, rows - middle
            self.squares_ = np.einsum("ij,ij->i", rows, rows)
        self.rows_ = rows
        return self

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.classes_[self.predict_proba(rows).argmax(axis=1)]

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        """The share of each class among the neighbours, (rows, classes)."""
        nearest = self.codes_[self.nearest(rows)]
        votes = nearest[:, :, None] == np.arange(len(self.classes_))
        return votes.mean(axis=1)

    def nearest(self, rows: np.ndarray) -> np.ndarray:
        """Which of the rows learnt are the nearest to each of `rows`, the nearest first: int64 (rows, n_neighbors)."""
        key = self.n_neighbors, *(hashlib.sha256(np.ascontiguousarray(a).data).digest() for a in (self.rows_, rows))
        if key not in LATEST:
            found = [self._nearest(rows[at : at + QUERIES]) for at in range(0, len(rows), QUERIES)]
            LATEST.clear()
            LATEST[key] = np.concatenate(found) if found else np.empty((0, self.n_neighbors), np.int64)
        return LATEST[key]

    def _nearest(self, rows: np.ndarray) -> np.ndarray:
        rows = rows.astype(np.float32) - self.middle_
        squares = np.einsum("ij,ij->i", rows, rows)
        apart = rows @ self.rows_.T
        apart *= -2
        apart += self.squares_
        last = min(self.n_neighbors, len(self.rows_)) - 1
        reach = np.partition(apart, last, axis=1)[:, last] + 2 * ROUNDING * (squares + self.squares_.max())
        query, learnt = np.nonzero(apart <= reach[:, None])
        exact = np.empty(len(query))
        for at in range(0, len(query), EXACT):
            pairs = slice(at, at + EXACT)
            difference = rows[query[pairs]].astype(float) - self.rows_[learnt[pairs]]
            exact[pairs] = np.einsum("ij,ij->i", difference, difference)
        order = np.lexsort((learnt, exact, query))
        first = np.searchsorted(query, np.arange(len(rows)))  # pairs are already sorted by query
        return learnt[order][first[:, None] + np.arange(last + 1)]


def build(settings: ClassifySettings, seed: int, windows: int) -> KNeighborsTimeSeriesClassifier | Pipeline:
    """An unfitted classifier with the configured metric and at most `windows` neighbours; nothing in it is random."""
    neighbours = min(settings.knn.neighbours, windows)
    if settings.knn.metric == "euclidean":
        return Pipeline([("flat", FlatSeries()), ("knn", NearestRows(neighbours))])
    return KNeighborsTimeSeriesClassifier(n_neighbors=neighbours, metric=settings.knn.metric)


def quadratic(settings: ClassifySettings) -> bool:
    """Whether every pair of series is aligned in time."""
    return settings.knn.metric != "euclidean"


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """The time for all distances."""
    slower = 1 if settings.knn.metric == "euclidean" else 1000
    return 1e-10 * slower * windows**2 * inputs


def shares(settings: ClassifySettings) -> bool:
    """Always: the neighbours do not depend on any label."""
    return True


def share_fit(settings: ClassifySettings, learn: np.ndarray, test: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Votes of the same neighbours."""
    estimator, placeholder = build(settings, 0, len(learn)), np.arange(len(learn)) % 2
    if isinstance(estimator, Pipeline):
        rows = FlatSeries().transform(learn)
        nearest = NearestRows(estimator[-1].n_neighbors).fit(rows, placeholder).nearest(FlatSeries().transform(test))
    else:
        nearest = estimator.fit(learn, placeholder).kneighbors(test, return_distance=False)

    def predict(codes: np.ndarray) -> np.ndarray:
        classes, votes = np.unique(codes, return_inverse=True)
        return classes[(votes[nearest][:, :, None] == np.arange(len(classes))).sum(axis=1).argmax(axis=1)]

    return predict


def check(estimator: KNeighborsTimeSeriesClassifier | Pipeline, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together, or series of `shape` (bins, columns)."""
    if isinstance(estimator, Pipeline):
        nearest = estimator[-1]
        known = require_classes(nearest, classes)
        count, columns = require_array(nearest.rows_, "rows_", (None, shape[0] * shape[1])).shape
        require_array(nearest.middle_, "middle_", (columns,))
        require_array(nearest.squares_, "squares_", (count,))
        codes = require_array(nearest.codes_, "codes_", (count,), "iu")
        neighbours = nearest.n_neighbors
    else:
        known = require_classes(estimator, classes)
        count = len(require_array(estimator._ts_fit, "_ts_fit", (None, *shape)))
        codes = require_array(estimator._y, "_y", (count,), "iu")
        neighbours = estimator.n_neighbors
        require_array(estimator._X_fit, "_X_fit", (count, count))
        require_array(estimator._fit_X, "_fit_X", (count, count))
        require(estimator._tree is None and estimator._fit_method == "brute", "it does not search by brute force")
        require(estimator.effective_metric_ == "precomputed", "its distances are not those of the series")
        require(estimator.outputs_2d_ is False and estimator.n_samples_fit_ == count, "it has more outputs than one")
        require(estimator._ts_metric == estimator.metric, "it has two metrics")
    require(count > 0 and bool(((codes >= 0) & (codes < known)).all()), "a training window has an unknown class")
    require_number(neighbours, "n_neighbors", 1, count)
