"""How many clusters: the silhouette score against k."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import silhouette_samples as sklearn_silhouettes
from sklearn.metrics import silhouette_score

from moodreel.clusters.series import SeriesKMeans
from moodreel.errors import UserError
from moodreel.settings.clusters import ClustersSettings

SCORED_WINDOWS = 5000
"""Windows that a silhouette score is computed on, at most: its cost is quadratic."""


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
    """Clusters and mean silhouette for every k tried, by k."""
    flat = series.reshape(len(series), -1)
    fitted = {k: SeriesKMeans(k, settings).fit(series) for k in tried(settings, series)}
    size = SCORED_WINDOWS if len(flat) > SCORED_WINDOWS else None
    scores = {
        k: float(silhouette_score(flat, means.labels_, sample_size=size, random_state=settings.seed))
        for k, means in fitted.items()
    }
    return fitted, scores


def best(scores: dict[int, float]) -> int:
    """The k of the best score, the smallest of equal ones."""
    return min(scores, key=lambda k: (-scores[k], k))
