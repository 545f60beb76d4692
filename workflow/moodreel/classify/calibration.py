"""Whether a classifier is right as often as it is sure: reliability by bins of probability, and its expected error.

Guo et al. 2017 (ICML, arXiv:1706.04599): ten bins of equal width, each open below and closed above; the expected
calibration error is the mean distance of accuracy and mean probability in a bin, weighted by its windows. Of a few
windows it is too large, since few of them fill no bin evenly: its null is as large for the same reason.
"""

import numpy as np
import polars as pl

from moodreel.classify.folds import in_order
from moodreel.classify.interval import Interval, interval, over_people
from moodreel.tables import base
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


def reliability(predictions: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """The table CALIBRATION of the table PREDICTIONS, all folds pooled; without rows where none has a probability.

    `seed` is that of the bootstrap.
    """
    rows = []
    sure = predictions.filter(pl.col("probability").is_not_null())
    for question, part in sure.group_by(_KEY, maintain_order=True):
        of_people = _sums(part).sum(axis=1)
        for number in np.flatnonzero(of_people[..., _WINDOWS].sum(axis=0)):
            seen = of_people[of_people[:, number, _WINDOWS] > 0, number]
            windows, right, probability = seen.sum(axis=0)
            counts = seen[:, [_WINDOWS, _WINDOWS, _RIGHT], np.newaxis]
            found = interval(counts, "accuracy", seed)
            rows.append(
                {
                    **dict(zip(_KEY, question, strict=True)),
                    "bin_low": round(number / BINS, 6),
                    "bin_high": round((number + 1) / BINS, 6),
                    "windows": int(windows),
                    "people": len(seen),
                    "mean_probability": round(probability / windows, 6),
                    "accuracy": right / windows,
                    "low": found and found.low,
                    "high": found and found.high,
                }
            )
    table = pl.DataFrame(rows, schema=base.polars_schema(CALIBRATION))
    return in_order(table.sort("classifier", "bin_low", maintain_order=True))


def error_interval(predictions: pl.DataFrame, seed: int) -> Interval | None:
    """The interval over people of the calibration error's mean over folds, of PREDICTIONS of one classifier.

    It is as much too high as the error itself where a fold has few windows.
    """

    def mean_over_folds(sums: np.ndarray) -> np.ndarray:
        excess = np.abs(sums[..., _RIGHT] - sums[..., _PROBABILITY]).sum(axis=-1)
        windows = sums[..., _WINDOWS].sum(axis=-1)
        there = windows > 0  # a fold whose people are not among the resampled ones
        return np.divide(excess, windows, out=np.zeros_like(excess), where=there).sum(axis=-1) / there.sum(axis=-1)

    found = over_people(mean_over_folds, _sums(predictions), seed)
    return found and found.within(0, 1)


_WINDOWS, _RIGHT, _PROBABILITY = range(3)


def _sums(predictions: pl.DataFrame) -> np.ndarray:
    """Of each person, fold and bin: windows, how many of them are right, their probabilities added up; float64
    (people, folds, bins, 3)."""
    people, folds = (np.unique(predictions[name].to_numpy(), return_inverse=True)[1] for name in ("performer", "fold"))
    probability = predictions["probability"].cast(pl.Float64).to_numpy()
    right = (predictions["truth"] == predictions["predicted"]).to_numpy()
    sums = np.zeros((people.max() + 1, folds.max() + 1, BINS, 3))
    added = np.stack([np.ones(len(right)), right, probability], axis=1)
    np.add.at(sums, (people, folds, bin_of(probability)), added)
    return sums
