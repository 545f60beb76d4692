"""Reliability by bins, and the expected calibration error."""

import numpy as np
import polars as pl
import pytest

from moodreel.classify.calibration import bin_of, calibration_error, error_interval, reliability
from moodreel.tables import base
from moodreel.tables.classify import CALIBRATION, PREDICTIONS


def test_bins_are_closed_above_also_for_shares_of_votes():
    votes = np.arange(6, dtype=np.float32) / 5
    assert bin_of(votes).tolist() == [0, 1, 3, 5, 7, 9]
    assert bin_of(np.array([0.0, 1e-9, 0.1, 0.1001, 1.0])).tolist() == [0, 0, 0, 1, 9]


def test_too_sure_here_does_not_make_up_for_too_modest_there():
    """Three of four right at 0.9 and one of two at 0.6; and half right at 0.9, all at 0.5: nearly as sure as right."""
    right, sure = np.array([1, 1, 1, 0, 1, 0], bool), np.array([0.9] * 4 + [0.6] * 2)
    assert calibration_error(right, sure) == pytest.approx((4 * 0.15 + 2 * 0.1) / 6)
    right, sure = np.array([1, 0, 1, 0, 1, 1, 1, 1], bool), np.array([0.9] * 4 + [0.5] * 4)
    assert calibration_error(right, sure) == pytest.approx((0.4 + 0.5) / 2)


def test_one_that_knows_itself_is_near_zero_and_a_braggart_is_not():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.3, 1, 20_000)
    right = rng.random(20_000) < sure
    assert calibration_error(right, sure) < 0.02
    assert calibration_error(right, np.minimum(sure + 0.3, 1)) > 0.15


def predictions(rows: list[tuple]) -> pl.DataFrame:
    """Rows of PREDICTIONS from (classifier, fold, truth, predicted, probability)."""
    where = {"protocol": "grouped", "group": "video", "labels": "truth", "video": "v", "start_s": 0.0, "performer": "p"}
    names = ("classifier", "fold", "truth", "predicted", "probability")
    whole = [where | {"window": i} | dict(zip(names, row, strict=True)) for i, row in enumerate(rows)]
    return pl.DataFrame(whole, schema=base.polars_schema(PREDICTIONS))


def test_folds_are_pooled_and_what_gives_no_probability_has_no_rows():
    knn = [("knn", 0, "a", "a", 0.6), ("knn", 1, "b", "a", 0.6), ("knn", 1, "b", "b", 1.0)]
    table = reliability(predictions([*knn, ("svm", 0, "a", "a", None), ("svm", 1, "b", "a", None)]))
    CALIBRATION.conform(table)
    found = table.select("classifier", "bin_low", "bin_high", "windows", "accuracy").rows()
    assert found == [("knn", 0.5, 0.6, 2, 0.5), ("knn", 0.9, 1.0, 1, 1.0)]
    assert table["mean_probability"].to_list() == pytest.approx([0.6, 1.0])


@pytest.mark.parametrize("rows", [[], [("svm", 0, "a", "a", None)]])
def test_nothing_is_sure(rows):
    table = reliability(predictions(rows))
    CALIBRATION.conform(table)
    assert table.is_empty()


RIGHT = [9, 5, 7, 8, 6, 9, 9, 4, 8, 7, 9, 6]


def of_people(right: list[int]) -> pl.DataFrame:
    """PREDICTIONS of people of whose ten windows so many are right, at 0.95, the people dealt into two folds."""
    rows = [("knn", p % 2, "a", "a" if n < hits else "b", 0.95) for p, hits in enumerate(right) for n in range(10)]
    return predictions(rows).with_columns(performer=pl.format("p{}", pl.int_range(pl.len()) // 10))


def test_a_bins_share_has_an_interval_over_its_people():
    (row,) = reliability(of_people(RIGHT)).rows(named=True)
    reach = 1.96 * np.std(RIGHT, ddof=1) / 10 / np.sqrt(12)
    assert (row["windows"], row["people"], row["accuracy"]) == (120, 12, pytest.approx(sum(RIGHT) / 120))
    assert (row["low"], row["high"]) == pytest.approx((row["accuracy"] - reach, row["accuracy"] + reach), abs=0.02)
    assert reliability(of_people(RIGHT[:4])).select("people", "low", "high").rows() == [(4, None, None)]


def test_the_errors_interval_holds_the_mean_over_folds():
    """In a fold each person's excess is the error's share of theirs."""
    table = of_people(RIGHT)
    folds = table.with_columns(right=pl.col("truth") == pl.col("predicted")).partition_by("fold")
    value = np.mean([calibration_error(fold["right"].to_numpy(), fold["probability"].to_numpy()) for fold in folds])
    found = error_interval(table, 0)
    assert found.low < value < found.high and 0.1 < found.high - found.low < 0.3
    assert error_interval(of_people([10, 9, 10, 9, 10, 9]), 0).low >= 0
    assert error_interval(of_people(RIGHT[:4]), 0) is None
