from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from moodreel.classify.null import shuffled, surrogate
from moodreel.clusters.bins import bin_index, moments
from moodreel.settings.features import FeaturesSettings


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
    assert lag_correlation(after[:, 0]) > 0.8
    assert abs(lag_correlation(after[:, 2])) < 0.2
    assert np.corrcoef(after[:, 0], after[:, 1])[0, 1] > 0.9
    assert abs(np.corrcoef(after[:, 0], after[:, 2])[0, 1]) < 0.3
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
    smooth[:, 0], smooth[:, 1] = 3, np.nan
    after = surrogate(smooth, np.random.default_rng(1))
    assert (after[:, 0] == 3).all()
    assert np.isnan(after[:, 1]).all()


def test_only_rows_of_windows_move(study):
    given = study()
    some = given.windows[5:20]
    after = shuffled(given.matrix, some, given.features, seed=1)
    rows = np.unique([np.arange(first, first + 50) for first in some["first_row"]])
    others = np.setdiff1d(np.arange(len(given.matrix.values)), rows)
    assert np.array_equal(after.values[others], given.matrix.values[others])
    assert (after.values[rows] != given.matrix.values[rows]).mean() > 0.9


def test_the_shuffle_follows_the_seed(study):
    given = study()
    first, again, other = (shuffled(given.matrix, given.windows, given.features, seed).values for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_owners_median_stays_where_it_is_centred(study):
    given = study(amplitude=0)
    yaw = given.matrix.columns.index("yaw_deg")
    first = np.char.startswith(given.matrix.owners(given.windows, "performer").astype(str), "p0")
    values = given.matrix.values.copy()
    values[first, yaw] += 100
    moved = dataclasses.replace(given.matrix, values=values)
    centred = shuffled(moved, given.windows, given.features, seed=1).values[:, yaw]
    assert centred[first].min() > 50 > centred[~first].max()
    mixed = shuffled(
        moved, given.windows, FeaturesSettings(groups=given.features.groups, center="none"), seed=1
    ).values[:, yaw]
    assert mixed[first].min() < 50 < mixed[~first].max()


def test_means_over_bins_are_shuffled_as_rows_are(study):
    """As `clusters.bins.read` holds a large study."""
    given = study()
    index = bin_index(given.windows, given.matrix.rate_hz, given.rate_hz)
    means = dataclasses.replace(
        given.matrix,
        values=moments(given.matrix, given.windows, given.rate_hz).values,
        video=given.matrix.video[index.first_row],
        time_s=given.matrix.time_s[index.first_row],
        first_row=index.first_row,
        mean_of=index.rows,
    )
    raw = given.features.model_copy(update={"center": "none"})
    after = shuffled(means, given.windows, raw, seed=1)
    assert (after.values != means.values).mean() > 0.9
    np.testing.assert_array_equal(np.sort(after.values, axis=0), np.sort(means.values, axis=0))
