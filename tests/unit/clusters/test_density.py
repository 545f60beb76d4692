import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from moodreel.clusters import density
from moodreel.clusters.choose import fit
from moodreel.clusters.density import SeriesHdbscan
from moodreel.settings.clusters import ClustersSettings

SIZES = (10, 30, 20)
SETTINGS = ClustersSettings(method="hdbscan", min_cluster_share=0.1)


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    """Three tight clouds of 10, 30 and 20 series of shape (10, 5), and three series far from any."""
    random = np.random.default_rng(3)
    clouds = [random.normal(scale=0.3, size=(n, 10, 5)) + 4 * i for i, n in enumerate(SIZES)]
    far = random.normal(scale=0.3, size=(3, 10, 5)) + np.array([20, -20, -5])[:, None, None]
    return np.concatenate([*clouds, far])


def test_dense_regions_are_numbered_by_size_and_noise_gets_the_nearest_centre(series):
    found = SeriesHdbscan(SETTINGS).fit(series)
    assert (found.k, found.noise_) == (3, pytest.approx(3 / 63))
    assert found.labels_.tolist() == [3] * 10 + [1] * 30 + [2] * 20 + [2, 3, 3]
    np.testing.assert_array_equal(found.assign(series[:60]), found.labels_[:60])
    np.testing.assert_allclose(found.centers_[0], series[10:40].mean(axis=0))


def test_windows_that_it_did_not_see_get_the_nearest_centre(series, monkeypatch):
    monkeypatch.setattr(density, "FITTED_WINDOWS", 40)
    found = SeriesHdbscan(SETTINGS).fit(series[:60])
    assert adjusted_rand_score(np.repeat([0, 1, 2], SIZES), found.labels_) == 1


def test_where_nothing_is_dense_all_windows_are_one():
    found = SeriesHdbscan(SETTINGS).fit(np.random.default_rng(1).normal(size=(6, 10, 5)))
    assert (found.k, found.noise_, found.labels_.tolist()) == (1, 1, [1] * 6)


def test_a_pipeline_of_the_settings_takes_it(series):
    found, scores = fit(series, SETTINGS)
    assert isinstance(found, SeriesHdbscan) and scores == {}
