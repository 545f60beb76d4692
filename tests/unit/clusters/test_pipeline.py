"""The whole way from features to cluster numbers, on planted expressions."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from moodreel.clusters.pipeline import ClusterPipeline
from moodreel.errors import UserError
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings


def pipeline(k=3, **features) -> ClusterPipeline:
    return ClusterPipeline(FeaturesSettings(**features), EmbedSettings(), ClustersSettings(k=k))


@pytest.fixture(scope="module")
def fitted(planted) -> ClusterPipeline:
    return pipeline().fit(planted.matrix, planted.windows)


def test_planted_expressions_are_found_anyone_who_shows_them(fitted, planted):
    assert adjusted_rand_score(planted.expression, fitted.kmeans_.labels_) > 0.9
    assert (np.diff(np.bincount(fitted.kmeans_.labels_)[1:]) <= 0).all()


def test_auto_finds_how_many(planted):
    found = pipeline("auto").fit(planted.matrix, planted.windows)
    assert found.k_ == 3
    assert found.silhouettes_[3] == max(found.silhouettes_.values())


def test_windows_are_series_of_ten_by_five_and_the_same_seed_gives_the_same_clusters(fitted, planted):
    assert fitted.series(planted.matrix, planted.windows).shape == (len(planted.windows), 10, 5)
    np.testing.assert_array_equal(fitted.assign(planted.matrix, planted.windows), fitted.kmeans_.labels_)
    again = pipeline().fit(planted.matrix, planted.windows)
    np.testing.assert_array_equal(again.kmeans_.centers_, fitted.kmeans_.centers_)
    np.testing.assert_array_equal(again.kmeans_.labels_, fitted.kmeans_.labels_)


def test_unseen_windows_get_the_nearest_centre_of_a_frozen_pipeline(planted):
    test = np.array([video.endswith("-0") for video in planted.windows["video"]])
    found = pipeline().fit(planted.matrix, planted.windows.filter(~test))
    centers = found.kmeans_.centers_.copy()
    assigned = found.assign(planted.matrix, planted.windows.filter(test))
    assert adjusted_rand_score(planted.expression[test], assigned) > 0.9
    np.testing.assert_array_equal(found.kmeans_.centers_, centers)


def test_fitting_sees_nothing_but_its_windows(planted):
    train = np.array([not video.endswith("-0") for video in planted.windows["video"]])
    rows = np.repeat(train.reshape(-1, 2).any(axis=1), 100)
    changed = np.where(rows[:, None], planted.matrix.values, 99).astype(np.float32)
    both = planted.matrix, dataclasses.replace(planted.matrix, values=changed)
    one, two = (pipeline().fit(matrix, planted.windows.filter(train)) for matrix in both)
    np.testing.assert_array_equal(one.kmeans_.centers_, two.kmeans_.centers_)


def test_without_centring_heads_tell_performers_apart(planted):
    performers = planted.windows["performer"].to_numpy()
    heads = {"groups": ["head_pose", "body"]}
    centred = pipeline(2, **heads).fit(planted.matrix, planted.windows).kmeans_.labels_
    as_filmed = pipeline(2, center="none", **heads).fit(planted.matrix, planted.windows).kmeans_.labels_
    assert adjusted_rand_score(performers, as_filmed) == 1
    assert adjusted_rand_score(performers, centred) < 0.5


def test_one_window_is_not_enough_and_features_that_never_move_are_a_mistake(planted):
    with pytest.raises(UserError, match=r"clusters\.k = 3.*only 1 different window"):
        pipeline().fit(planted.matrix, planted.windows.head(1))
    still = dataclasses.replace(planted.matrix, values=np.ones_like(planted.matrix.values))
    with pytest.raises(UserError, match=r"features\.groups"):
        pipeline().fit(still, planted.windows)
