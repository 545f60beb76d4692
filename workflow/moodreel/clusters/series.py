"""k-means over windows, each a short multivariate series."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from moodreel.errors import Missing, UserError
from moodreel.settings.clusters import ClustersSettings

ELASTIC_COST = {"dtw": 1_000_000, "softdtw": 300_000}
"""Windows x clusters (of all k tried) x restarts beyond which an elastic metric is refused, with series of 10 bins.
With other lengths cost grows with the square of the bins, as that of a distance does."""


def affordable(settings: ClustersSettings, windows: int, ks: Sequence[int], bins: int = 10) -> None:
    """Raise UserError where an elastic metric would take more than about ten minutes for this number of windows and
    `ks`."""
    most = ELASTIC_COST.get(settings.metric)
    cost = windows * sum(ks) * settings.restarts * (bins / 10) ** 2
    if most is not None and cost > most:
        raise UserError(
            f"clusters.metric = {settings.metric}: {windows} windows of {bins} bins, {sum(ks)} clusters over the "
            f"numbers tried and {settings.restarts} restarts make {cost:,.0f} (windows x clusters x restarts), more "
            f"than the {most:,} that are affordable. Take clusters.metric = euclidean, fewer clusters.restarts, fewer "
            "numbers (clusters.k_min, clusters.k_max), or fewer windows (windows.stride_s)."
        )


class SeriesKMeans:
    """tslearn's TimeSeriesKMeans with clusters numbered by size: 1 is the largest.

    Attributes (after `fit`):
        centers_: float64, shape (k, bins, dims), in the order of the numbers.
        labels_: int32, shape (windows,): the number of each window's cluster, from 1.
        inertia_: sum of squared distances to the nearest centre.
    """

    def __init__(self, k: int, settings: ClustersSettings) -> None:
        self.k, self.settings = k, settings

    def fit(self, series: np.ndarray) -> SeriesKMeans:
        """Cluster `series`, shape (windows, bins, dims).

        Raises Missing when k is more than there are different windows.
        """
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="h5py not installed")
            from tslearn.clustering import TimeSeriesKMeans

        different = len(np.unique(series.reshape(len(series), -1), axis=0))
        if self.k > different:
            raise Missing(
                f"clusters.k = {self.k}, but there are only {different} different windows. Lower clusters.k "
                "(or k_min and k_max) or keep more windows (screen.*, windows.min_valid_share, windows.stride_s)."
            )
        affordable(self.settings, len(series), [self.k], series.shape[1])
        self._means = TimeSeriesKMeans(
            self.k,
            metric=self.settings.metric,
            n_init=self.settings.restarts,
            max_iter=100,
            random_state=self.settings.seed,
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=RuntimeWarning)  # duplicates among few windows
            self._means.fit(series)
        sizes = np.bincount(self._means.labels_, minlength=self.k)
        self._order = np.argsort(-sizes, kind="stable")
        self.centers_ = np.asarray(self._means.cluster_centers_)[self._order]
        distances = self.distances(series)
        self.labels_ = (distances.argmin(axis=1) + 1).astype(np.int32)
        self.inertia_ = float((distances.min(axis=1) ** 2).sum())
        return self

    def distances(self, series: np.ndarray) -> np.ndarray:
        """Distance of each window to each centre by the chosen metric, float64, shape (windows, k)."""
        if self.settings.metric == "euclidean":
            from scipy.spatial.distance import cdist

            return cdist(series.reshape(len(series), -1), self.centers_.reshape(self.k, -1))
        return self._means.transform(series)[:, self._order]

    def assign(self, series: np.ndarray) -> np.ndarray:
        """The number of the nearest centre, int32, shape (windows,)."""
        return (self.distances(series).argmin(axis=1) + 1).astype(np.int32)
