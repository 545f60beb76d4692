"""Classifiers against each other, and the paper's protocol against the grouped one."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
from scipy import stats

from moodreel.classify.metrics import METRICS
from moodreel.classify.summary import in_order
from moodreel.tables import base
from moodreel.tables.classify import COMPARISONS, LEAKAGE

_WHERE = ["protocol", "group", "labels", "metric"]


def compare(scores: pl.DataFrame) -> pl.DataFrame:
    """The table COMPARISONS of all rows of SCORES: every pair of classifiers, on the folds that tested both."""
    figures = scores.filter((pl.col("draw") == 0) & pl.col("metric").is_in(METRICS))
    rows = []
    for where, part in figures.group_by(_WHERE, maintain_order=True):
        values = part.pivot(on="classifier", index="fold", values="value", aggregate_function="first")
        # What a fold trains on is the same for all: those that learn from fewer windows chose among the same ones
        sizes = part.group_by("fold", maintain_order=True).agg(
            (pl.col("n_test") / pl.col("n_train").max()).first().alias("ratio")
        )
        values = values.join(sizes, on="fold", maintain_order="left").sort("fold")
        for first, second in itertools.combinations(part["classifier"].unique(maintain_order=True), 2):
            both = values.select(first, second, "ratio").drop_nulls()
            if len(both):
                result = corrected_t((both[first] - both[second]).to_numpy(), float(both["ratio"].mean()))
                rows.append({**dict(zip(_WHERE, where, strict=True)), "first": first, "second": second, **result})
    return in_order(pl.DataFrame(rows, schema=base.polars_schema(COMPARISONS)))


def corrected_t(differences: np.ndarray, ratio: float) -> dict[str, float | int | None]:
    """The corrected t test of `differences` (folds,); `ratio` is that of test and training windows.

    Training sets of folds overlap, so that their figures are no independent draws and the plain t test finds too much.
    The variance of the mean difference is therefore taken as (1 / K + ratio) times that of the differences instead of
    1 / K times (Nadeau & Bengio 2003, Mach. Learn. 52:239), with K - 1 degrees of freedom.
    """
    k = len(differences)
    difference = float(np.mean(differences))
    sd = float(np.std(differences, ddof=1)) if k > 1 else None
    if not sd or sd < 1e-12:
        return {"difference": difference, "sd": sd, "t": None, "p_value": None, "folds": k}
    t = difference / (sd * np.sqrt(1 / k + ratio))
    return {"difference": difference, "sd": sd, "t": t, "p_value": float(2 * stats.t.sf(abs(t), k - 1)), "folds": k}


def leakage(evaluation: pl.DataFrame) -> pl.DataFrame:
    """The table LEAKAGE of the table EVALUATION. Chance has a gap of its own: people are known again in both."""
    figures = evaluation.filter(pl.col("metric").is_in(METRICS))
    key = ["classifier", "labels", "metric"]
    shuffled = not figures.filter(pl.col("group") == "window").is_empty()
    paper = figures.filter(pl.col("group") == ("window" if shuffled else "window_in_order")).select(
        *key, pl.col("value").alias("paper"), pl.col("chance_mean").alias("of_chance")
    )
    grouped = figures.filter(pl.col("group").is_in(["video", "performer"]))
    pairs = grouped.join(paper, on=key, maintain_order="left").with_columns(
        grouped="value", gap=pl.col("paper") - pl.col("value"), chance_gap=pl.col("of_chance") - pl.col("chance_mean")
    )
    return in_order(pairs).select(LEAKAGE.names)
