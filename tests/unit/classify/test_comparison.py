"""Classifiers against each other, and protocols against each other."""

import itertools

import numpy as np
import polars as pl
import pytest
from scipy import stats

from moodreel.classify.comparison import compare, corrected_t, difference, leakage
from moodreel.tables import base
from moodreel.tables.classify import COMPARISONS, EVALUATION, LEAKAGE, PREDICTIONS, SCORES

WHERE = {"protocol": "grouped", "group": "video", "labels": "truth"}
BY_PERFORMER = {"protocol": "grouped", "group": "performer"}
SHUFFLED = {"protocol": "paper", "group": "window"}
IN_ORDER = {"protocol": "paper", "group": "window_in_order"}


def rows(values: list[float], *, draw: int = 0, **changes: object) -> list[dict]:
    """Rows of SCORES, a value a fold."""
    row = WHERE | {"classifier": "knn", "metric": "accuracy", "draw": draw, "n_train": 80, "n_test": 20}
    return [row | {"fold": fold, "value": value} | changes for fold, value in enumerate(values)]


def scores(*parts: list[dict]) -> pl.DataFrame:
    return pl.DataFrame([row for part in parts for row in part], schema=base.polars_schema(SCORES))


def predictions(people: int = 2, folds: int = 3, **right: int) -> pl.DataFrame:
    """PREDICTIONS of classifiers that are right in so many of each person's 10 windows, in folds of every kind."""
    rows = [
        WHERE | {"classifier": name, **kind, "fold": fold, "video": "v", "window": n, "start_s": 0.0}
        | {"performer": f"p{person}", "probability": None, "truth": "a", "predicted": "a" if n < hits else "b"}
        for name, hits in right.items()
        for kind in (SHUFFLED, IN_ORDER, WHERE, BY_PERFORMER)
        for fold, person, n in itertools.product(range(folds), range(people), range(10))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=base.polars_schema(PREDICTIONS))


def test_t_by_hand():
    """Ten folds: the variance of the mean is (1/10 + 1/9) s2 and not s2/10."""
    differences = np.array([0.1, 0.2, 0.0, 0.1, 0.3, 0.1, 0.0, 0.2, 0.1, 0.1])
    found = corrected_t(differences, 1 / 9)
    naive = stats.ttest_1samp(differences, 0).statistic
    assert found["t"] == pytest.approx(naive / np.sqrt(1 + 10 / 9))
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(found["t"], 9))
    assert found["difference"] == pytest.approx(0.12)


def test_false_alarms_of_the_plain_test_are_tamed():
    """Two classifiers that are equally good, ten folds whose figures share most of their training."""
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(2000, 1)) * np.sqrt(0.1)
    each = shared + rng.normal(size=(2000, 10)) * np.sqrt(0.9)
    plain = np.mean(stats.ttest_1samp(each, 0, axis=1).pvalue < 0.05)
    corrected = np.mean([corrected_t(row, 1 / 9)["p_value"] < 0.05 for row in each])
    assert plain > 0.1
    assert corrected < 0.05


def test_every_pair_is_compared_on_the_folds_of_both():
    table = compare(
        scores(
            rows([0.9, 0.7, 0.8]),
            rows([0.6, 0.6], classifier="svm", n_train=40),
            rows([0.5, 0.5, 0.5], classifier="majority"),
            rows([0.1, 0.1, 0.1], draw=1),
            rows([0.1, 0.1, 0.1], draw=1, shuffled="labels"),
            rows([0.3, 0.4, 0.5], classifier="clusters", metric="adjusted_rand"),
        ),
        predictions(knn=8, svm=5, majority=5),
    )
    COMPARISONS.conform(table)
    pairs = [("knn", "svm", 2), ("knn", "majority", 3), ("svm", "majority", 2)]
    assert table.select("first", "second", "folds").rows() == pairs
    first, second, third = table.rows(named=True)
    assert first["difference"] == pytest.approx(0.2)
    assert second["t"] == pytest.approx(0.3 / (0.1 * np.sqrt(1 / 3 + 20 / 80)))
    assert (third["sd"], third["t"], third["p_value"]) == (pytest.approx(0), None, None), "the same in every fold"
    assert (first["pooled"], first["windows"], first["people"]) == (pytest.approx(0.3), 40, 2), (
        "two folds of two people"
    )
    assert (second["pooled"], second["windows"], second["low"]) == (pytest.approx(0.3), 60, None)


def test_one_fold_is_no_test():
    (row,) = compare(scores(rows([0.9]), rows([0.5], classifier="svm")), predictions(knn=9, svm=5)).rows(named=True)
    assert (row["sd"], row["t"], row["p_value"], row["folds"]) == (None, None, None, 1)


def evaluation(*figures: dict) -> pl.DataFrame:
    """A table EVALUATION of figures of one classifier on labels, by video unless they say otherwise."""
    whole = WHERE | {"classifier": "knn", "metric": "accuracy", "windows": 40, "people": 4, "shuffles": 0}
    return pl.DataFrame([whole | row for row in figures], schema=base.polars_schema(EVALUATION))


def test_the_gap_stands_next_to_that_of_chance():
    figures = evaluation(
        SHUFFLED | {"value": 0.85, "chance_mean": 0.6},
        IN_ORDER | {"value": 0.1},
        {"value": 0.4, "chance_mean": 0.3},
        BY_PERFORMER | {"value": 0.6},
        {"classifier": "clusters", "metric": "adjusted_rand", "value": 0.7},
    )
    table = leakage(figures, predictions(knn=6))
    LEAKAGE.conform(table)
    video, performer = table.rows(named=True)
    assert (video["group"], performer["group"]) == ("video", "performer")
    assert (video["paper"], video["grouped"], video["gap"]) == pytest.approx((0.85, 0.4, 0.45))
    assert (video["chance_gap"], video["windows"], video["people"]) == (pytest.approx(0.3), 40, 4)
    assert (performer["gap"], performer["chance_gap"]) == (pytest.approx(0.25), None)


def test_unshuffled_folds_stand_in_where_there_are_no_others():
    (row,) = leakage(evaluation(IN_ORDER | {"value": 0.6}, {"value": 0.5}), predictions(knn=6)).rows(named=True)
    assert row["gap"] == pytest.approx(0.1)


@pytest.mark.parametrize("given", [[], [{"value": 0.5}]])
def test_without_both_protocols_there_is_no_gap(given):
    table = leakage(evaluation(*given), predictions(knn=6))
    LEAKAGE.conform(table)
    assert table.is_empty()


def test_nothing_to_compare():
    table = compare(scores(), predictions())
    COMPARISONS.conform(table)
    assert table.is_empty()


def test_a_difference_is_reported_person_by_person():
    """Both are the better the easier a person is, so that their difference varies less than each of them."""

    def of(right: np.ndarray) -> pl.DataFrame:
        table = pl.concat([predictions(folds=1, people=1, knn=hits) for hits in right]).filter(group="video")
        return table.with_columns(performer=pl.format("p{}", pl.int_range(pl.len()) // 10))

    rng = np.random.default_rng(0)
    easy, ahead = rng.integers(2, 9, 12), rng.integers(0, 2, 12)
    first, second = of(easy + ahead), of(easy)
    found = difference(first, second, "accuracy", 0)
    reach = 1.96 * np.std(ahead, ddof=1) / 10 / np.sqrt(12)
    assert (found.value, found.people) == (pytest.approx(ahead.mean() / 10), 12)
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach), abs=0.01)
    assert difference(first, first, "accuracy", 0).low is None, "nothing differs"


def test_the_gap_has_an_interval_over_people():
    """People who are recognised are distinguished from those who are not: people 0 to 5 gain by it, the others do not."""
    person = pl.col("performer").str.slice(1).cast(pl.Int32)
    worse = pl.when(pl.col("group") == "video", person < 6, pl.col("window") < 4).then(pl.lit("b"))
    changed = predictions(people=12, folds=1, knn=8).with_columns(predicted=worse.otherwise("predicted"))
    (row,) = leakage(evaluation(SHUFFLED | {"value": 0.8}, {"value": 0.6}), changed).rows(named=True)
    assert row["gap"] == pytest.approx(0.2)
    assert 0.05 < row["low"] < 0.2 < row["high"] < 0.35
