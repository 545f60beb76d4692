"""The null of the clusters: what UMAP makes of moments that keep all but their timing and their agreement.

UMAP makes groups of anything, and so every number of clusters has some silhouette. What says something is how much more
the data show than surrogates do that went through the same UMAP and k-means. The surrogates are those of the evaluation
(amplitude-adjusted Fourier surrogates with the same phases in every column), drawn here from the principal components
of the moments: they keep covariances, so that scaler and PCA would be the same again.

Videos' means and the movement about them are drawn apart. Each video keeps a level of its own then, as far from the
others' as in the data: smooth noise with such levels is no discovery, though its windows fall into groups, one per
video or so. (On four studies of such noise, silhouettes of 7 clusters lie 0.14 above a null without levels, and 0.03
below this one.) Levels that recur in several videos are what this null does not have.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moodreel.clusters.embed import Embedder

NULL_WINDOWS = 1000
"""Windows that a null draw is scored on, at most. Each draw costs a fit of UMAP besides."""

Surrogate = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""Gives the columns of an array (rows, columns), rows in time, each another order."""


def chosen_windows(count: int, most: int, seed: int) -> np.ndarray:
    """At most `most` of `count` windows, drawn by `seed`: int64, rising."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def shuffled(components: np.ndarray, videos: np.ndarray, draw: int, seed: int, surrogate: Surrogate) -> np.ndarray:
    """Null draw number `draw` of `components` (moments, components): surrogates of videos' means and of the rest.

    `videos` (moments,) says whose each moment is; moments of one video lie in time. For the rest, videos are strung
    together in random order.
    """
    rng = np.random.default_rng([seed, draw])
    names, codes = np.unique(videos, return_inverse=True)
    means = np.array([components[codes == code].mean(axis=0) for code in range(len(names))])
    places = rng.permutation(len(names))
    order = np.argsort(places[codes], kind="stable")
    rest = np.empty_like(components)
    rest[order] = surrogate((components - means[codes])[order], rng)
    return rest + surrogate(means[np.argsort(places)], rng)[places[codes]]


def embedded(embedder: Embedder, moved: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """A UMAP of its own for a null draw, fitted on as many of the same moments as the data's: (moments, dims) float32.

    `moved`: what `shuffled` returns; `moments`, int64, rising: those to be placed, the others are NaN.
    """
    umap = embedder.new_umap().fit(moved[embedder.sample_])
    result = np.full((len(moved), umap.dims), np.nan, np.float32)
    fitted = np.isin(embedder.sample_, moments)
    result[embedder.sample_[fitted]] = umap.embedding_[fitted]
    new = np.setdiff1d(moments, embedder.sample_)
    if len(new):
        result[new] = umap.transform(moved[new])
    return result
