from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from moodreel.classify.summary import counts_of_people, per_class, summarise
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, CLASSES, EVALUATION, PREDICTIONS, SCORES

ROW = {"classifier": "knn", "protocol": "grouped", "group": "video", "labels": "clusters"}


def scores(values: dict[int, Sequence[float]], **changes: object) -> list[dict]:
    """Rows of SCORES: values per draw, one a fold."""
    row = ROW | {"metric": "accuracy"} | changes
    return [
        row | {"draw": draw, "fold": fold, "value": value, "n_train": 80 + fold, "n_test": 20 + fold}
        for draw, folds in values.items()
        for fold, value in enumerate(folds)
    ]


def predictions(people: dict[str, list[tuple[str, str]]], **changes: object) -> list[dict]:
    """Rows of PREDICTIONS: of each person, in one video, truth and prediction."""
    row = ROW | {"fold": 0, "start_s": 0.0, "probability": None} | changes
    return [
        row | {"video": f"v-{who}", "performer": who, "window": n, "truth": truth, "predicted": predicted}
        for who, tests in people.items()
        for n, (truth, predicted) in enumerate(tests)
    ]


def prediction_table(rows: list[dict]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=base.polars_schema(PREDICTIONS))


def chance(draws: dict[int, dict[str, tuple[int, int, int]]], **changes: object) -> list[dict]:
    """Rows of CHANCE: by draw, by class support, predicted and hits."""
    return [
        ROW | {"shuffled": "features", "draw": draw, "class": name, "support": s, "predicted": p, "hits": h} | changes
        for draw, classes in draws.items()
        for name, (s, p, h) in classes.items()
    ]


def summary(score_rows: list[dict], tests: list[dict] = (), shuffles: list[dict] = (), unjudged=()) -> pl.DataFrame:
    of_spec = {SCORES: score_rows, PREDICTIONS: tests, CHANCE: shuffles}
    tables = (pl.DataFrame(list(rows), schema=base.polars_schema(spec)) for spec, rows in of_spec.items())
    result = summarise(*tables, unjudged)
    EVALUATION.conform(result)
    return result


def metric_rows(*folds: float) -> list[dict]:
    """Rows of SCORES of all metrics, the same value for each in a fold."""
    metrics = "accuracy", "balanced_accuracy", "macro_f1"
    return [row for metric in metrics for row in scores({0: folds}, metric=metric)]


def test_figures_are_pooled_over_windows_and_folds_stand_next_to_them():
    """A fold of one right window and one of three wrong ones: half right by folds, a quarter by windows."""
    tests = predictions({"p": [("a", "a")]}) + predictions({"q": [("a", "b")] * 3}, fold=1)
    row = summary(metric_rows(1.0, 0.0), tests).filter(metric="accuracy").row(0, named=True)
    assert (row["value"], row["fold_mean"], row["fold_sd"], row["folds"]) == (0.25, 0.5, 0.5, 2)
    assert (row["windows"], row["videos"], row["people"], row["fold_windows"]) == (41, 2, 2, "20 to 21")
    assert (row["low"], row["high"], row["interval"], row["n_train"]) == (None, None, None, 80)
    assert (row["shuffles"], row["p_value"], row["chance"]) == (0, None, None)


def test_every_pooled_figure_has_an_interval_over_people():
    tests = predictions({f"p{i}": [("a", "a"), ("b", "b" if i % 3 else "a")] for i in range(12)})
    table = summary(metric_rows(0.5), tests)
    assert table["interval"].to_list() == ["bootstrap"] * 3
    assert table.select(pl.col("value").is_between("low", "high", closed="none")).to_series().all()


def test_chance_is_pooled_too_and_the_p_value_counts_the_data():
    tests = predictions({"p": [("a", "a")] * 6 + [("b", "a")] * 2})
    draws = {
        1: {"a": (6, 4, 3), "b": (2, 4, 1)},
        2: {"a": (6, 8, 6), "b": (2, 0, 0)},
        3: {"a": (6, 6, 6), "b": (2, 2, 2)},
    }
    row = summary(metric_rows(0.5), tests, chance(draws)).filter(metric="accuracy").row(0, named=True)
    assert (row["value"], row["shuffles"], row["chance"]) == (6 / 8, 3, "features")
    assert (row["chance_mean"], row["chance_max"]) == pytest.approx(((4 / 8 + 6 / 8 + 1) / 3, 1.0))
    assert row["p_value"] == pytest.approx((1 + 2) / (1 + 3))


def test_counts_of_jobs_that_share_a_draw_are_added_up():
    halves = chance({1: {"a": (3, 2, 1), "b": (1, 2, 1)}}) + chance({1: {"a": (3, 2, 2), "b": (1, 2, 0)}})
    tests = predictions({"p": [("a", "a")] * 6 + [("b", "a")] * 2})
    table = summary(metric_rows(0.5), tests, halves)
    assert table.filter(metric="balanced_accuracy")["chance_mean"].item() == pytest.approx((3 / 6 + 1 / 2) / 2)


def of_classifiers(draws: int, **right: int) -> tuple[list[dict], list[dict], list[dict]]:
    """Scores, predictions and chance of classifiers that are right in so many of 20 windows; chance in 10, give or take."""
    rng = np.random.default_rng(0)
    score_rows, tests, shuffles = [], [], []
    for name, hits in right.items():
        own = {"classifier": name, "labels": "truth"}
        of_each = [("a", "a" if n < hits // 2 else "b") for n in range(10)]
        of_each += [("b", "b" if n < hits - hits // 2 else "a") for n in range(10)]
        score_rows += [row | own for row in metric_rows(0.5)]
        tests += predictions({"p": of_each}, **own)
        by_chance = rng.integers(3, 8, (draws, 2)).tolist()
        counts = {draw: {"a": (10, 10, a), "b": (10, 10, b)} for draw, (a, b) in enumerate(by_chance, start=1)}
        shuffles += chance(counts, **own, shuffled="labels")
    return score_rows, tests, shuffles


def test_p_values_are_corrected_for_all_rows_of_a_kind():
    table = summary(*of_classifiers(99, svm=14, knn=14, mlp=10)).filter(metric="balanced_accuracy")
    p, corrected = table["p_value"].to_list(), table["p_corrected"].to_list()
    assert all(after >= before for before, after in zip(p, corrected, strict=True))
    assert corrected[0] > p[0], "the best of three reaches it more often than the first alone"
    alone = summary(*of_classifiers(99, svm=14)).filter(metric="balanced_accuracy")
    assert alone["p_corrected"].item() == pytest.approx(alone["p_value"].item())


@pytest.mark.parametrize(
    ("draws", "right", "unjudged", "verdict"),
    [
        (99, 20, [], "above_chance"),
        (99, 10, [], "not_above_chance"),
        (18, 20, [], "not_judged"),
        (0, 20, [], "not_judged"),
        (0, 20, [{"classifier": "svm", "group": "video", "why": "orders"}], "few_orders"),
        (0, 20, [{"classifier": "svm", "group": "video", "why": "budget"}], "not_judged"),
    ],
)
def test_what_may_be_concluded(draws, right, unjudged, verdict):
    table = summary(*of_classifiers(draws, svm=right), unjudged)
    found = {"accuracy": None, "balanced_accuracy": verdict, "macro_f1": None}
    assert dict(table.select("metric", "verdict").rows()) == found


def test_better_than_chance_may_still_be_worse_than_the_largest_class():
    """Nine of ten windows are of class a. The classifier finds all of b, and so errs more often than who never looks."""
    svm, majority = ({"labels": "truth", "classifier": name} for name in ("svm", "majority"))
    tests = predictions({"p": [("a", "a")] * 15 + [("a", "b")] * 3 + [("b", "b")] * 2}, **svm)
    tests += predictions({"p": [("a", "a")] * 18 + [("b", "a")] * 2}, **majority)
    rows = [row | own for own in (svm, majority) for row in metric_rows(0.5)]
    draws = {d: {"a": (18, 10, 9 + d % 2), "b": (2, 10, 1)} for d in range(1, 40)}
    table = summary(rows, tests, chance(draws, **svm, shuffled="labels"))
    row = table.filter(metric="balanced_accuracy", classifier="svm").row(0, named=True)
    assert (row["p_corrected"], row["verdict"]) == (pytest.approx(1 / 40), "below_majority")
    assert table.filter(metric="accuracy", classifier="svm")["majority"].item() == 0.9


def test_stability_is_a_mean_over_folds_next_to_that_of_its_nulls():
    values = {0: [0.8, 0.6]} | {draw: [0.1, draw / 100] for draw in range(1, 20)}
    (row,) = summary(scores(values, classifier="clusters", metric="adjusted_rand")).rows(named=True)
    assert (row["value"], row["people"], row["verdict"]) == (pytest.approx(0.7), 0, None)
    assert (row["shuffles"], row["p_value"]) == (19, pytest.approx(1 / 20))
    assert row["chance_max"] == pytest.approx(0.145)


@pytest.mark.parametrize(("people", "method"), [(4, None), (6, "folds")])
def test_stability_counts_who_was_tested_and_has_an_interval_over_folds(people, method):
    """Folds of 20 and 21 test windows, learnt from 80 and 81."""
    tests = predictions({f"p{i}": [("1", "1")] for i in range(people)})
    tests += predictions({"other": [("1", "1")]}, labels="truth")
    (row,) = summary(scores({0: [0.8, 0.6]}, classifier="clusters", metric="adjusted_rand"), tests).rows(named=True)
    assert (row["videos"], row["people"], row["interval"]) == (people, people, method)
    if method:
        reach = 12.7062 * np.std([0.8, 0.6], ddof=1) * np.sqrt(1 / 2 + (20 / 80 + 21 / 81) / 2)
        assert (row["low"], row["high"]) == (pytest.approx(0.7 - reach, abs=1e-4), 1), "an index is no higher"


def test_the_calibration_error_has_an_interval_over_those_with_probabilities():
    tests = predictions({f"p{i}": [("a", "a"), ("a", "b")] for i in range(12)}, probability=0.9)
    tests += predictions({"unsure": [("a", "b")] * 50})
    (row,) = summary(scores({0: [0.4]}, metric="calibration_error"), tests).rows(named=True)
    assert (row["value"], row["people"], row["videos"], row["interval"]) == (0.4, 12, 12, "bootstrap")
    assert (row["low"], row["high"]) == pytest.approx((0.4, 0.4)), "each was right once of two times"


def test_figures_are_not_mixed():
    kinds = {}, {"classifier": "majority"}, {"protocol": "paper", "group": "window"}
    table = summary([row | changes for changes in kinds for row in metric_rows(0.5)])
    found = table.filter(metric="accuracy").select("classifier", "protocol").rows()
    assert found == [("knn", "paper"), ("knn", "grouped"), ("majority", "grouped")]


@pytest.mark.parametrize(
    ("right", "published"),
    [((11, 16, 16, 16), (0.70238, 0.10310)), ((3, 12, 14, 18), (0.55952, 0.26163)), ((0, 0, 3, 6), (0.10714, 0.11845))],
)
def test_the_papers_form_mean_and_population_deviation_over_four_folds(right, published):
    """What k-NN, SVM and network reached there, from hits among 21 in each of four folds that give these figures."""
    (row,) = summary(scores({0: [hits / 21 for hits in right]})).rows(named=True)
    assert (round(row["fold_mean"], 5), round(row["fold_sd"], 5), row["folds"]) == (*published, 4)


def test_classes_one_by_one_over_all_folds():
    first, second = [("1", "1"), ("10", "2"), ("2", "9")], [("1", "2"), ("2", "2")]
    table = per_class(prediction_table(predictions({"p": first}) + predictions({"p": second}, fold=1)))
    CLASSES.conform(table)
    assert table.select("class", "precision", "recall", "f1", "support").rows() == [
        ("1", 1.0, 0.5, pytest.approx(2 / 3), 2),
        ("2", pytest.approx(1 / 3), 0.5, pytest.approx(0.4), 2),
        ("9", 0.0, None, 0.0, 0),
        ("10", None, 0.0, 0.0, 1),
    ]


def test_nothing_evaluated():
    table = per_class(prediction_table([]))
    CLASSES.conform(table)
    assert table.is_empty() and summary([]).is_empty()


def test_each_class_has_an_interval_over_the_people_who_show_it():
    """Class b is found in half the windows of 12 people; 7 others never show it and are never said to."""
    people = {f"p{i}": [("b", "b") if n < i % 5 else ("b", "a") for n in range(4)] for i in range(12)}
    people |= {f"q{i}": [("a", "a")] * 30 for i in range(7)}
    table = per_class(prediction_table(predictions(people)))
    a, b = table.rows(named=True)
    hits = [i % 5 for i in range(12)]
    assert (b["recall"], b["precision"], b["support"], b["predicted"]) == (sum(hits) / 48, 1.0, 48, sum(hits))
    assert (a["people"], b["people"]) == (7, 12)
    error = np.std(hits, ddof=1) / 4 / np.sqrt(12)
    found, expected = (b["recall_low"], b["recall_high"]), (b["recall"] - 1.96 * error, b["recall"] + 1.96 * error)
    assert found == pytest.approx(expected, abs=0.04)
    assert (b["precision_low"], b["precision_high"]) == pytest.approx((0.025 ** (1 / 9), 1)), "9 people, all of them 1"
    assert b["f1_low"] < b["f1"] < b["f1_high"]
    few = per_class(prediction_table(predictions(dict(list(people.items())[:4]))))
    assert few.select("recall_low", "precision_high", "f1_low").null_count().row(0) == (2, 2, 2)


def test_people_without_windows_keep_their_place():
    table = prediction_table(predictions({"p": [("a", "b"), ("b", "b")]}))
    counts = counts_of_people(table, np.array(["a", "b"]), np.array(["o", "p"]))
    assert counts.tolist() == [[[0, 0], [0, 0], [0, 0]], [[1, 1], [0, 2], [0, 1]]]
