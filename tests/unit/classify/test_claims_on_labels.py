"""What is claimed of label accuracy: against which orders of the labels, by which p value, in which words."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from moodreel.classify.interval import LEAST_PEOPLE, interval
from moodreel.classify.permutation import exchange
from moodreel.classify.summary import JUDGED, KEY, _beside_chance
from moodreel.classify.verdict import Verdict, judge

ABOVE, BELOW, NOT_ABOVE = Verdict.ABOVE_CHANCE, Verdict.BELOW_MAJORITY, Verdict.NOT_ABOVE_CHANCE


@pytest.mark.parametrize(
    ("p", "shuffles", "accuracy", "few_orders", "verdict"),
    [
        (0.01, 99, 0.5, False, ABOVE),
        (0.05, 19, 0.5, False, ABOVE),
        (0.06, 99, 0.9, False, NOT_ABOVE),
        (0.01, 99, 0.4, False, BELOW),
        (0.01, 3, 0.9, False, Verdict.NOT_JUDGED),
        (0.05, 18, 0.9, False, Verdict.NOT_JUDGED),
        (None, 0, 0.9, False, Verdict.NOT_JUDGED),
        (0.01, 99, 0.9, True, Verdict.FEW_ORDERS),
    ],
)
def test_what_may_be_claimed(p, shuffles, accuracy, few_orders, verdict):
    assert judge(p, shuffles, accuracy, 0.4, few_orders=few_orders) is verdict


def test_every_performer_keeps_as_many_videos_of_each_label():
    """Six performers of eight videos, who show one label in two to six of them; folds have their share of each."""
    rng = np.random.default_rng(0)
    videos = [
        (f"p{p}-{v}", f"p{p}", "joy" if v < joyful else "anger", v % 4)
        for p, joyful in enumerate((2, 3, 4, 4, 5, 6))
        for v in rng.permutation(8)
    ]
    table = pl.DataFrame(videos, ["video", "performer", "label", "fold"], orient="row")
    windows = pl.concat([table] * 3).sort("video", maintain_order=True)
    orders = exchange(windows, windows["fold"].to_numpy()).orders(50, seed=1)
    assert len(np.unique(orders, axis=0)) > 20
    for codes in orders:
        shown = windows.with_columns(code=pl.Series(codes), joy=pl.col("label") == "joy")
        for kept in ("performer", "fold"):
            sums = shown.group_by(kept).agg(pl.col("code").sum(), pl.col("joy").sum())
            assert sums["code"].to_list() == sums["joy"].to_list(), kept
        assert (shown.group_by("video").agg(pl.col("code").n_unique())["code"] == 1).all()


def beside_chance(values: np.ndarray) -> pl.DataFrame:
    """What chance says of figures: `values` (classifiers, 1 + shuffles), of the data and of each shuffle."""
    names = [f"c{number:02}" for number in range(len(values))]
    where = {"protocol": "grouped", "group": "video", "labels": "truth", "metric": JUDGED}
    figures = pl.DataFrame([where | {"classifier": n, "value": v} for n, v in zip(names, values[:, 0], strict=True)])
    shuffles = pl.DataFrame(
        [
            where | {"classifier": name, "shuffled": "labels", "draw": draw, "value": value}
            for name, own in zip(names, values, strict=True)
            for draw, value in enumerate(own.tolist()[1:], start=1)
        ]
    )
    return _beside_chance(figures.select(*KEY, "value"), shuffles.select(*KEY, "shuffled", "draw", "value"))


def test_p_counts_the_data():
    """Else the largest of all would have a p of 0, which no number of shuffles can give."""
    (row,) = beside_chance(np.array([[0.9, *np.linspace(0.3, 0.6, 99)]])).to_dicts()
    assert row["p_value"] == row["p_corrected"] == 0.01


def test_the_best_of_many_is_held_against_the_best_of_each_shuffle():
    """Of twenty figures of noise the best has a p of its own below 0.05 more often than not; that is no finding."""
    alone = corrected = 0
    for seed in range(40):
        found = beside_chance(np.random.default_rng(seed).normal(0.5, 0.1, (20, 60)))
        assert (found["p_corrected"] >= found["p_value"]).all()
        alone += found["p_value"].min() <= 0.05
        corrected += found["p_corrected"].min() <= 0.05
    assert alone > 20
    assert corrected <= 6  # the 99 % point of the binomial at 0.05


def test_few_people_have_no_interval():
    counts = np.random.default_rng(0).integers(1, 9, (LEAST_PEOPLE, 1, 2)) + np.array([[2], [2], [0]])
    assert interval(counts[: LEAST_PEOPLE - 1], "accuracy", seed=0) is None
    assert interval(counts, "accuracy", seed=0) is not None
