"""Everything from the feature grid to cluster numbers, fitted on some windows and applied, frozen, to others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from moodreel.clusters.choose import fit
from moodreel.clusters.embed import Embedder
from moodreel.features.bins import Bins, bins_of
from moodreel.features.matrix import FeatureMatrix
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings


class ClusterPipeline:
    """Bins, scaler, PCA, UMAP and k-means in one, as the steps embed and cluster run them.

    Evidence for clusters is not judged here: it would cost some twenty fits of UMAP. Give the number of clusters; with
    `auto` it is that of the best silhouette.

    Attributes (after `fit`):
        embedder_: Embedder, with scaler_, pca_ and umap_ (also here under these names).
        kmeans_: SeriesKMeans (or SeriesHdbscan), with labels_ of the windows it was fitted on and centers_.
        k_: number of clusters.
        silhouettes_: mean silhouette by k; empty unless `clusters.k` is `auto`.
    """

    def __init__(
        self,
        features: FeaturesSettings,
        embed: EmbedSettings,
        clusters: ClustersSettings,
        seed: int | None = None,
    ) -> None:
        """`seed`, where given, replaces the seeds of `embed` and `clusters`."""
        if seed is not None:
            own = {"seed": seed}
            embed, clusters = embed.model_copy(update=own), clusters.model_copy(update=own)
        self.features, self.embed, self.clusters = features, embed, clusters

    def fit(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> ClusterPipeline:
        """Fit on the rows of `matrix` that lie in `windows` (kept rows of WINDOWS) and on nothing else.

        Raises UserError, naming the setting to change, when there are too few windows or nothing in them moves.
        """
        matrix = matrix.select(self.features.groups_in_use)
        bins, owners = self._bins(matrix, windows)
        self.embedder_ = Embedder(self.features, self.embed).fit(
            bins.values, matrix.columns, owners, matrix.video[bins.row]
        )
        self.scaler_, self.pca_, self.umap_ = (
            self.embedder_.scaler_, self.embedder_.pca_, self.embedder_.umap_,
        )  # fmt: skip
        series = self.embedder_.transform(bins.values, owners)[bins.of_window]
        self.kmeans_, self.silhouettes_ = fit(series, self.clusters)
        self.k_ = self.kmeans_.k
        self._fitted = windows.select("first_row", "rows"), matrix.values, series
        return self

    def series(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        """Each window's embedded series, float32, shape (windows, bins, dims)."""
        matrix = matrix.select(self.features.groups_in_use)
        bins, owners = self._bins(matrix, windows)
        return self.embedder_.transform(bins.values, owners)[bins.of_window]

    def assign(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        """The number of the nearest centre, int32, shape (windows,). Windows it was fitted on are not embedded
        again."""
        fitted, values, series = self._fitted
        known = matrix.select(self.features.groups_in_use).values is values and windows.select(fitted.columns).equals(
            fitted
        )
        return self.kmeans_.assign(series if known else self.series(matrix, windows))

    def _bins(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> tuple[Bins, np.ndarray]:
        bins = bins_of(matrix, windows, self.embed.rate_hz)
        return bins, matrix.owners(windows, self.features.center)[bins.row]


def pipelines(
    features: FeaturesSettings, embed: EmbedSettings, clusters: ClustersSettings, k: int
) -> Callable[[int | None], ClusterPipeline]:
    """A factory of unfitted pipelines for a number of clusters; None: for `k`, the run's. Folds and null replicates
    thus make as many as the run: accuracies are compared at equal numbers of classes."""

    def new(wanted: int | None) -> ClusterPipeline:
        return ClusterPipeline(features, embed, clusters.model_copy(update={"k": k if wanted is None else wanted}))

    return new
