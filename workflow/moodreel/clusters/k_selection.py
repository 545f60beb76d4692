"""The evidence for a number of clusters: silhouettes with their null, and stability under resampling.

Clusters are made in the embedding, and judged by distances of the features (scaled, as principal components): groups
that only UMAP makes do not show there. The figure is the mean silhouette (Rousseeuw 1987, J. Comput. Appl. Math.
20:53), of the data and of null replicates that are processed in the same way (`null`). Each number of clusters has a
null of its own, so silhouettes are standardised by mean and standard deviation over all replicates, the data among
them, which leaves replicates and data exchangeable. The largest over all numbers, in the data compared with the
replicates, tells whether there is evidence at all; the p value of one number is the share of replicates whose largest
reaches its own (single-step maxT, Westfall & Young 1993), and so is corrected for the numbers tried.

Stability is the adjusted Rand index (Hubert & Arabie 1985, J. Classif. 2:193) of clusterings of bootstrap samples, each
clustering applied to all windows (von Luxburg 2010, Found. Trends Mach. Learn. 2:235). Videos are resampled, not
windows, since the windows of one video resemble each other. Noise can be stable too: stability only chooses among the
numbers that there is evidence for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, pairwise_distances, silhouette_score

from moodreel.clusters.density import SeriesHdbscan
from moodreel.clusters.judgement import Evidence, judge
from moodreel.clusters.null import judged_windows, replicate_of
from moodreel.settings.clusters import ClustersSettings

RESTARTS = 3
"""Starts of k-means in a resample or a replicate, of which there are hundreds."""

Assign = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, int], Assign]
"""From flattened series (windows, bins * dims) and a seed to a function that assigns windows to clusters."""


@dataclass(frozen=True)
class Replicate:
    """The windows of one replicate, flattened series (windows, bins * dims): in the embedding, and of the features."""

    embedded: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class Curves:
    """Mean silhouettes by replicate, the data first, and number of clusters `ks`: of the same clusters by distances in
    the embedding and of the features, both float64 (replicates, numbers)."""

    ks: tuple[int, ...]
    embedded: np.ndarray
    features: np.ndarray

    @classmethod
    def none(cls) -> Curves:
        """Without replicates and numbers."""
        return cls((), np.empty((0, 0)), np.empty((0, 0)))

    @property
    def nulls(self) -> int:
        """How many null replicates there are."""
        return max(len(self.features) - 1, 0)

    @property
    def standard_scores(self) -> np.ndarray:
        """Silhouettes of the features minus their mean over replicates, in standard deviations; 0 where all agree."""
        deviations = self.features - self.features.mean(axis=0)
        spread = self.features.std(axis=0)
        return np.divide(deviations, spread, out=np.zeros_like(deviations), where=spread > 1e-12)

    @property
    def p_values(self) -> np.ndarray:
        """For each number the share of all replicates, the data among them, whose largest score reaches the data's."""
        largest = self.standard_scores.max(axis=1)
        return (largest[:, None] >= self.standard_scores[0] - 1e-9).mean(axis=0)

    def p_value(self, k: int) -> float | None:
        """That of `k` clusters; None where it was not tried or there is no null replicate."""
        return float(self.p_values[self.ks.index(k)]) if k in self.ks and self.nulls else None

    def evidence(self, k: int) -> Evidence:
        """Whether there is evidence for `k` clusters."""
        return judge(self.p_value(k), self.nulls)

    def any_evidence(self) -> tuple[Evidence, float | None]:
        """Whether there is evidence for any number of clusters, and its p value."""
        p_value = float(self.p_values.min()) if self.ks and self.nulls else None
        return judge(p_value, self.nulls), p_value

    def passing_numbers(self) -> list[int]:
        """The numbers of clusters that there is evidence for."""
        return [k for k in self.ks if self.evidence(k) == Evidence.FOUND]

    def figures(self, k: int) -> dict[str, float | str | None]:
        """The columns of SILHOUETTE for `k` that these replicates give."""
        result = {"evidence": str(self.evidence(k)), "p_value": self.p_value(k)}
        if k not in self.ks:
            return result
        place = self.ks.index(k)
        result["feature_silhouette"] = float(self.features[0, place])
        result["standardised"] = float(self.standard_scores[0, place]) if self.nulls else None
        if self.nulls > 1:
            for name, values in (("silhouette", self.embedded), ("feature_silhouette", self.features)):
                result[f"{name}_null_mean"] = float(values[1:, place].mean())
                result[f"{name}_null_sd"] = float(values[1:, place].std(ddof=1))
        return result


def fitter(settings: ClustersSettings, k: int, bins: int) -> Fit:
    """How resamples and null replicates are clustered into `k`: as the windows are, k-means with fewer starts."""

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


def curves(replicates: Iterable[Replicate], settings: ClustersSettings, ks: Sequence[int], bins: int) -> Curves:
    """Silhouettes of every replicate, the data first, clustered into each of `ks` (`hdbscan`: the number it found)."""
    embedded, features = [], []
    for replicate in replicates:
        places, apart = distances(replicate.embedded), distances(replicate.features)
        labels = [fitter(settings, k, bins)(replicate.embedded, settings.seed)(replicate.embedded) for k in ks]
        embedded.append([silhouette(places, found) for found in labels])
        features.append([silhouette(apart, found) for found in labels])
    shape = (len(features), len(ks))
    return Curves(tuple(ks), np.array(embedded, float).reshape(shape), np.array(features, float).reshape(shape))


def replicates(
    embedding: pl.DataFrame, stamp: Mapping[str, Any], windows: pl.DataFrame, rows: np.ndarray
) -> Iterator[Replicate]:
    """The replicates in the table `embedding` with its `stamp`, the data first; `rows` (windows, bins): those of each
    window."""
    components, videos = embedding.select("^p[0-9]+$").to_numpy(), embedding["video"]
    performer = dict(windows.select("video", "performer").unique("video").iter_rows())
    performers = videos.replace_strict(performer, return_dtype=pl.String).to_numpy()
    own = rows[judged_windows(len(windows), stamp["seed"])]
    for number in range(stamp["nulls"] + 1):
        places = embedding.select(f"^draw{number}_e[0-9]+$").to_numpy()[own]
        features = replicate_of(components, videos.to_numpy(), performers, number, stamp["seed"])[own]
        yield Replicate(places.reshape(len(own), -1), features.reshape(len(own), -1))
