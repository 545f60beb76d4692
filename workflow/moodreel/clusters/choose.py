"""How many clusters: the silhouette score against k."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import silhouette_samples as sklearn_silhouettes
from sklearn.metrics import silhouette_score

from moodreel.clusters.density import SeriesHdbscan
from moodreel.clusters.null import chosen_windows
from moodreel.clusters.series import SeriesKMeans, affordable
from moodreel.errors import UserError
from moodreel.settings.clusters import ClustersSettings

SeriesClusters = SeriesKMeans | SeriesHdbscan

SCORED_WINDOWS = 5000
"""Windows that the curve is computed on, at most: the cost of silhouettes is quadratic."""


def scored(series: np.ndarray, settings: ClustersSettings) -> np.ndarray:
    """The windows that the curve is computed on: int64, rising."""
    return chosen_windows(len(series), SCORED_WINDOWS, settings.seed)


def possible(settings: ClustersSettings, series: np.ndarray) -> tuple[ClustersSettings, str | None]:
    """The settings with a `k` that is no more than there are different windows, and a note where it was lowered."""
    different = len(np.unique(series.reshape(len(series), -1), axis=0))
    if settings.method == "hdbscan" or settings.k == "auto" or settings.k <= different:
        return settings, None
    note = (
        f"clusters.k = {settings.k}, but there are only {different} different windows: each is a cluster of its own. "
        "Lower clusters.k or keep more windows (screen.*, windows.min_valid_share, windows.stride_s)."
    )
    return settings.model_copy(update={"k": different}), note


def tried(settings: ClustersSettings, series: np.ndarray) -> list[int]:
    """The numbers of clusters in the curve: k_min to k_max and k itself, each fewer than there are different windows.

    Raises UserError when none is left for `auto` to choose from.
    """
    different = len(np.unique(series.reshape(len(series), -1), axis=0))
    asked = {*range(settings.k_min, settings.k_max + 1)} | ({settings.k} if settings.k != "auto" else set())
    possible = sorted(k for k in asked if 2 <= k < different)
    if settings.k == "auto" and not possible:
        raise UserError(
            f"clusters.k = auto: silhouettes need more than clusters.k_min = {settings.k_min} different windows, but "
            f"there are {different}. Keep more windows (screen.*, windows.min_valid_share, windows.stride_s) or give "
            "clusters.k as a number."
        )
    return possible


def silhouettes(series: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Each window's silhouette (Rousseeuw 1987) by Euclidean distance of series, shape (windows,).

    None where it is not defined: with one cluster, or one per window.
    """
    if not 2 <= len(np.unique(labels)) < len(labels):
        return None
    return sklearn_silhouettes(series.reshape(len(series), -1), labels)


def curve(series: np.ndarray, settings: ClustersSettings) -> tuple[dict[int, SeriesKMeans], dict[int, float]]:
    """Clusters and mean silhouette for every k tried, by k, on the windows that `scored` names."""
    series = series[scored(series, settings)]
    ks = tried(settings, series)
    affordable(settings, len(series), ks, series.shape[1])
    fitted = {k: SeriesKMeans(k, settings).fit(series) for k in ks}
    flat = series.reshape(len(series), -1)
    return fitted, {k: float(silhouette_score(flat, means.labels_)) for k, means in fitted.items()}


def best(scores: dict[int, float]) -> int:
    """The k of the best score, the smallest of equal ones."""
    return min(scores, key=lambda k: (-scores[k], k))


def fit(series: np.ndarray, settings: ClustersSettings) -> tuple[SeriesClusters, dict[int, SeriesKMeans], dict]:
    """Clusters of all `series` (windows, bins, dims) as the settings want them, and the whole curve: k-means and mean
    silhouette by k. The curve is empty for `hdbscan`, which has no k to choose.
    """
    if settings.method == "hdbscan":
        return SeriesHdbscan(settings).fit(series), {}, {}
    fitted, scores = curve(series, settings)
    return chosen(series, settings, fitted, scores), fitted, scores


def chosen(
    series: np.ndarray, settings: ClustersSettings, fitted: dict[int, SeriesKMeans], scores: dict[int, float]
) -> SeriesKMeans:
    """The k-means of all `series` with the k of the settings or, where that is `auto`, of the best score."""
    k = best(scores) if settings.k == "auto" else settings.k
    whole = k in fitted and len(series) <= SCORED_WINDOWS
    return fitted[k] if whole else SeriesKMeans(k, settings).fit(series)
