"""Whether a classifier is right as often as it is sure: reliability by bins of probability, and its expected error.

Guo et al. 2017 (ICML, arXiv:1706.04599): ten bins of equal width, each open below and closed above; the expected
calibration error is the mean distance of accuracy and mean probability in a bin, weighted by its windows. Of a few
windows it is too large, since few of them fill no bin evenly: its null is as large for the same reason.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from moodreel.classify.summary import in_order
from moodreel.tables.classify import CALIBRATION

BINS = 10
METRIC = "calibration_error"

_KEY = ["classifier", "protocol", "group", "labels"]


def bin_of(probability: np.ndarray) -> np.ndarray:
    """The bin (windows,) from 0 of each of `probability` (windows,) in 0..1.

    Shares of votes lie on the edges, and float32 has 0.6 above 0.6: they are rounded first.
    """
    return np.clip(np.ceil(np.round(np.asarray(probability, float) * BINS, 5)) - 1, 0, BINS - 1).astype(int)


def calibration_error(right: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error, in 0..1, of what was said with `probability` (windows,) and is `right` (windows,)."""
    excess = np.bincount(bin_of(probability), weights=np.asarray(right, float) - probability, minlength=BINS)
    return float(np.abs(excess).sum() / len(right))


def reliability(predictions: pl.DataFrame) -> pl.DataFrame:
    """The table CALIBRATION of the table PREDICTIONS, all folds pooled; without rows where none has a probability."""
    sure = predictions.filter(pl.col("probability").is_not_null())
    bins = sure.select(
        *_KEY,
        pl.Series("bin", bin_of(sure["probability"].to_numpy()), pl.Int32),
        pl.col("probability").cast(pl.Float64),
        right=pl.col("truth") == pl.col("predicted"),
    )
    figures = (
        bins.group_by(*_KEY, "bin", maintain_order=True)
        .agg(
            pl.len().alias("windows"),
            pl.col("probability").mean().round(6).alias("mean_probability"),
            pl.col("right").mean().alias("accuracy"),
        )
        .sort("classifier", "bin")
        .with_columns(bin_low=(pl.col("bin") / BINS).round(6), bin_high=((pl.col("bin") + 1) / BINS).round(6))
    )
    return in_order(figures).select(CALIBRATION.names)
