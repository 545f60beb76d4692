"""The null of the clusters: the embedding of bins that keep everything but their timing and their agreement.

UMAP makes groups of anything, and so every number of clusters has some silhouette. What counts is how far the data
exceed surrogates that are processed by the same UMAP and k-means. The surrogates are drawn from the principal
components of the bins and keep the levels of performers and videos (`features.surrogates`): smooth noise is no
discovery, and neither are levels of people or videos, although windows then form groups, one for each.

Replicate 0 is the data, embedded once more by a UMAP fitted on the bins of the same few windows as in every other
replicate: only what is processed in the same way can be compared.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from moodreel.clusters.embed import Embedder
from moodreel.features.surrogates import surrogate_keeping_levels

JUDGED_WINDOWS = 200
"""Windows on which data and null replicates are compared, at most: each replicate costs a fit of UMAP on their bins."""


def chosen_windows(count: int, most: int, seed: int) -> np.ndarray:
    """At most `most` of `count` windows, drawn by `seed`: int64, rising."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def judged_windows(count: int, seed: int) -> np.ndarray:
    """The windows, of `count`, on which data and null replicates are compared: int64, rising."""
    return chosen_windows(count, JUDGED_WINDOWS, seed)


def replicate_of(
    components: np.ndarray, videos: np.ndarray, performers: np.ndarray, number: int, seed: int
) -> np.ndarray:
    """Replicate `number` of `components` (bins, components): 0 is the data, any other a surrogate of them.

    `videos` and `performers` (bins,) give the owners of each bin; bins of one video are in order of time.
    """
    if not number:
        return components
    return surrogate_keeping_levels(components, videos, performers, np.random.default_rng([seed, number]))


def embedded_replicates(
    embedder: Embedder,
    components: np.ndarray,
    videos: np.ndarray,
    performers: np.ndarray,
    bins: np.ndarray,
    nulls: int,
) -> Iterator[np.ndarray]:
    """Replicate 0 and `nulls` others, each embedded by a UMAP of its own: the rows `bins` (int64), float32 (bins,
    dims)."""
    for number in range(nulls + 1):
        rows = replicate_of(components, videos, performers, number, embedder.embed.seed)[bins]
        yield embedder.new_umap().fit(rows).embedding_


def replicate_columns(
    embedder: Embedder,
    components: np.ndarray,
    videos: np.ndarray,
    performers: np.ndarray,
    of_window: np.ndarray,
    nulls: int,
) -> dict[str, pl.Series]:
    """The columns of EMBEDDING with the replicates, null outside the bins of the judged windows.

    `of_window` (windows, bins): each window's bins; the rest as in `embedded_replicates`.
    """
    bins = np.unique(of_window[judged_windows(len(of_window), embedder.embed.seed)])
    found: dict[str, pl.Series] = {}
    for number, places in enumerate(embedded_replicates(embedder, components, videos, performers, bins, nulls)):
        columns = np.full((len(components), places.shape[1]), np.nan, np.float32)
        columns[bins] = places
        found |= {f"draw{number}_e{d}": pl.Series(column, nan_to_null=True) for d, column in enumerate(columns.T)}
    return found
