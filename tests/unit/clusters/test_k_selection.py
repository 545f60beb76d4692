from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from moodreel.clusters import k_selection, null
from moodreel.clusters.judgement import Evidence, most_stable
from moodreel.clusters.k_selection import Curves, Replicate
from moodreel.settings.clusters import ClustersSettings

VIDEOS, PERFORMERS = np.repeat([f"v{i:02d}" for i in range(20)], 6), np.repeat([f"p{i}" for i in range(4)], 30)
"""Of each of 120 windows."""

KMEANS, HDBSCAN = ClustersSettings(k=3), ClustersSettings(method="hdbscan", min_cluster_share=0.1)


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


def draws(series: np.ndarray, performers: np.ndarray = VIDEOS, nulls: int = 19, seed: int = 9000):
    """The features themselves take the place of the embedding."""
    moments, videos, performers = series.reshape(-1, series.shape[2]), np.repeat(VIDEOS, 10), np.repeat(performers, 10)
    for number in range(nulls + 1):
        flat = null.replicate_of(moments, videos, performers, number, seed).reshape(len(series), -1)
        yield Replicate(flat, flat)


def judged(series: np.ndarray, settings: ClustersSettings = KMEANS, ks=(2, 3, 4, 5), **how) -> Curves:
    return k_selection.curves(draws(series, **how), settings, ks, 10)


def stability(series: np.ndarray, settings: ClustersSettings = KMEANS, runs: int = 3) -> list[float]:
    flat = series.reshape(len(series), -1)
    return k_selection.stability(flat, VIDEOS[: len(flat)], k_selection.fitter(settings, 3, 10), 3, runs, 9000)


def test_planted_clusters_are_beyond_their_null(planted):
    found = judged(planted)
    assert found.any_evidence() == (Evidence.FOUND, 0.05)
    assert found.evidence(3) == Evidence.FOUND and 3 in found.passing_numbers()
    row = found.figures(3)
    assert row["feature_silhouette"] > row["feature_silhouette_null_mean"] + 3 * row["feature_silhouette_null_sd"]
    assert (row["evidence"], row["p_value"]) == ("found", 0.05)


@pytest.mark.parametrize("levels_of", ["nothing", "videos", "performers"])
def test_smooth_noise_is_not_nor_where_videos_or_people_have_levels(smooth, levels_of):
    random = np.random.default_rng(8)
    levels = {
        "nothing": np.zeros((120, 4)),
        "videos": np.repeat(random.normal(scale=0.5, size=(20, 4)), 6, axis=0),
        "performers": np.repeat(random.normal(scale=0.5, size=(4, 4)), 30, axis=0),
    }[levels_of]
    found = judged(smooth + levels[:, None], performers=PERFORMERS)
    verdict, p_value = found.any_evidence()
    assert verdict == Evidence.NONE and p_value > 0.05 and found.passing_numbers() == []


def test_an_expression_that_is_held_in_several_videos_is_evidence(smooth):
    held = np.repeat(np.resize(np.random.default_rng(1).normal(scale=1.5, size=(3, 4)), (20, 4)), 6, axis=0)
    assert judged(smooth + held[:, None]).evidence(3) == Evidence.FOUND


def test_without_levels_in_the_null_people_would_be_a_discovery(smooth):
    """What the levels of performers are kept for."""
    people = np.repeat(np.random.default_rng(8).normal(scale=2, size=(4, 4)), 30, axis=0)
    assert judged(smooth + people[:, None], performers=VIDEOS).any_evidence()[0] == Evidence.FOUND
    assert judged(smooth + people[:, None], performers=PERFORMERS).any_evidence()[0] == Evidence.NONE


def test_the_same_seed_gives_the_same_figures(planted):
    first, again, other = (judged(planted, nulls=3, seed=seed).features for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def of(*features: list[float]) -> Curves:
    """Curves of some draws, the data first, over as many numbers of clusters from 2."""
    values = np.array(features)
    return Curves(tuple(range(2, 2 + values.shape[1])), np.zeros(values.shape), values)


def test_numbers_are_standardised_over_draws_and_data_and_corrected_by_the_largest():
    curves = of([0.4, 0.1], [0.1, 0.2], [0.1, 0.3], [0.2, 0.2])
    apart = np.array([0.4, 0.1, 0.1, 0.2]) - 0.2
    np.testing.assert_allclose(curves.standard_scores[:, 0], apart / apart.std())
    np.testing.assert_allclose(curves.p_values, [1 / 4, 1.0])
    assert curves.p_value(2) == 0.25
    assert curves.p_value(9) is None


def test_a_number_that_stands_out_alone_may_be_one_of_many_that_could_have():
    nulls = [[0.0, 1.0], [1.0, 0.0]] * 10
    curves = of([1.0, 0.5], *nulls)
    assert (curves.features[:, 0] >= 1).mean() < 0.55
    assert curves.p_value(2) > 0.9
    assert of(*[[0.3, 0.3]] * 20).any_evidence() == (Evidence.NONE, 1.0), "every draw is the same"


def test_fewer_than_nineteen_draws_say_nothing_yet():
    for nulls, verdict in ((0, Evidence.NOT_JUDGED), (18, Evidence.NOT_JUDGED), (19, Evidence.FOUND)):
        curves = of([0.9], *[[0.01 * n] for n in range(nulls)])
        assert curves.any_evidence()[0] == curves.evidence(2) == verdict
        assert curves.evidence(3) == Evidence.NOT_JUDGED
    assert Curves.none().any_evidence() == (Evidence.NOT_JUDGED, None)
    assert Curves.none().figures(2) == {"evidence": "not_judged", "p_value": None}


def test_the_features_silhouette_is_not_the_embeddings():
    """Two groups that only the embedding has, and two that only the features have."""
    random = np.random.default_rng(3)
    side, other = np.repeat([0, 1], 20), np.tile([0, 1], 20)
    embedded = 5 * side[:, None] + random.normal(scale=0.1, size=(40, 10))
    features = 5 * other[:, None] + random.normal(scale=0.1, size=(40, 30))
    found = k_selection.curves([Replicate(embedded, features)], KMEANS, [2], 5)
    assert found.embedded.item() > 0.9
    assert found.features.item() == pytest.approx(k_selection.silhouette(k_selection.distances(features), side))
    assert found.features.item() < 0.1


def test_hdbscan_is_judged_and_resampled_as_itself(planted, smooth):
    assert judged(planted, HDBSCAN, [3]).any_evidence() == (Evidence.FOUND, 0.05)
    assert judged(smooth, HDBSCAN, [3]).any_evidence()[0] == Evidence.NONE
    assert min(stability(planted, HDBSCAN)) > 0.9


def test_planted_clusters_are_stable_and_noise_is_less_so(planted, smooth):
    assert np.mean(stability(planted, runs=6)) > 0.95
    assert np.mean(stability(smooth, runs=6)) < 0.9
    assert stability(planted[:3]) == [], "too few windows"


def test_the_most_stable_number_is_taken_and_the_largest_of_equals():
    assert most_stable([2, 3, 4], {2: 0.5, 3: 0.9, 4: 0.7}) == 3
    assert most_stable([2, 3, 4], {2: 1.0, 3: 1.0, 4: 0.7}) == 3
    assert most_stable([2, 4], {2: 0.5, 3: 0.9, 4: None}) == 2


def test_one_cluster_has_a_silhouette_of_zero(planted):
    apart = k_selection.distances(planted.reshape(len(planted), -1))
    assert k_selection.silhouette(apart, np.ones(len(planted))) == 0


def test_every_draw_is_embedded_in_the_same_way_and_the_first_is_the_data():
    """Half the first two components stand in place of a UMAP."""
    halves = SimpleNamespace(fit=lambda rows: SimpleNamespace(embedding_=rows[:, :2] / 2))
    embedder = SimpleNamespace(embed=SimpleNamespace(seed=7), new_umap=lambda: halves)
    components, videos, bins = np.random.default_rng(0).normal(size=(40, 4)), np.repeat(["a", "b"], 20), [3, 4, 30]
    data, first, second = null.embedded_replicates(embedder, components, videos, videos, np.array(bins), 2)
    np.testing.assert_array_equal(data, components[bins, :2] / 2)
    np.testing.assert_array_equal(second, null.replicate_of(components, videos, videos, 2, 7)[bins, :2] / 2)
    assert not np.allclose(data, first)


def test_many_windows_are_judged_on_a_sample():
    assert null.judged_windows(50, 1).tolist() == list(range(50))
    chosen = null.judged_windows(1000, 1)
    assert len(chosen) == null.JUDGED_WINDOWS and (np.diff(chosen) > 0).all() and chosen.max() > 900
