"""Figures from what the steps of a synthetic study wrote. Pure functions over tables and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from moodreel.classify.estimators import DUMMIES


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of the size that the time grows with: the slope of a straight line through both logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def adjusted_rand(labels: pl.DataFrame, clusters: pl.DataFrame) -> float:
    """Adjusted Rand index of the clusters (table CLUSTERS) and the `labels` (table LABELS)."""
    both = labels.join(clusters, on=["video", "window"], how="inner", validate="1:1")
    if len(both) != len(labels):
        raise ValueError("not every window has a cluster")
    return float(adjusted_rand_score(both["label"], both["cluster"]))


def accuracies(scores: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Mean accuracy over folds by classifier, by `<protocol> <labels>`, from the rows of SCORES."""
    own = scores.filter(pl.col("draw") == 0, pl.col("metric") == "accuracy")
    means = own.group_by("protocol", "labels", "classifier").agg(pl.col("value").mean()).sort(pl.all())
    found: dict[str, dict[str, float]] = {}
    for protocol, labels, classifier, value in means.iter_rows():
        found.setdefault(f"{protocol} {labels}", {})[classifier] = round(value, 4)
    return found


def lowest(by_classifier: Mapping[str, float]) -> float:
    """The lowest accuracy of a classifier that looks at the series."""
    return min(value for classifier, value in by_classifier.items() if classifier not in DUMMIES)


def fewest_learnt(scores: pl.DataFrame) -> int:
    """The fewest windows that any classifier learnt from in any fold."""
    return cast(int, scores.filter(pl.col("classifier") != "clusters")["n_train"].min())


def fewest_predicted(predictions: pl.DataFrame) -> int:
    """The fewest different windows that any classifier was asked about, in either protocol, for either labels."""
    different = pl.struct("video", "window").n_unique().alias("windows")
    return cast(int, predictions.group_by("classifier", "protocol", "labels").agg(different)["windows"].min())


def seconds_by_stage(jobs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds (`wall`, `cpu`) of each stage over all jobs; what no stage holds is `other`, of starting up and of what
    lies between them.
    """
    found: dict[str, dict[str, float]] = {}
    for job in jobs:
        rest = dict(job["total"])
        for stage, seconds in job["stages"].items():
            sums = found.setdefault(stage, {"wall": 0.0, "cpu": 0.0})
            for clock in sums:
                sums[clock] += seconds[clock]
                rest[clock] -= seconds[clock]
        sums = found.setdefault(f"other, {job['step']}", {"wall": 0.0, "cpu": 0.0})
        for clock in sums:
            sums[clock] += rest[clock]
    rounded = {stage: {clock: round(s, 2) for clock, s in seconds.items()} for stage, seconds in found.items()}
    return dict(sorted(rounded.items(), key=lambda item: -item[1]["cpu"]))
