import numpy as np
import pytest
from scipy.spatial.distance import pdist

from moodreel.features.surrogates import rotate, surrogate, surrogate_keeping_levels, turn_levels


@pytest.fixture
def smooth() -> np.ndarray:
    """Two columns that move together and slowly, one that does not: (600, 3)."""
    rng = np.random.default_rng(0)
    slow = np.convolve(rng.normal(size=699), np.ones(100) / 10, "valid")
    return np.column_stack([slow, slow + 0.1 * rng.normal(size=600), rng.normal(size=600)])


def lag_correlation(column: np.ndarray, lag: int = 5) -> float:
    return float(np.corrcoef(column[lag:], column[:-lag])[0, 1])


@pytest.mark.parametrize("rows", [600, 599, 2, 1])
def test_each_column_keeps_its_values_in_another_order(smooth, rows):
    before = smooth[:rows]
    after = surrogate(before, np.random.default_rng(1))
    assert np.array_equal(np.sort(after, axis=0), np.sort(before, axis=0))
    assert rows < 3 or (after != before).mean() > 0.9


def test_smoothness_and_correlation_stay_and_timing_goes(smooth):
    after = surrogate(smooth, np.random.default_rng(1))
    assert lag_correlation(after[:, 0]) > 0.8 and abs(lag_correlation(after[:, 2])) < 0.2
    _, second, third = np.corrcoef(after.T)[0]
    assert second > 0.9 and abs(third) < 0.3
    agreement = [np.corrcoef(surrogate(smooth, np.random.default_rng(s))[:, 0], smooth[:, 0])[0, 1] for s in range(20)]
    assert abs(np.mean(agreement)) < 0.3


def test_gaps_keep_their_length_and_stay_together(smooth):
    smooth[100:140, :2] = np.nan
    after = surrogate(smooth, np.random.default_rng(1))
    gaps = np.isnan(after)
    assert gaps.sum(axis=0).tolist() == [40, 40, 0]
    assert np.array_equal(gaps[:, 0], gaps[:, 1])
    assert np.abs(np.diff(np.r_[gaps[-1, 0], gaps[:, 0]].astype(int))).sum() == 2


def test_columns_that_are_constant_or_never_seen_stay_so(smooth):
    smooth[:, :2] = 3, np.nan
    np.testing.assert_array_equal(surrogate(smooth, np.random.default_rng(1))[:, :2], smooth[:, :2])


VIDEOS = np.repeat(np.arange(30), 100)
PERFORMERS = VIDEOS // 5


def levels_of(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.array([np.nanmean(values[groups == group], axis=0) for group in np.unique(groups)])


@pytest.fixture
def with_levels() -> np.ndarray:
    """30 videos of 6 performers with levels of their own, in 4 columns that move slowly about them: (3000, 4)."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(4, 30, 119))
    slow = np.array([[np.convolve(video, np.ones(20) / 10, "valid") for video in column] for column in noise])
    slow = slow.reshape(4, 3000).T
    return slow + (3 * rng.normal(size=(6, 4)))[PERFORMERS] + rng.normal(size=(30, 4))[VIDEOS]


def parts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Performers' levels (6, 4), and what videos differ in from these (30, 4)."""
    of_videos = levels_of(values, VIDEOS)
    of_performers = levels_of(of_videos, np.arange(30) // 5)
    return of_performers, of_videos - np.repeat(of_performers, 5, axis=0)


def test_levels_keep_their_mean_and_covariances_and_lose_what_they_are(with_levels):
    after = surrogate_keeping_levels(with_levels, VIDEOS, PERFORMERS, np.random.default_rng(1))
    for before, now in zip(parts(with_levels), parts(after), strict=True):
        np.testing.assert_allclose(now.mean(axis=0), before.mean(axis=0), atol=1e-9)
        np.testing.assert_allclose((now**2).sum(), (before**2).sum(), rtol=0.25)
        assert np.abs(now - before).mean() > 0.3
    movement = [values - levels_of(values, VIDEOS)[VIDEOS] for values in (with_levels, after)]
    np.testing.assert_allclose(movement[1].std(axis=0), movement[0].std(axis=0), rtol=0.1)
    assert abs(lag_correlation(movement[1][:, 0]) - lag_correlation(movement[0][:, 0])) < 0.15
    assert np.abs([np.corrcoef(movement[0][:, j], movement[1][:, j])[0, 1] for j in range(4)]).max() < 0.3


def test_where_each_video_is_a_person_of_its_own_both_levels_are_one(with_levels):
    after = surrogate_keeping_levels(with_levels, VIDEOS, VIDEOS, np.random.default_rng(1))
    before, now = levels_of(with_levels, VIDEOS), levels_of(after, VIDEOS)
    np.testing.assert_allclose(now.std(), before.std(), rtol=0.1)
    assert np.abs(now - before).mean() > 1


def test_the_only_person_and_the_only_video_keep_their_level(with_levels):
    for rows, people in ((3000, np.zeros(3000, int)), (100, VIDEOS[:100])):
        after = surrogate_keeping_levels(with_levels[:rows], VIDEOS[:rows], people, np.random.default_rng(1))
        np.testing.assert_allclose(after.mean(axis=0), with_levels[:rows].mean(axis=0), atol=1e-9)


def test_a_rotation_keeps_sums_of_products_and_sums_to_zero_within_groups():
    values, groups = np.random.default_rng(0).normal(size=(12, 5)), np.arange(12) // 4
    values -= levels_of(values, groups)[groups]
    after = rotate(values, np.random.default_rng(1), groups)
    np.testing.assert_allclose(after.T @ after, values.T @ values, atol=1e-9)
    np.testing.assert_allclose(levels_of(after, groups), 0, atol=1e-9)
    assert np.abs(after - values).mean() > 0.5


def test_any_direction_of_a_rotation_is_as_likely_as_its_opposite():
    levels = np.random.default_rng(0).normal(size=(8, 2))
    levels -= levels.mean(axis=0)
    first = [rotate(levels, np.random.default_rng(seed), np.zeros(8, int))[0, 0] > 0 for seed in range(200)]
    assert 70 < sum(first) < 130


def test_who_stands_far_out_still_does():
    levels = np.random.default_rng(0).normal(size=(20, 6))
    levels[3] *= 10
    levels -= levels.mean(axis=0)
    for seed in range(10):
        after = turn_levels(levels, np.zeros(20, int), np.random.default_rng(seed))
        before, now = (np.linalg.norm(values, axis=1) for values in (levels, after))
        assert now.argmax() == 3
        np.testing.assert_allclose(now[3], before[3], rtol=0.1)
        assert np.sort(now)[-2] < before[3] / 3


def test_levels_in_discrete_groups_are_spread_out():
    """What a held expression does: 12 videos at one of three levels."""
    levels = np.resize(np.random.default_rng(2).normal(size=(3, 5)), (12, 5))
    levels -= levels.mean(axis=0)
    after = turn_levels(levels, np.zeros(12, int), np.random.default_rng(1))
    assert (pdist(after) < 0.2).mean() < 0.1 and (pdist(levels) < 1e-9).mean() > 0.25


def test_levels_that_were_not_seen_do_no_harm(with_levels):
    with_levels[VIDEOS == 3, 0] = np.nan  # a video's
    with_levels[PERFORMERS == 2, 1] = np.nan  # a performer's
    with_levels[:, 2] = np.nan  # everybody's
    after = surrogate_keeping_levels(with_levels, VIDEOS, PERFORMERS, np.random.default_rng(1))
    assert np.isnan(after).sum(axis=0).tolist() == [100, 500, 3000, 0]
    assert np.isfinite(after[:, 3]).all()
    assert np.nanmax(np.abs(after[:, :2])) < 20


def test_the_same_seed_gives_the_same_surrogate(with_levels):
    first, again, other = (
        surrogate_keeping_levels(with_levels, VIDEOS, PERFORMERS, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
