"""What speaks for a number of clusters, on planted clusters and on smooth noise."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from moodreel.classify.null import surrogate
from moodreel.clusters import evidence, null
from moodreel.settings.clusters import ClustersSettings

VIDEOS = np.repeat([f"v{i:02d}" for i in range(20)], 6)
"""Of each of 120 windows."""

KMEANS = ClustersSettings(k=3)


@pytest.fixture(scope="module")
def planted() -> np.ndarray:
    """120 windows of 20 videos in three clouds: series (120, 10, 4)."""
    random = np.random.default_rng(5)
    centres = random.normal(size=(3, 1, 4)) * 3
    return centres[random.integers(3, size=120)] + random.normal(scale=0.5, size=(120, 10, 4))


@pytest.fixture(scope="module")
def smooth() -> np.ndarray:
    """Smooth noise of the same shape, without clusters."""
    noise = np.random.default_rng(6).normal(size=(1200, 4))
    return gaussian_filter1d(noise, 5, axis=0).reshape(120, 10, 4)


def draws(series: np.ndarray, count: int = 4):
    moments, owners = series.reshape(-1, series.shape[2]), np.repeat(VIDEOS, 10)
    for draw in range(1, count + 1):
        moved = null.shuffled(moments, owners, draw, 9000, surrogate).reshape(len(series), -1)
        yield evidence.Draw(moved, moved, VIDEOS)


def judged(series: np.ndarray) -> dict:
    """The row of k = 3, the features themselves taking the place of the embedding."""
    flat = series.reshape(len(series), -1)
    fit = evidence.fitter(KMEANS, 3, 10)
    score = evidence.silhouette(evidence.distances(flat), fit(flat, 0)(flat))
    agreement = evidence.stability(flat, VIDEOS, fit, 3, 6, 9000)
    figures = evidence.null_figures(draws(series), KMEANS, [3], 10)[3]
    return evidence.row({"silhouette": score, "feature_silhouette": score}, agreement, figures)


def test_planted_clusters_are_beyond_their_null(planted):
    row = judged(planted)
    assert row["stability"] > 0.95
    assert row["silhouette"] > row["silhouette_null_mean"] + 3 * row["silhouette_null_sd"]
    assert row["silhouette_p"] < 0.01
    assert row["feature_silhouette_p"] < 0.01


@pytest.mark.parametrize("spread", [0, 0.5])
def test_smooth_noise_is_not_nor_where_each_video_has_a_level_of_its_own(smooth, spread):
    levels = np.random.default_rng(8).normal(scale=spread, size=(20, 1, 4))
    row = judged(smooth + np.repeat(levels, 6, axis=0))
    assert row["silhouette_p"] > 0.05
    assert row["stability_p"] > 0.05
    assert row["stability"] < 0.9


def test_the_same_seed_gives_the_same_figures(planted):
    assert judged(planted) == judged(planted)


def test_without_enough_windows_there_is_no_stability(planted):
    flat = planted[:3].reshape(3, -1)
    assert evidence.stability(flat, VIDEOS[:3], evidence.fitter(KMEANS, 3, 10), 3, 5, 0) == []
    row = evidence.row({"silhouette": 0.1, "feature_silhouette": 0.1}, [], {})
    assert row["stability"] is None
    assert row["silhouette_p"] is None


def test_hdbscan_is_resampled_as_itself(planted):
    settings = ClustersSettings(method="hdbscan", min_cluster_share=0.1)
    flat = planted.reshape(len(planted), -1)
    assert min(evidence.stability(flat, VIDEOS, evidence.fitter(settings, 3, 10), 3, 3, 9000)) > 0.9


def test_one_cluster_has_a_silhouette_of_zero(planted):
    apart = evidence.distances(planted.reshape(len(planted), -1))
    assert evidence.silhouette(apart, np.ones(len(planted))) == 0


def test_chance_of_a_figure_under_its_null():
    assert evidence.against(1.0, [1.0, 0.0, 2.0])[2] == pytest.approx(0.5)
    assert evidence.against(9.0, [1.0, 0.0, 2.0])[2] < 0.02
    assert evidence.against(1.0, [1.0]) == (1.0, None, None)
    assert evidence.against(1.0, [1.0, 1.0]) == (1.0, 0.0, None)


def test_null_draws_keep_how_far_apart_videos_and_their_moments_are_but_not_which():
    random, owners = np.random.default_rng(2), np.repeat(VIDEOS, 10)
    levels = random.normal(size=(20, 4))
    moments = np.repeat(levels, 60, axis=0) + random.normal(scale=0.3, size=(1200, 4))
    one, two = (null.shuffled(moments, owners, draw, 9000, surrogate) for draw in (1, 2))
    of_video = one.reshape(20, 60, 4)
    np.testing.assert_allclose(np.sort(of_video.mean(axis=1), axis=0), np.sort(levels, axis=0), atol=0.3)
    np.testing.assert_allclose(of_video.std(axis=1), 0.3, atol=0.1)
    assert np.abs(of_video.mean(axis=1) - levels).mean() > 0.5
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(one, null.shuffled(moments, owners, 1, 9000, surrogate))


class Halves:
    """In place of a UMAP: what was fitted is at half its first two components, what is placed later at a third."""

    dims = 2

    def fit(self, rows: np.ndarray) -> Halves:
        self.embedding_ = rows[:, :2] / 2
        return self

    def transform(self, rows: np.ndarray) -> np.ndarray:
        return rows[:, :2] / 3


def test_a_null_draw_is_embedded_as_the_data_are_and_where_it_is_scored():
    embedder = SimpleNamespace(sample_=np.array([0, 2, 3]), new_umap=Halves)
    placed = null.embedded(embedder, np.full((6, 4), 6.0, np.float32), np.array([2, 3, 4]))
    np.testing.assert_array_equal(placed[2:5], [[3, 3], [3, 3], [2, 2]])
    assert np.isnan(placed[[0, 1, 5]]).all()
