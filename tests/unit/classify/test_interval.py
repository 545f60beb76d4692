import numpy as np
import pytest
from scipy import stats

from moodreel.classify.interval import Interval, interval, interval_of_difference, over_folds, over_people


def people(*right: float, windows: int = 10) -> np.ndarray:
    """Counts of people of whose windows, all of one class, such a share is right."""
    hits = np.round(np.array(right) * windows).astype(int)
    support = np.stack([np.full(len(right), windows), np.zeros(len(right), int)], axis=1)
    predicted = np.stack([hits, windows - hits], axis=1)
    return np.stack([support, predicted, np.stack([hits, np.zeros_like(hits)], axis=1)], axis=1)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_of_fewer_than_five_people_there_is_none(count):
    assert interval(people(*np.linspace(0, 1, count)), "accuracy", 0) is None
    assert interval(people(*[1.0] * count), "accuracy", 0) is None, "not even where all agree"


def test_from_five_to_nine_people_it_is_the_t_interval_of_their_mean():
    shares = [0.2, 0.4, 0.5, 0.7, 0.9, 0.6]
    found = interval(people(*shares), "accuracy", 0)
    expected = stats.t.interval(0.95, 5, np.mean(shares), stats.sem(shares))
    assert (found.low, found.high) == pytest.approx(expected) and found.method == "jackknife"


def test_from_ten_people_on_they_are_resampled():
    shares = np.random.default_rng(1).integers(2, 10, 40) / 10
    found = interval(people(*shares), "accuracy", 0)
    expected = stats.norm.interval(0.95, shares.mean(), stats.sem(shares))
    assert (found.low, found.high) == pytest.approx(expected, abs=0.02) and found.method == "bootstrap"
    assert interval(people(*shares), "accuracy", 0) == found


@pytest.mark.parametrize(("right", "low", "high"), [(1.0, 0.025 ** (1 / 8), 1.0), (0.0, 0.0, 1 - 0.025 ** (1 / 8))])
def test_where_all_people_agree_it_is_the_exact_binomial_of_people(right, low, high):
    found = interval(people(*[right] * 8), "accuracy", 0)
    assert (found.low, found.high, found.method) == (pytest.approx(low), pytest.approx(high), "binomial")


def test_windows_of_one_person_are_not_people():
    """The same shares from ten times as many windows are no more certain."""
    shares = np.random.default_rng(2).integers(0, 11, 20) / 10
    few, many = (interval(people(*shares, windows=n), "accuracy", 0) for n in (10, 100))
    assert (many.low, many.high) == pytest.approx((few.low, few.high))


@pytest.mark.parametrize("count", [6, 12])
def test_it_covers_the_truth_about_as_often_as_it_says(count):
    rng, covered = np.random.default_rng(3), 0
    for study in range(200):
        own = np.clip(rng.normal(0.6, 0.2, count), 0, 1)
        found = interval(people(*rng.binomial(10, own) / 10), "accuracy", study)
        covered += found.low <= 0.6 <= found.high
    assert covered / 200 >= 0.85


def test_folds_share_training_windows_so_that_their_mean_is_less_certain():
    values = np.array([0.7, 0.5, 0.6, 0.8, 0.4])
    found = over_folds(values, 1 / 4)
    plain = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert (found.high - found.low) / (plain[1] - plain[0]) == pytest.approx(np.sqrt((1 / 5 + 1 / 4) * 5))
    assert (found.low + found.high) / 2 == pytest.approx(0.6)
    assert found.method == "folds"
    assert over_folds(values[:1], 1.0) is None


@pytest.mark.parametrize(("people", "method"), [(4, None), (7, "jackknife"), (30, "bootstrap")])
def test_any_figure_of_sums_has_an_interval_over_people(people, method):
    """A mean, as a ratio of two sums."""
    rng = np.random.default_rng(4)
    values = rng.normal(3, 1, people)
    found = over_people(lambda sums: sums[..., 0] / sums[..., 1], np.stack([values, np.ones(people)], axis=1), 0)
    if method is None:
        assert found is None
        return
    expected = stats.t.interval(0.95, people - 1, values.mean(), stats.sem(values))
    assert found.method == method
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9 if method == "jackknife" else 0.1)


def test_an_interval_ends_where_the_figure_must():
    """Six people of whom all are right, against some of whom nobody is: the t interval alone would reach beyond 1."""
    assert Interval(-0.2, 1.3, "folds").within(0, 1) == Interval(0, 1, "folds")
    first, second = people(*[1.0] * 6), people(0, 0, 0.9, 0, 0.9, 0)
    found = interval_of_difference(first, second, "accuracy", 0)
    assert found.low < 0.7 and found.high == 1
    assert interval_of_difference(second, first, "accuracy", 0).low == -1
