"""Compares classifiers with each other, and the paper's protocol with the grouped one."""

import itertools
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
from scipy import stats

from moodreel.classify.folds import in_order
from moodreel.classify.interval import corrected_error, interval_of_difference
from moodreel.classify.metrics import METRICS, pooled_metrics
from moodreel.classify.summary import counts_of_people
from moodreel.tables import base
from moodreel.tables.classify import COMPARISONS, LEAKAGE

_WHERE = ["protocol", "group", "labels", "metric"]


def compare(scores: pl.DataFrame, predictions: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """The table COMPARISONS of all rows of SCORES and PREDICTIONS: every pair of classifiers, on the folds that tested
    both. `seed` is that of the bootstrap.
    """
    figures = scores.filter((pl.col("draw") == 0) & pl.col("metric").is_in(METRICS))
    parts = predictions.partition_by(*_WHERE[:3], "classifier", as_dict=True)
    rows = []
    for where, part in figures.group_by(_WHERE, maintain_order=True):
        values = part.pivot(on="classifier", index="fold", values="value", aggregate_function="first")
        # All have the same training windows in a fold: those that learn from fewer take some of the same ones
        sizes = part.group_by("fold", maintain_order=True).agg(
            (pl.col("n_test") / pl.col("n_train").max()).first().alias("ratio")
        )
        values = values.join(sizes, on="fold", maintain_order="left").sort("fold")
        for first, second in itertools.combinations(part["classifier"].unique(maintain_order=True), 2):
            both = values.select("fold", first, second, "ratio").drop_nulls()
            if both.is_empty():
                continue
            result = corrected_t((both[first] - both[second]).to_numpy(), cast(float, both["ratio"].mean()))
            here = pl.col("fold").is_in(both["fold"].implode())
            of_first, of_second = (parts[*where[:3], name].filter(here) for name in (first, second))
            pooled_over = difference(of_first, of_second, where[3], seed)
            rows.append(
                {
                    **dict(zip(_WHERE, where, strict=True)),
                    "first": first,
                    "second": second,
                    **result,
                    "pooled": pooled_over.value,
                    "low": pooled_over.low,
                    "high": pooled_over.high,
                    "windows": of_first.height,
                    "people": pooled_over.people,
                }
            )
    return in_order(pl.DataFrame(rows, schema=base.polars_schema(COMPARISONS)))


@dataclass(frozen=True)
class Difference:
    """The difference of two pooled figures, its 95 % interval over people (None when there is none), and how many
    people."""

    value: float
    low: float | None
    high: float | None
    people: int


def difference(first: pl.DataFrame, second: pl.DataFrame, metric: str, seed: int) -> Difference:
    """`metric` of the `first` rows of PREDICTIONS minus that of the `second`, each pooled over its test windows."""
    both = pl.concat([first, second])
    labels = np.unique(both.select(pl.col("truth").append("predicted")).to_series().to_numpy().astype(str))
    people = np.unique(both["performer"].to_numpy().astype(str))
    counts, others = (counts_of_people(table, labels, people) for table in (first, second))
    value, less = (float(pooled_metrics(of_people.sum(axis=0))[metric]) for of_people in (counts, others))
    found = interval_of_difference(counts, others, metric, seed)
    return Difference(value - less, found and found.low, found and found.high, len(people))


def corrected_t(differences: np.ndarray, ratio: float) -> dict[str, float | int | None]:
    """The corrected t test of `differences` (folds,); `ratio` is that of test and training windows.

    Its standard error is that of `interval.corrected_error`, with K - 1 degrees of freedom.
    """
    k = len(differences)
    difference = float(np.mean(differences))
    sd = float(np.std(differences, ddof=1)) if k > 1 else None
    if not sd or sd < 1e-12:
        return {"difference": difference, "sd": sd, "t": None, "p_value": None, "folds": k}
    t = difference / corrected_error(differences, ratio)
    return {"difference": difference, "sd": sd, "t": t, "p_value": float(2 * stats.t.sf(abs(t), k - 1)), "folds": k}


def leakage(evaluation: pl.DataFrame, predictions: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """The table LEAKAGE of the tables EVALUATION and PREDICTIONS. Chance has a gap of its own, since people are
    recognised in both. `seed` is that of the bootstrap.
    """
    figures = evaluation.filter(pl.col("metric").is_in(METRICS))
    key = ["classifier", "labels", "metric"]
    shuffled = not figures.filter(pl.col("group") == "window").is_empty()
    folds = "window" if shuffled else "window_in_order"
    paper = figures.filter(pl.col("group") == folds).select(
        *key, pl.col("value").alias("paper"), pl.col("chance_mean").alias("of_chance")
    )
    grouped = figures.filter(pl.col("group").is_in(["video", "performer"]))
    pairs = grouped.join(paper, on=key, maintain_order="left").with_columns(
        grouped="value", gap=pl.col("paper") - pl.col("value"), chance_gap=pl.col("of_chance") - pl.col("chance_mean")
    )
    parts = predictions.partition_by("classifier", "labels", "group", as_dict=True)
    gaps = [
        difference(
            parts[row["classifier"], row["labels"], folds],
            parts[row["classifier"], row["labels"], row["group"]],
            row["metric"],
            seed,
        )
        for row in pairs.iter_rows(named=True)
    ]
    ends = {name: pl.Series([getattr(gap, name) for gap in gaps], dtype=pl.Float64) for name in ("low", "high")}
    return in_order(pairs.with_columns(**ends)).select(LEAKAGE.names)
