from __future__ import annotations

import polars as pl
import pytest

from moodreel.classify.summary import per_class, summarise
from moodreel.tables import base
from moodreel.tables.classify import CLASSES, EVALUATION, PREDICTIONS, SCORES


def scores(values: dict[int, list[float]], **changes: object) -> list[dict]:
    """Rows of SCORES: values per draw, one a fold."""
    row = {"classifier": "knn", "protocol": "grouped", "group": "video", "labels": "clusters", "metric": "accuracy"}
    return [
        row
        | {"shuffled": "features" if draw else "nothing", "draw": draw, "fold": fold, "value": value}
        | {"n_train": 80 + fold, "n_test": 20}
        | changes
        for draw, folds in values.items()
        for fold, value in enumerate(folds)
    ]


def test_every_figure_stands_beside_its_null():
    table = summarise(pl.DataFrame(scores({0: [0.6, 0.8], 1: [0.1, 0.3], 2: [0.5, 0.5], 3: [0.3, 0.3]})))
    EVALUATION.conform(table)
    (row,) = table.rows(named=True)
    assert row["mean"] == pytest.approx(0.7)
    assert row["sd"] == pytest.approx(0.1)
    assert (row["folds"], row["n_train"], row["n_test"], row["draws"]) == (2, 80, 40, 3)
    assert row["null_mean"] == pytest.approx((0.2 + 0.5 + 0.3) / 3)
    assert row["null_sd"] == pytest.approx(0.1247, abs=1e-4)
    assert row["null_p95"] == pytest.approx(0.5), "the largest of a few draws"


def test_percentile_of_many_draws():
    table = summarise(pl.DataFrame(scores({0: [0.9]} | {draw: [draw / 100] for draw in range(1, 101)})))
    assert table["null_p95"].item() == pytest.approx(0.96)


def test_without_nulls_the_figure_stands_alone():
    (row,) = summarise(pl.DataFrame(scores({0: [0.6]}))).rows(named=True)
    assert row["draws"] == 0
    assert row["null_mean"] is None


def test_figures_are_not_mixed():
    rows = (
        scores({0: [0.6], 1: [0.2]})
        + scores({0: [0.1]}, classifier="majority")
        + scores({0: [0.9]}, protocol="paper", group="window")
    )
    table = summarise(pl.DataFrame(rows))
    assert table.select("classifier", "protocol", "mean", "null_mean").rows() == [
        ("knn", "paper", 0.9, None),
        ("knn", "grouped", 0.6, 0.2),
        ("majority", "grouped", 0.1, None),
    ]


def test_nothing_evaluated():
    empty = pl.DataFrame([], schema=base.polars_schema(SCORES))
    table = summarise(empty)
    EVALUATION.conform(table)
    assert table.is_empty()


def test_label_permutations_stand_apart_from_nulls():
    """Four permutations, one of which reaches the data though its folds add up in another order."""
    permuted = {1: [0.1, 0.3], 2: [0.2, 0.1], 3: [0.3, 0.1], 4: [0.0, 0.0]}
    rows = scores({0: [0.1, 0.2]}) + scores({1: [0.9, 0.9]}) + scores(permuted, shuffled="labels")
    table = summarise(pl.DataFrame(rows))
    EVALUATION.conform(table)
    (row,) = table.rows(named=True)
    assert (row["null_mean"], row["draws"]) == (pytest.approx(0.9), 1)
    assert (row["permuted_mean"], row["permuted_p95"]) == pytest.approx((0.1375, 0.2))
    assert (row["p_value"], row["permutations"]) == ((1 + 3) / (1 + 4), 4)


@pytest.mark.parametrize(
    ("right", "published"),
    [((11, 16, 16, 16), (0.70238, 0.10310)), ((3, 12, 14, 18), (0.55952, 0.26163)), ((0, 0, 3, 6), (0.10714, 0.11845))],
)
def test_the_papers_form_mean_and_population_deviation_over_four_folds(right, published):
    """What k-NN, SVM and network reached there, from hits among 21 in each of four folds that give these figures."""
    (row,) = summarise(pl.DataFrame(scores({0: [hits / 21 for hits in right]}))).rows(named=True)
    assert (round(row["mean"], 5), round(row["sd"], 5), row["folds"]) == (*published, 4)


def said(rows: list[tuple]) -> pl.DataFrame:
    """Rows of PREDICTIONS from (classifier, fold, truth, predicted)."""
    where = {"protocol": "grouped", "group": "video", "labels": "clusters", "video": "v", "start_s": 0.0}
    names = ("classifier", "fold", "truth", "predicted")
    return pl.DataFrame(
        [where | {"window": i, "probability": None} | dict(zip(names, row, strict=True)) for i, row in enumerate(rows)],
        schema=base.polars_schema(PREDICTIONS),
    )


def test_classes_one_by_one_over_all_folds():
    rows = [
        ("knn", 0, "1", "1"),
        ("knn", 1, "1", "2"),
        ("knn", 1, "2", "2"),
        ("knn", 0, "10", "2"),
        ("knn", 0, "2", "9"),
    ]
    table = per_class(said(rows))
    CLASSES.conform(table)
    assert table.select("class", "precision", "recall", "f1", "support").rows() == [
        ("1", 1.0, 0.5, pytest.approx(2 / 3), 2),
        ("2", pytest.approx(1 / 3), 0.5, pytest.approx(0.4), 2),
        ("9", 0.0, None, 0.0, 0),
        ("10", None, 0.0, 0.0, 1),
    ]


def test_no_predictions_no_classes():
    table = per_class(said([]))
    CLASSES.conform(table)
    assert table.is_empty()
