"""Clusters as dense regions, with no number of them given: HDBSCAN."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import HDBSCAN

from moodreel.clusters.null import chosen_windows
from moodreel.settings.clusters import ClustersSettings

FITTED_WINDOWS = 5000
"""Windows that HDBSCAN sees, at most: its time and memory grow with their square."""

LEAST_WINDOWS = 5
"""A cluster has at least so many windows, whatever `min_cluster_share` says (scikit-learn's default)."""


class SeriesHdbscan:
    """HDBSCAN (Campello, Moulavi & Sander 2013) of windows' series by Euclidean distance, clusters numbered by size.

    What it calls noise gets the cluster of the nearest centre, the mean of a cluster's members, as windows do that it
    has not seen: every kept window needs a cluster to be learnt, tested and paired with music. Where it finds fewer
    than two clusters all windows are one.

    Attributes (after `fit`):
        k: number of clusters.
        centers_: float64, shape (k, bins, dims), in the order of the numbers.
        labels_: int32, shape (windows,): the number of each window's cluster, from 1.
        noise_: share of the windows it saw that it called noise.
        inertia_: sum of squared distances to the own centre.
    """

    def __init__(self, settings: ClustersSettings) -> None:
        self.settings = settings

    def fit(self, series: np.ndarray) -> SeriesHdbscan:
        """Cluster `series`, shape (windows, bins, dims)."""
        seen = chosen_windows(len(series), FITTED_WINDOWS, self.settings.seed)
        flat = series[seen].reshape(len(seen), -1).astype(float)
        least = max(LEAST_WINDOWS, round(self.settings.min_cluster_share * len(seen)))
        found = np.full(len(seen), -1)
        if len(seen) > least:
            found = HDBSCAN(min_cluster_size=least, copy=True).fit(flat).labels_
        self.noise_ = float((found < 0).mean())
        if len(np.unique(found[found >= 0])) < 2:
            found = np.zeros(len(seen), int)
        members = [flat[found == c] for c in range(found.max() + 1)]
        centers = np.array([m.mean(axis=0) for m in members])
        everyone = series.reshape(len(series), -1)
        labels = cdist(everyone, centers).argmin(axis=1)
        labels[seen] = np.where(found >= 0, found, labels[seen])
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
