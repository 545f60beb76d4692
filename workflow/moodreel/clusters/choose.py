"""Chooses how many clusters: silhouettes against k, and the number that there is evidence for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import silhouette_samples as sklearn_silhouettes
from sklearn.metrics import silhouette_score

from moodreel.clusters import k_selection
from moodreel.clusters.density import SeriesHdbscan
from moodreel.clusters.judgement import Evidence, most_stable
from moodreel.clusters.k_selection import Curves, Replicate
from moodreel.clusters.null import chosen_windows
from moodreel.clusters.series import SeriesKMeans, affordable
from moodreel.errors import Missing
from moodreel.settings.clusters import ClustersSettings

SeriesClusters = SeriesKMeans | SeriesHdbscan

SCORED_WINDOWS = 5000
"""Most windows that the curve is computed on: the cost of silhouettes is quadratic."""


def curve_windows(series: np.ndarray, settings: ClustersSettings) -> np.ndarray:
    """The windows that the curve is computed on: int64, rising."""
    return chosen_windows(len(series), SCORED_WINDOWS, settings.seed)


def _at_most_windows(k: int, series: np.ndarray) -> tuple[int, list[str]]:
    """`k` clusters, or as many as there are different windows, with a note where these are fewer."""
    different = _count_different(series)
    if k <= different:
        return k, []
    note = (
        f"clusters.k = {k}, but there are only {different} different windows: each is a cluster of its own. "
        "Lower clusters.k or keep more windows (screen.*, windows.min_valid_share, windows.stride_s)."
    )
    return different, [note]


def _count_different(series: np.ndarray) -> int:
    return len(np.unique(series.reshape(len(series), -1), axis=0))


def candidate_numbers(settings: ClustersSettings, series: np.ndarray) -> list[int]:
    """The numbers of clusters in the curve: k_min to k_max and k itself, each fewer than there are different windows.

    Raises Missing when none is left for `auto` to choose from.
    """
    different, auto = _count_different(series), settings.k == "auto"
    wanted = {*range(settings.k_min, settings.k_max + 1), *([] if auto else [settings.k])}
    possible = sorted(k for k in wanted if 2 <= k < different)
    if auto and not possible:
        raise Missing(
            f"clusters.k = auto: silhouettes need more than clusters.k_min = {settings.k_min} different windows, and "
            f"the run has {different}. Keep more windows (screen.*, windows.min_valid_share, windows.stride_s) or give "
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
    """Clusters and mean silhouette for every k tried, by k, on the windows of `curve_windows`."""
    series = series[curve_windows(series, settings)]
    ks = candidate_numbers(settings, series)
    affordable(settings, len(series), ks, series.shape[1])
    fitted = {k: SeriesKMeans(k, settings).fit(series) for k in ks}
    flat = series.reshape(len(series), -1)
    return fitted, {k: float(silhouette_score(flat, means.labels_)) for k, means in fitted.items()}


def best(scores: dict[int, float]) -> int:
    """The k of the best score, the smallest in a tie."""
    return min(scores, key=lambda k: (-scores[k], k))


def fit(series: np.ndarray, settings: ClustersSettings) -> tuple[SeriesClusters, dict[int, float]]:
    """The configured clusters of all `series` (windows, bins, dims), and the mean silhouette by k where that decides:
    for `auto`, without a null to judge by, the best silhouette in the embedding.
    """
    if settings.method == "hdbscan":
        return SeriesHdbscan(settings).fit(series), {}
    if settings.k != "auto":
        return SeriesKMeans(settings.k, settings).fit(series), {}
    fitted, scores = curve(series, settings)
    return of_number(best(scores), series, settings, fitted), scores


def of_number(k: int, series: np.ndarray, settings: ClustersSettings, fitted: dict[int, SeriesKMeans]) -> SeriesKMeans:
    """The `k` clusters of all `series`: those in `fitted`, by k, where these were fitted on all of them."""
    whole = k in fitted and len(series) <= SCORED_WINDOWS
    return fitted[k] if whole else SeriesKMeans(k, settings).fit(series)


@dataclass(frozen=True)
class Selection:
    """The clusters that a run uses, and the evidence for them.

    Attributes:
        clusters: those of all windows.
        rows: of the table SILHOUETTE.
        evidence: for any number where `clusters.k` is `auto`, else for the configured number.
        p_value: of that, corrected for the numbers tried; None without null replicates.
        nulls: how many null replicates there were.
        passing: the numbers of clusters that there is evidence for.
        notes: where the result deviates from the settings.
    """

    clusters: SeriesClusters
    rows: list[dict]
    evidence: Evidence
    p_value: float | None
    nulls: int
    passing: list[int]
    notes: list[str]

    @property
    def facts(self) -> dict[str, Any]:
        """The evidence for the clusters, as stamped into their table."""
        return {
            "verdict": str(self.evidence),
            "p_value": self.p_value,
            "null_draws": self.nulls,
            "passing": self.passing,
        }

    def in_words(self) -> list[str]:
        """Lines for the log."""
        if self.evidence == Evidence.NOT_JUDGED:
            lines = [f"evidence of clusters was not judged ({self.nulls} null replicates)"]
        else:
            p = "" if self.p_value is None else f" (p = {self.p_value:.2g}, {self.nulls} null replicates)"
            lines = [f"evidence of clusters: {self.evidence}{p}; numbers that pass: {self.passing or 'none'}"]
        if isinstance(self.clusters, SeriesHdbscan):
            lines.append(f"{self.clusters.noise_:.0%} of the windows were noise and got the nearest centre")
            if self.clusters.k == 1:
                lines.append("fewer than two clusters, so all windows are one: lower clusters.min_cluster_share")
        return lines

    def table(
        self, windows: pl.DataFrame, series: np.ndarray, places: np.ndarray, settings: ClustersSettings
    ) -> pl.DataFrame:
        """The rows of CLUSTERS for `windows`, from their `series` (windows, bins, dims) and map `places` (windows,
        bins, 2)."""
        labels, sample = self.clusters.labels_, curve_windows(series, settings)
        silhouette = np.full(len(series), np.nan)
        of_sample = silhouettes(series[sample], labels[sample])
        if of_sample is not None:
            silhouette[sample] = of_sample
        own = labels[:, None].astype(int) - 1
        return windows.select("video", "window", "start_s", "end_s").with_columns(
            cluster=labels,
            distance=np.take_along_axis(self.clusters.distances(series), own, 1)[:, 0],
            silhouette=pl.Series(silhouette, nan_to_null=True),
            map_x=np.median(places[:, :, 0], axis=1),
            map_y=np.median(places[:, :, 1], axis=1),
        )


def select(
    series: np.ndarray, videos: np.ndarray, replicates: Iterable[Replicate], settings: ClustersSettings
) -> Selection:
    """Cluster all `series` (windows, bins, dims) into the number that settings and evidence call for.

    `videos` (windows,): the recording of each window (`features.recordings`); `replicates`: the windows that evidence
    is judged on, the data first (see `null.judged_windows`). For `auto` the number is the most stable one that there is
    evidence for, and `clusters.k_without_evidence` where there is evidence for none. Elastic metrics have neither null
    nor stability: a k-means of them for each replicate would take hours.
    """
    hdbscan = settings.method == "hdbscan"
    sample, bins = curve_windows(series, settings), series.shape[1]
    flat = series[sample].reshape(len(sample), -1)
    found: SeriesClusters
    figures: dict[int, tuple[np.ndarray | float | None, float]] = {}
    if hdbscan:
        found = SeriesHdbscan(settings).fit(series)
        if found.k > 1:
            figures = {found.k: (silhouettes(series[sample], found.labels_[sample]), found.inertia_)}
    else:
        fitted, scores = curve(series, settings)
        figures = {k: (scores[k], means.inertia_) for k, means in fitted.items()}
    elastic = not hdbscan and settings.metric != "euclidean"
    judged = Curves.none() if elastic else k_selection.curves(replicates, settings, list(figures), bins)
    rows, stability = [], {}
    for k, (score, inertia) in figures.items():
        refit = k_selection.fitter(settings, k, bins)
        pairs = (
            [] if elastic else k_selection.stability(flat, videos[sample], refit, k, settings.resamples, settings.seed)
        )
        stability[k] = float(np.mean(pairs)) if pairs else None
        spread = float(np.std(pairs)) if pairs else None
        own = {"silhouette": None if score is None else float(np.mean(score)), "inertia": inertia}
        rows.append({"k": k, **own, "stability": stability[k], "stability_sd": spread, **judged.figures(k)})
    passing = judged.passing_numbers()
    notes: list[str] = []
    if not hdbscan:
        chosen = most_stable(passing, stability) if passing else settings.k_without_evidence
        k, notes = _at_most_windows(chosen if settings.k == "auto" else settings.k, series)
        found = of_number(k, series, settings, fitted)
    if hdbscan and found.k == 1:
        verdict, p_value = Evidence.NONE, None
    elif settings.k == "auto" and not hdbscan:
        verdict, p_value = judged.any_evidence()
    else:
        verdict, p_value = judged.evidence(found.k), judged.p_value(found.k)
    for row in rows:
        row["chosen"] = row["k"] == found.k
    return Selection(found, rows, verdict, p_value, judged.nulls, passing, notes)
