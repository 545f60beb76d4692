"""How much speaks for a number of clusters: silhouettes in two spaces, stability under resampling, each with its null.

Silhouettes (Rousseeuw 1987, J. Comput. Appl. Math. 20:53) are those of one clustering, made in the embedding, by
distances in the embedding and by distances of the features (scaled, as principal components): groups that only UMAP
made do not show in the second. Stability is the adjusted Rand index (Hubert & Arabie 1985, J. Classif. 2:193) of
clusterings of bootstrap samples, each clustering applied to all windows (von Luxburg 2010, Found. Trends Mach. Learn.
2:235). Videos are resampled, not windows, since the windows of one video resemble each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, pairwise_distances, silhouette_score

from moodreel.clusters.density import SeriesHdbscan
from moodreel.settings.clusters import ClustersSettings

RESTARTS = 3
"""Starts of k-means in a resample or a null draw, of which there are hundreds."""

Assign = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, int], Assign]
"""From flattened series (windows, bins * dims) and a seed to what gives windows their clusters."""


@dataclass(frozen=True)
class Draw:
    """A null draw's windows: their series in the embedding and in features, flattened, and whose each is (windows,)."""

    embedded: np.ndarray
    features: np.ndarray
    videos: np.ndarray


def fitter(settings: ClustersSettings, k: int, bins: int) -> Fit:
    """How resamples and null draws are clustered into `k`: as the windows are, k-means with fewer starts."""

    def kmeans(flat: np.ndarray, seed: int) -> Assign:
        return KMeans(k, n_init=RESTARTS, random_state=seed).fit(flat).predict

    def hdbscan(flat: np.ndarray, seed: int) -> Assign:
        found = SeriesHdbscan(settings.model_copy(update={"seed": seed})).fit(flat.reshape(len(flat), bins, -1))
        return lambda rows: found.assign(rows.reshape(len(rows), bins, -1))

    return kmeans if settings.method == "kmeans" else hdbscan


def distances(flat: np.ndarray) -> np.ndarray:
    """Euclidean distances of all pairs of rows, (windows, windows)."""
    result = pairwise_distances(flat)
    np.fill_diagonal(result, 0)
    return result


def silhouette(apart: np.ndarray, labels: np.ndarray) -> float:
    """Mean silhouette by the distances `apart` (windows, windows), 0 where there is one cluster or one per window."""
    if not 2 <= len(np.unique(labels)) < len(labels):
        return 0.0
    return float(silhouette_score(apart, labels, metric="precomputed"))


def stability(flat: np.ndarray, videos: np.ndarray, fit: Fit, k: int, resamples: int, seed: int) -> list[float]:
    """Adjusted Rand index of each bootstrap sample's clusters and the next one's, on all rows of `flat`.

    Whole videos are drawn with replacement, or windows where there are fewer than 5 videos. Samples with no more than
    `k` different windows make no clusters and are left out; the list is empty where fewer than two are left.
    """
    names, codes = np.unique(videos, return_inverse=True)
    if len(names) < 5:
        codes = np.arange(len(flat))
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    found = []
    for number in range(resamples):
        rng = np.random.default_rng([seed, number])
        rows = np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))])
        if len(np.unique(flat[np.unique(rows)], axis=0)) > k:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="sklearn")
                found.append(fit(flat[rows], int(rng.integers(2**31)))(flat))
    if len(found) < 2:
        return []
    pairs = list(zip(found, found[1:] + found[:1], strict=True))[: len(found) if len(found) > 2 else 1]
    return [float(adjusted_rand_score(a, b)) for a, b in pairs]


def null_figures(draws: Iterable[Draw], settings: ClustersSettings, ks: Iterable[int], bins: int) -> dict:
    """By k, by figure (`silhouette`, `feature_silhouette`, `stability`): its value on each null draw, a list."""
    result = {k: {"silhouette": [], "feature_silhouette": [], "stability": []} for k in ks}
    for number, draw in enumerate(draws, start=1):
        places, features = distances(draw.embedded), distances(draw.features)
        for k, figures in result.items():
            if k >= len(draw.embedded):
                continue
            fit = fitter(settings, k, bins)
            labels = fit(draw.embedded, settings.seed)(draw.embedded)
            figures["silhouette"].append(silhouette(places, labels))
            figures["feature_silhouette"].append(silhouette(features, labels))
            figures["stability"] += stability(draw.embedded, draw.videos, fit, k, 2, settings.seed + number)
    return result


def against(value: float | None, null: list[float]) -> tuple[float | None, float | None, float | None]:
    """Mean and standard deviation of a figure's null, and the chance of at least `value` under it.

    The chance is one-sided, by the t distribution of one more draw from a normal null of unknown mean and spread; it is
    not corrected for the many k that are looked at. None where two draws or a spread are lacking.
    """
    if len(null) < 2:
        return (null[0] if null else None), None, None
    mean, spread = float(np.mean(null)), float(np.std(null, ddof=1))
    if value is None or not spread > 0:
        return mean, spread, None
    apart = (value - mean) / (spread * np.sqrt(1 + 1 / len(null)))
    return mean, spread, float(stats.t.sf(apart, len(null) - 1))


def row(scores: Mapping[str, float | None], stabilities: list[float], null: Mapping[str, list[float]]) -> dict:
    """A row of SILHOUETTE from `silhouette` and `feature_silhouette` of the data, its stabilities, and the null."""
    values = {**scores, "stability": float(np.mean(stabilities)) if stabilities else None}
    result = dict(values, stability_sd=float(np.std(stabilities)) if stabilities else None)
    for name, value in values.items():
        figures = against(value, null.get(name, []))
        result |= dict(zip((f"{name}_null_mean", f"{name}_null_sd", f"{name}_p"), figures, strict=True))
    return result
