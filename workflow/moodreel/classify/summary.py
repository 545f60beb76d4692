"""From the scores and predictions of all jobs to the tables of figures."""

from __future__ import annotations

import polars as pl

from moodreel.classify.folds import PROTOCOL
from moodreel.tables.classify import CLASSES, EVALUATION

KEY = ["classifier", "protocol", "group", "labels", "metric"]


def in_order(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table by what is asked, the paper's protocol first, and otherwise as they were."""
    return table.sort("labels", pl.col("group").cast(pl.Enum(list(PROTOCOL))), maintain_order=True)


def summarise(scores: pl.DataFrame) -> pl.DataFrame:
    """The table EVALUATION of all rows of SCORES.

    Mean and population standard deviation are over the folds of the data. A null draw or a label permutation counts
    with its mean over folds. With few draws the 95th percentile is their largest: the smallest draw that at least 95 %
    of them do not exceed. The p value counts the data among the permutations, so that it is never 0.
    """
    real = (
        scores.filter(pl.col("shuffled") == "nothing")
        .group_by(KEY, maintain_order=True)
        .agg(
            pl.col("value").mean().alias("mean"),
            pl.col("value").std(ddof=0).alias("sd"),
            pl.len().alias("folds"),
            pl.col("n_train").min(),
            pl.col("n_test").sum(),
        )
    )
    p95 = pl.col("value").quantile(0.95, interpolation="higher")
    nulls = (
        _draws(scores, "features")
        .group_by(KEY)
        .agg(
            pl.col("value").mean().alias("null_mean"),
            pl.col("value").std(ddof=0).alias("null_sd"),
            p95.alias("null_p95"),
            pl.len().alias("draws"),
        )
    )
    reached = pl.col("value") >= pl.col("mean") - 1e-9  # the same hits, added up in another order
    permuted = (
        _draws(scores, "labels")
        .join(real.select(*KEY, "mean"), on=KEY)
        .group_by(KEY)
        .agg(
            pl.col("value").mean().alias("permuted_mean"),
            p95.alias("permuted_p95"),
            ((1 + reached.sum()) / (1 + pl.len())).alias("p_value"),
            pl.len().alias("permutations"),
        )
    )
    joined = real.join(nulls, on=KEY, how="left", maintain_order="left").with_columns(pl.col("draws").fill_null(0))
    return in_order(joined.join(permuted, on=KEY, how="left", maintain_order="left")).select(EVALUATION.names)


def _draws(scores: pl.DataFrame, shuffled: str) -> pl.DataFrame:
    """Each shuffle's mean over folds."""
    return scores.filter(pl.col("shuffled") == shuffled).group_by(*KEY, "draw").agg(pl.col("value").mean())


def per_class(predictions: pl.DataFrame) -> pl.DataFrame:
    """The table CLASSES of the table PREDICTIONS, all folds pooled: each class that truth or predictions hold."""
    key = ["classifier", "protocol", "group", "labels"]
    counts = predictions.group_by(*key, "truth", "predicted").len("windows")
    right = pl.col("windows").filter(pl.col("truth") == pl.col("predicted")).sum()
    true = counts.group_by(*key, pl.col("truth").alias("class")).agg(
        pl.col("windows").sum().alias("support"), right.alias("hits")
    )
    said = counts.group_by(*key, pl.col("predicted").alias("class")).agg(pl.col("windows").sum().alias("said"))
    both = true.join(said, on=[*key, "class"], how="full", coalesce=True).with_columns(
        pl.col("support", "hits", "said").fill_null(0)
    )

    def share(whole: str) -> pl.Expr:
        return pl.when(pl.col(whole) > 0).then(pl.col("hits") / pl.col(whole))

    number = pl.col("class").cast(pl.Int64, strict=False)  # cluster 10 after cluster 9
    figures = both.with_columns(
        precision=share("said"),
        recall=share("support"),
        f1=2 * pl.col("hits") / (pl.col("support") + pl.col("said")),
    )
    return in_order(figures.sort("classifier", number, "class")).select(CLASSES.names)
