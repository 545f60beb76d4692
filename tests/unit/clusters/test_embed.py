"""The embedding: its sample, its determinism, its mistakes."""

import numpy as np
import pytest

from moodreel.clusters import embed
from moodreel.clusters.embed import Embedder, Neighbours, equal_shares
from moodreel.errors import UserError
from moodreel.features import scaling
from moodreel.features.bins import bin_index, bin_means
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings

SETTINGS = EmbedSettings(fit_frames=240)


@pytest.fixture(scope="module")
def bins(planted):
    """values, columns, owners, videos of the planted clips' bins."""
    bins = bin_index(planted.windows, 25.0, 5.0)
    owners = planted.matrix.owners(planted.windows, "performer")[bins.first_row]
    return bin_means(planted.matrix.values, bins), planted.matrix.columns, owners, planted.matrix.video[bins.first_row]


@pytest.fixture(scope="module")
def embedder(bins):
    return Embedder(FeaturesSettings(), SETTINGS).fit(*bins)


def share_beside_their_like(embedded: np.ndarray, values: np.ndarray, sample: np.ndarray) -> float:
    """Of how many bins outside the sample the nearest one in it shows the same expression."""
    new, expression = np.setdiff1d(np.arange(len(values)), sample), values[:, :4].argmax(axis=1)
    nearest = ((embedded[new, None] - embedded[sample]) ** 2).sum(axis=2).argmin(axis=1)
    return (expression[sample][nearest] == expression[new]).mean()


def test_every_bin_gets_a_place_among_those_like_it_and_always_the_same(embedder, bins):
    values, _, owners, _ = bins
    embedded = embedder.transform(values, owners)
    assert embedded.shape == (len(values), 5) and embedded.dtype == np.float32 and np.isfinite(embedded).all()
    np.testing.assert_array_equal(embedded[embedder.sample_], embedder.umap_.embedding_)
    assert embedder.map(embedder.components_of(values, owners)).shape == (len(values), 2)
    assert share_beside_their_like(embedded, values, embedder.sample_) > 0.95
    again = Embedder(FeaturesSettings(), SETTINGS).fit(*bins).transform(values, owners)
    np.testing.assert_array_equal(again, embedded)
    np.testing.assert_array_equal(embedder.transform(values, owners), embedded)


def test_what_umap_compiles_is_kept_for_the_next_process(embedder):
    from umap import umap_, utils

    for function in (utils.fast_knn_indices, umap_.smooth_knn_dist, umap_.compute_membership_strengths):
        assert function.signatures and function.stats.cache_path


def test_the_sample_takes_the_same_of_every_video():
    videos = np.repeat([0, 1, 2], [1000, 500, 20])
    sample = equal_shares(videos, 260, seed=1)
    assert np.bincount(videos[sample]).tolist() == [120, 120, 20]
    assert (np.diff(sample) > 0).all()
    np.testing.assert_array_equal(sample, equal_shares(videos, 260, seed=1))
    assert not np.array_equal(sample, equal_shares(videos, 260, seed=2))
    np.testing.assert_array_equal(equal_shares(videos, 5000, seed=1), np.arange(1520))


def test_a_dozen_bins_are_enough_and_fewer_name_the_settings(bins):
    values, columns, owners, videos = bins
    found = Embedder(FeaturesSettings(), EmbedSettings(dims=2)).fit(values[:12], columns, owners[:12], videos[:12])
    assert np.isfinite(found.transform(values[:12], owners[:12])).all()
    with pytest.raises(UserError, match=r"only 4 bins.*embed\.dims"):
        Embedder(FeaturesSettings(), EmbedSettings()).fit(values[:4], columns, owners[:4], videos[:4])


def test_neighbours_are_the_exact_ones_and_a_row_is_its_own_first():
    rows = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32) + 100
    which, apart = Neighbours(rows).query(rows, 4)
    distances = np.linalg.norm(rows[:, None].astype(float) - rows, axis=2)
    np.testing.assert_array_equal(which, np.argsort(distances, axis=1)[:, :4])
    np.testing.assert_allclose(apart, np.sort(distances, axis=1)[:, :4], rtol=1e-5)
    assert (apart[:, 0] == 0).all()


def test_many_bins_are_placed_by_exact_neighbours_too(bins, monkeypatch):
    """Above the limit UMAP gets neighbours instead of distances; likes still lie together, the same each time."""
    monkeypatch.setattr(embed, "EXACT_UP_TO", 100)
    values, _, owners, _ = bins
    fitted = Embedder(FeaturesSettings(), SETTINGS).fit(*bins)
    reduced = fitted.components_of(values, owners)
    embedded = fitted.places_of(reduced)
    np.testing.assert_array_equal(embedded[fitted.sample_], fitted.umap_.embedding_)
    np.testing.assert_array_equal(embedded, fitted.transform(values, owners))
    assert fitted.map(reduced).shape == (len(values), 2)
    assert share_beside_their_like(embedded, values, fitted.sample_) > 0.95


def test_what_is_worked_on_at_a_time_does_not_matter_to_newcomers(embedder, bins, monkeypatch):
    values, _, owners, _ = bins
    strangers = np.where(np.arange(len(owners)) < len(owners) // 2, "eve", "kim").astype(object)
    wanted = embedder.pca_.transform(embedder.scaler_.transform(values, strangers))
    monkeypatch.setattr(scaling, "CHUNK_ROWS", 7)
    np.testing.assert_allclose(embedder.components_of(values, strangers).components, wanted, atol=1e-5)
    found = embedder.components_of(values, owners)
    np.testing.assert_array_equal(found.place[embedder.sample_], np.arange(len(embedder.sample_)))
