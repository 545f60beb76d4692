"""k-means over series, and how many clusters."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from moodreel.clusters import choose
from moodreel.clusters.choose import best, curve, fit, silhouettes
from moodreel.clusters.series import SeriesKMeans
from moodreel.errors import UserError
from moodreel.settings.clusters import ClustersSettings

SIZES = (8, 20, 13)


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    """Three clouds of 8, 20 and 13 series of shape (10, 5)."""
    random = np.random.default_rng(3)
    return np.concatenate([random.normal(scale=0.4, size=(n, 10, 5)) + 3 * i for i, n in enumerate(SIZES)])


def test_clusters_are_numbered_by_size(series):
    means = SeriesKMeans(3, ClustersSettings()).fit(series)
    assert means.labels_.tolist() == [3] * 8 + [1] * 20 + [2] * 13
    assert means.centers_.shape == (3, 10, 5)
    np.testing.assert_allclose(means.centers_[0], series[8:28].mean(axis=0), atol=1e-6)
    assert means.inertia_ == pytest.approx(((series - means.centers_[means.labels_ - 1]) ** 2).sum())
    assert means.assign(series).tolist() == means.labels_.tolist()
    assert means.assign(means.centers_).tolist() == [1, 2, 3]


@pytest.mark.parametrize("metric", ["dtw", "softdtw"])
def test_elastic_metrics_forgive_a_shift(metric):
    time = np.arange(10)
    bumps = [np.exp(-((time - at) ** 2) / 2.0) for at in (3, 4, 5, 6)]
    shapes = np.array([b for bump in bumps for b in (bump, -bump)])[:, :, None]
    means = SeriesKMeans(2, ClustersSettings(metric=metric, restarts=2)).fit(shapes)
    assert adjusted_rand_score([0, 1] * 4, means.labels_) == 1
    np.testing.assert_array_equal(means.assign(shapes), means.labels_)


def test_auto_finds_how_many_were_planted(series):
    means, scores = fit(series, ClustersSettings(k="auto", k_max=6))
    assert (means.k, sorted(scores)) == (3, [2, 3, 4, 5, 6])
    assert scores[3] == max(scores.values())
    assert best({2: 0.1, 3: 0.5, 4: 0.5}) == 3, "of equal scores the smaller"


def test_a_given_k_is_taken_and_stands_in_the_curve(series):
    assert fit(series, ClustersSettings(k=5))[0].k == 5
    assert sorted(curve(series, ClustersSettings(k=9, k_max=4))[1]) == [2, 3, 4, 9]


def test_silhouettes_need_more_than_one_cluster(series):
    means = SeriesKMeans(3, ClustersSettings()).fit(series)
    assert silhouettes(series, means.labels_).min() > 0.3
    assert silhouettes(series, np.ones(len(series))) is None
    assert SeriesKMeans(1, ClustersSettings()).fit(series).labels_.tolist() == [1] * sum(SIZES)


def test_more_clusters_than_windows_is_a_mistake(series):
    with pytest.raises(UserError, match=r"clusters\.k = 7.*only 5 different windows"):
        SeriesKMeans(7, ClustersSettings()).fit(series[:5])
    with pytest.raises(UserError, match=r"clusters\.k = 2.*only 1 different"):
        SeriesKMeans(2, ClustersSettings()).fit(series[[0, 0, 0]])
    with pytest.raises(UserError, match=r"clusters\.k = auto.*k_min = 2 different windows, and the run has 2"):
        fit(series[:2], ClustersSettings(k="auto"))


def test_elastic_metrics_that_would_take_hours_are_refused_with_what_to_change():
    many = np.zeros((3000, 10, 2))
    many[:, 0, 0] = np.arange(3000)
    with pytest.raises(UserError, match=r"clusters\.metric = dtw: 3000 windows.*euclidean.*clusters\.restarts"):
        curve(many, ClustersSettings(metric="dtw"))
    with pytest.raises(UserError, match=r"clusters\.metric = softdtw"):
        SeriesKMeans(7, ClustersSettings(metric="softdtw", restarts=100)).fit(many)


def test_of_many_windows_the_curve_takes_a_sample_and_the_clusters_all(series, monkeypatch):
    monkeypatch.setattr(choose, "SCORED_WINDOWS", 30)
    means, scores = fit(series, ClustersSettings(k="auto", k_max=6))
    assert means.k == 3 == best(scores) and means.labels_.tolist() == [3] * 8 + [1] * 20 + [2] * 13
