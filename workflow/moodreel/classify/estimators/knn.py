"""Nearest neighbours on series: tslearn's KNeighborsTimeSeriesClassifier."""

from __future__ import annotations

from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from moodreel.settings.classify import ClassifySettings


def build(settings: ClassifySettings, seed: int, windows: int) -> KNeighborsTimeSeriesClassifier:
    """An unfitted classifier with the configured metric and at most `windows` neighbours; nothing in it is random."""
    neighbours = min(settings.knn.neighbours, windows)
    return KNeighborsTimeSeriesClassifier(n_neighbors=neighbours, metric=settings.knn.metric)


def quadratic(settings: ClassifySettings) -> bool:
    """Where every pair of series is aligned in time."""
    return settings.knn.metric != "euclidean"
