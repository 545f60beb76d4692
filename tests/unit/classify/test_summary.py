from __future__ import annotations

import polars as pl
import pytest

from moodreel.classify.summary import summarise
from moodreel.tables.classify import EVALUATION


def scores(values: dict[int, list[float]], **changes: object) -> list[dict]:
    """Rows of SCORES: values per draw, one a fold."""
    row = {"classifier": "knn", "protocol": "grouped", "group": "video", "labels": "clusters", "metric": "accuracy"}
    return [
        row | {"draw": draw, "fold": fold, "value": value, "n_train": 80 + fold, "n_test": 20} | changes
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
    empty = pl.DataFrame(scores({0: [0.6]})).clear()
    assert summarise(empty).is_empty()
