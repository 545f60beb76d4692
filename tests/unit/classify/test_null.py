"""Fidelity's null: features shuffled over time and videos, levels kept."""

import dataclasses

import numpy as np

from moodreel.classify.replicate import shuffle_features
from moodreel.features.bins import bin_index, bins_of


def test_only_rows_of_windows_move(study):
    given = study()
    some = given.windows[5:20]
    after = shuffle_features(given.matrix, some, seed=1)
    rows = np.unique([np.arange(first, first + 50) for first in some["first_row"]])
    others = np.setdiff1d(np.arange(len(given.matrix.values)), rows)
    assert np.array_equal(after.values[others], given.matrix.values[others])
    assert (after.values[rows] != given.matrix.values[rows]).mean() > 0.9


def test_a_performers_level_keeps_its_size_and_is_the_same_in_all_their_videos(study):
    given = study(amplitude=0, performers=4)
    yaw = given.matrix.columns.index("yaw_deg")
    owners, values = given.matrix.owners(given.windows, "performer").astype(str), given.matrix.values.copy()
    people, numbers = np.unique(owners, return_inverse=True)
    values[:, yaw] += 100 * numbers
    after = shuffle_features(dataclasses.replace(given.matrix, values=values), given.windows, 1).values[:, yaw]
    before, now = (np.array([column[owners == name].mean() for name in people]) for column in (values[:, yaw], after))
    np.testing.assert_allclose(now.std(), before.std(), rtol=0.3)
    assert np.abs(now - before).max() > 20
    assert max(after[owners == name].std() for name in people) < 20


def test_means_over_bins_are_shuffled_as_rows_are(study):
    """As `clusters.bins.read` holds a large study."""
    given = study()
    index = bin_index(given.windows, given.matrix.rate_hz, given.rate_hz)
    means = dataclasses.replace(
        given.matrix,
        values=bins_of(given.matrix, given.windows, given.rate_hz).values,
        video=given.matrix.video[index.first_row],
        time_s=given.matrix.time_s[index.first_row],
        first_row=index.first_row,
        mean_of=index.rows,
    )
    after = shuffle_features(means, given.windows, seed=1)
    assert (after.values != means.values).mean() > 0.9
    np.testing.assert_allclose(after.values.mean(axis=0), means.values.mean(axis=0), atol=1e-2)
    np.testing.assert_allclose(after.values.std(axis=0), means.values.std(axis=0), rtol=0.15)
