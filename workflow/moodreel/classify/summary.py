"""From the scores of all jobs to the table of figures, each beside its null."""

from __future__ import annotations

import polars as pl

from moodreel.tables.classify import EVALUATION

KEY = ["classifier", "protocol", "group", "labels", "metric"]


def summarise(scores: pl.DataFrame) -> pl.DataFrame:
    """The table EVALUATION of all rows of SCORES.

    Mean and population standard deviation are over the folds of draw 0. A null draw counts with its mean over folds.
    With few draws the 95th percentile is their largest: the smallest draw that at least 95 % of them do not exceed.
    """
    real = (
        scores.filter(pl.col("draw") == 0)
        .group_by(KEY, maintain_order=True)
        .agg(
            pl.col("value").mean().alias("mean"),
            pl.col("value").std(ddof=0).alias("sd"),
            pl.len().alias("folds"),
            pl.col("n_train").min(),
            pl.col("n_test").sum(),
        )
    )
    nulls = (
        scores.filter(pl.col("draw") > 0)
        .group_by(*KEY, "draw")
        .agg(pl.col("value").mean())
        .group_by(KEY)
        .agg(
            pl.col("value").mean().alias("null_mean"),
            pl.col("value").std(ddof=0).alias("null_sd"),
            pl.col("value").quantile(0.95, interpolation="higher").alias("null_p95"),
            pl.len().alias("draws"),
        )
    )
    joined = real.join(nulls, on=KEY, how="left", maintain_order="left").with_columns(pl.col("draws").fill_null(0))
    order = ["labels", "protocol", "group"]
    return joined.sort(order, descending=[False, True, True], maintain_order=True).select(EVALUATION.names)
