"""How often a unit reads higher where it is expected, next to scikit-learn's area and by people."""

import numpy as np
import pytest
from benchmarks.faces import units
from benchmarks.faces.rules import PROTOTYPES
from sklearn.metrics import roc_auc_score

from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.face import ACTION_UNITS


def made_up(seed: int = 0, n: int = 160) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Levels with ties, higher where something is shown; forty people, two raters."""
    rng = np.random.default_rng(seed)
    shown = rng.random(n) < 0.5
    level = np.round(rng.normal(size=n) + shown, 1)
    return level, shown, np.array([f"p{k % 40}" for k in range(n)]), np.array(["A", "B"])[rng.integers(0, 2, n)]


def test_the_area_is_that_of_pairs_of_one_rater() -> None:
    level, shown, people, raters = made_up()
    found = units.area(level, shown, people, raters, 0)
    area, pairs = 0.0, 0
    for rater in "AB":
        own = raters == rater
        count = int(shown[own].sum() * (~shown[own]).sum())
        area, pairs = area + count * roc_auc_score(shown[own], level[own]), pairs + count
    assert found["area"] == pytest.approx(area / pairs)
    low, high = found["interval"]
    assert 0.5 < low < found["area"] < high < 1
    assert (found["pictures"], found["neutral"], found["people"]) == (shown.sum(), (~shown).sum(), 40)


def test_raters_are_not_compared_with_each_other() -> None:
    level, shown, people, _ = made_up()
    raters = np.where(shown, "A", "B")
    assert units.area(level, shown, people, raters, 0) is None
    assert units.area(level[:0], shown[:0], people[:0], raters[:0], 0) is None
    shifted = np.where(np.arange(len(level)) % 2, level, level + 100)
    odd = np.where(np.arange(len(level)) % 2, "A", "B")
    one, other = (units.area(each, shown, people, odd, 0)["area"] for each in (shifted, level))
    assert one == pytest.approx(other)


def test_people_who_are_always_alike_widen_the_interval_and_few_have_none() -> None:
    level, shown, people, raters = made_up()
    of_many = np.array([f"p{k}" for k in range(len(level))])
    # one person per rank of what they show: pictures of one are alike
    order = np.lexsort([level, shown])
    of_few = np.empty(len(level), object)
    of_few[order] = [f"p{k // 10}" for k in range(len(level))]
    few, many = (np.ptp(units.area(level, shown, who.astype(str), raters, 0)["interval"]) for who in (of_few, of_many))
    assert few > 1.5 * many
    four = np.where(shown, "a", people)
    assert units.area(level, shown, four, raters, 0)["interval"] is None


def test_units_are_looked_up_under_their_own_numbers() -> None:
    happy, neutral = EMOTIONS.index("happy"), EMOTIONS.index("neutral")
    truth = np.repeat([happy, neutral], 30)
    found = np.zeros((60, len(ACTION_UNITS)))
    found[:30, list(ACTION_UNITS).index(12)] = 3
    found[:30, list(ACTION_UNITS).index(6)] = -1
    found[5] = np.nan
    people = np.array([f"p{k}" for k in range(60)])
    own = units.areas(found, truth, people, np.full(60, "A"), 0)
    assert list(own) == ["happy"]
    found = {unit: (of["area"], of["pictures"]) for unit, of in own["happy"].items()}
    assert found == {"AU06": (0.0, 29), "AU12": (1.0, 29)}
    assert len(PROTOTYPES["happy"]) == 2
