"""Clusters as dense regions, with no number of them given: HDBSCAN."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import HDBSCAN

from moodreel.clusters.null import chosen_windows
from moodreel.settings.clusters import ClustersSettings

FITTED_WINDOWS = 5000
"""Most windows that HDBSCAN is fitted on: its time and memory grow with their square."""

LEAST_WINDOWS = 5
"""The least windows in a cluster, whatever `min_cluster_share` (scikit-learn's default)."""


class SeriesHdbscan:
    """HDBSCAN (Campello, Moulavi & Sander 2013) of windows' series by Euclidean distance, clusters numbered by size.

    Noise, and windows that it is not fitted on, get the cluster of the nearest centre, the mean of a cluster's members:
    every kept window needs a cluster to be learnt, tested and paired with music. Where it finds fewer than two
    clusters, all windows are one.

    Attributes (after `fit`):
        k: number of clusters.
        centers_: float64, shape (k, bins, dims), in the order of the numbers.
        labels_: int32, shape (windows,): the number of each window's cluster, from 1.
        noise_: share of the windows it was fitted on that are noise.
        inertia_: sum of squared distances to the own centre.
    """

    def __init__(self, settings: ClustersSettings) -> None:
        self.settings = settings

    def fit(self, series: np.ndarray) -> SeriesHdbscan:
        """Cluster `series`, shape (windows, bins, dims)."""
        sample = chosen_windows(len(series), FITTED_WINDOWS, self.settings.seed)
        flat = series[sample].reshape(len(sample), -1).astype(float)
        least = max(LEAST_WINDOWS, round(self.settings.min_cluster_share * len(sample)))
        found = np.full(len(sample), -1)
        if len(sample) > least:
            found = HDBSCAN(min_cluster_size=least, copy=True).fit(flat).labels_
        self.noise_ = float((found < 0).mean())
        if len(np.unique(found[found >= 0])) < 2:
            found = np.zeros(len(sample), int)
        members = [flat[found == c] for c in range(found.max() + 1)]
        centers = np.array([m.mean(axis=0) for m in members])
        rows = series.reshape(len(series), -1)
        labels = cdist(rows, centers).argmin(axis=1)
        labels[sample] = np.where(found >= 0, found, labels[sample])
        order = np.argsort(-np.bincount(labels, minlength=len(centers)), kind="stable")
        self.k = len(centers)
        self.centers_ = centers[order].reshape(self.k, *series.shape[1:])
        self.labels_ = (np.argsort(order)[labels] + 1).astype(np.int32)
        own = self.distances(series)[np.arange(len(series)), self.labels_ - 1]
        self.inertia_ = float((own**2).sum())
        return self

    def distances(self, series: np.ndarray) -> np.ndarray:
        """Euclidean distance of each window to each centre, float64, shape (windows, k)."""
        return cdist(series.reshape(len(series), -1), self.centers_.reshape(self.k, -1))

    def assign(self, series: np.ndarray) -> np.ndarray:
        """The number of the nearest centre, int32, shape (windows,)."""
        return (self.distances(series).argmin(axis=1) + 1).astype(np.int32)
