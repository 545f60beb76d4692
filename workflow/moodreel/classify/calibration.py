"""Whether a classifier is right as often as its probabilities state: reliability by bins of probability, and its
expected error.

Guo et al. 2017 (ICML, arXiv:1706.04599): ten bins of equal width, each open below and closed above; the expected
calibration error is the mean distance of accuracy and mean probability in a bin, weighted by its windows. With few
windows it is too large, since they fill no bin evenly; its null is as large for the same reason.
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
    """The bin (windows,), from 0, of each `probability` (windows,) in 0..1.

    Shares of votes lie on the edges, and 0.6 in float32 is above 0.6: probabilities are rounded first.
    """
    return np.clip(np.ceil(np.round(np.asarray(probability, float) * BINS, 5)) - 1, 0, BINS - 1).astype(int)


def calibration_error(right: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error, in 0..1, of predictions with `probability` (windows,), correct where `right`
    (windows,)."""
    excess = np.bincount(bin_of(probability), weights=np.asarray(right, float) - probability, minlength=BINS)
    return float(np.abs(excess).sum() / len(right))


def reliability(predictions: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """The table CALIBRATION of the table PREDICTIONS, all folds pooled; without rows where none has a probability.

    `seed` is that of the bootstrap.
    """
    rows = []
    with_probability = predictions.filter(pl.col("probability").is_not_null())
    for key, part in with_probability.group_by(_KEY, maintain_order=True):
        of_people = _sums(part).sum(axis=1)
        for number in np.flatnonzero(of_people[..., _WINDOWS].sum(axis=0)):
            tested = of_people[of_people[:, number, _WINDOWS] > 0, number]
            windows, right, probability = tested.sum(axis=0)
            counts = tested[:, [_WINDOWS, _WINDOWS, _RIGHT], np.newaxis]
            found = interval(counts, "accuracy", seed)
            rows.append(
                {
                    **dict(zip(_KEY, key, strict=True)),
                    "bin_low": round(number / BINS, 6),
                    "bin_high": round((number + 1) / BINS, 6),
                    "windows": int(windows),
                    "people": len(tested),
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

    Like the error itself, it is too high where a fold has few windows.
    """

    def mean_over_folds(sums: np.ndarray) -> np.ndarray:
        excess = np.abs(sums[..., _RIGHT] - sums[..., _PROBABILITY]).sum(axis=-1)
        windows = sums[..., _WINDOWS].sum(axis=-1)
        filled = windows > 0  # leaves out folds none of whose people are resampled
        return np.divide(excess, windows, out=np.zeros_like(excess), where=filled).sum(axis=-1) / filled.sum(axis=-1)

    found = over_people(mean_over_folds, _sums(predictions), seed)
    return found and found.within(0, 1)


_WINDOWS, _RIGHT, _PROBABILITY = range(3)


def _sums(predictions: pl.DataFrame) -> np.ndarray:
    """For each person, fold and bin: number of windows, of right ones, and sum of probabilities; float64 (people,
    folds, bins, 3)."""
    people, folds = (np.unique(predictions[name].to_numpy(), return_inverse=True)[1] for name in ("performer", "fold"))
    probability = predictions["probability"].cast(pl.Float64).to_numpy()
    right = (predictions["truth"] == predictions["predicted"]).to_numpy()
    sums = np.zeros((people.max() + 1, folds.max() + 1, BINS, 3))
    added = np.stack([np.ones(len(right)), right, probability], axis=1)
    np.add.at(sums, (people, folds, bin_of(probability)), added)
    return sums
