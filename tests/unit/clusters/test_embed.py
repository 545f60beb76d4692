"""The embedding: its sample, its determinism, its mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from moodreel.clusters.bins import bin_index, bin_means
from moodreel.clusters.embed import Embedder, equal_shares
from moodreel.errors import UserError
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings


@pytest.fixture(scope="module")
def moments(planted):
    """values, columns, owners, videos of the planted clips' bins."""
    bins = bin_index(planted.windows, 25.0, 5.0)
    owners = planted.matrix.owners(planted.windows, "performer")[bins.first_row]
    return bin_means(planted.matrix.values, bins), planted.matrix.columns, owners, planted.matrix.video[bins.first_row]


@pytest.fixture(scope="module")
def embedder(moments):
    values, columns, owners, videos = moments
    return Embedder(FeaturesSettings(), EmbedSettings(fit_frames=240)).fit(values, columns, owners, videos)


def test_every_moment_gets_a_place(embedder, moments):
    values, _, owners, _ = moments
    embedded = embedder.transform(values, owners)
    assert embedded.shape == (len(values), 5)
    assert embedded.dtype == np.float32
    assert np.isfinite(embedded).all()
    np.testing.assert_array_equal(embedded[embedder.sample_], embedder.umap_.embedding_)


def test_new_moments_always_land_in_the_same_places(embedder, moments):
    values, columns, owners, videos = moments
    again = Embedder(FeaturesSettings(), EmbedSettings(fit_frames=240)).fit(values, columns, owners, videos)
    np.testing.assert_array_equal(again.transform(values, owners), embedder.transform(values, owners))
    np.testing.assert_array_equal(embedder.transform(values, owners), embedder.transform(values, owners))


def test_a_new_moment_lands_among_those_like_it(embedder, moments):
    values, _, owners, _ = moments
    new = np.setdiff1d(np.arange(len(values)), embedder.sample_)
    expression = values[:, :4].argmax(axis=1)
    embedded = embedder.transform(values, owners)
    fitted = embedded[embedder.sample_]
    nearest = ((embedded[new, None] - fitted) ** 2).sum(axis=2).argmin(axis=1)
    assert (expression[embedder.sample_][nearest] == expression[new]).mean() > 0.95


def test_the_map_is_flat(embedder, moments):
    values, _, owners, _ = moments
    assert embedder.map(values, owners).shape == (len(values), 2)


def test_the_sample_takes_the_same_of_every_video():
    videos = np.repeat([0, 1, 2], [1000, 500, 20])
    sample = equal_shares(videos, 260, seed=1)
    assert np.bincount(videos[sample]).tolist() == [120, 120, 20]
    assert (np.diff(sample) > 0).all()
    np.testing.assert_array_equal(sample, equal_shares(videos, 260, seed=1))
    assert not np.array_equal(sample, equal_shares(videos, 260, seed=2))
    np.testing.assert_array_equal(equal_shares(videos, 5000, seed=1), np.arange(1520))


def test_too_few_moments_name_the_settings(moments):
    values, columns, owners, videos = (part[:4] if isinstance(part, np.ndarray) else part for part in moments)
    with pytest.raises(UserError, match=r"only 4 moments.*embed\.dims"):
        Embedder(FeaturesSettings(), EmbedSettings()).fit(values, columns, owners, videos)


def test_a_dozen_moments_are_enough(moments):
    values, columns, owners, videos = (part[:12] if isinstance(part, np.ndarray) else part for part in moments)
    found = Embedder(FeaturesSettings(), EmbedSettings(dims=2)).fit(values, columns, owners, videos)
    assert np.isfinite(found.transform(values, owners)).all()
