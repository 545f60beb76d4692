"""What is claimed of label accuracy: by which p value, in which words."""

import numpy as np
import polars as pl
import pytest

from moodreel.classify.summary import JUDGED, KEY, _compare_with_chance
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


def beside_chance(values: np.ndarray) -> pl.DataFrame:
    """What chance says of figures: `values` (classifiers, 1 + shuffles), of the data and of each shuffle."""
    where = {"protocol": "grouped", "group": "video", "labels": "truth", "metric": JUDGED, "shuffled": "labels"}
    rows = [
        where | {"classifier": f"c{number:02}", "draw": draw, "value": value}
        for (number, draw), value in np.ndenumerate(values)
    ]
    table = pl.DataFrame(rows).select(*KEY, "shuffled", "draw", "value")
    return _compare_with_chance(table.filter(draw=0).select(*KEY, "value"), table.filter(pl.col("draw") > 0))


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
