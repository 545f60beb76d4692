"""Nearest neighbours on series: tslearn's KNeighborsTimeSeriesClassifier where they are aligned in time.

Euclidean distances align nothing. They are left to scikit-learn's own KNeighborsClassifier, on which tslearn's class is
built: the same neighbours, by one matrix product instead of a distance at a time.
"""

from __future__ import annotations

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from moodreel.classify.flat import FlatSeries
from moodreel.settings.classify import ClassifySettings

GRID = {"neighbours": (1, 3, 5, 9, 15)}


def build(settings: ClassifySettings, seed: int, windows: int) -> KNeighborsTimeSeriesClassifier | Pipeline:
    """An unfitted classifier with the configured metric and at most `windows` neighbours; nothing in it is random."""
    neighbours = min(settings.knn.neighbours, windows)
    if settings.knn.metric == "euclidean":
        return Pipeline([("flat", FlatSeries()), ("knn", KNeighborsClassifier(neighbours, algorithm="brute"))])
    return KNeighborsTimeSeriesClassifier(n_neighbors=neighbours, metric=settings.knn.metric)


def quadratic(settings: ClassifySettings) -> bool:
    """Where every pair of series is aligned in time."""
    return settings.knn.metric != "euclidean"
