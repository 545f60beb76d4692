import numpy as np
import pytest

from moodreel.classify.search import FOLDS, inner_folds, search
from moodreel.classify.training import train
from moodreel.settings.classify import ClassifySettings

SEARCH = ClassifySettings(search=True)


@pytest.fixture
def videos() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Series (240, 10, 6), codes and videos: each video has a place of its own, far larger than what its class does."""
    rng, groups = np.random.default_rng(0), np.repeat(np.arange(24), 10)
    place, codes = rng.normal(size=(24, 1, 6)) * 2, groups % 2
    return place[groups] + codes[:, None, None] * 0.8 + rng.normal(size=(240, 10, 6)) * 0.5, codes, groups


def test_inner_folds_keep_groups_together_and_test_each_window_once(videos):
    _, codes, groups = videos
    folds = inner_folds(codes, groups, 1)
    assert len(folds) == FOLDS
    assert sorted(np.concatenate([ask for _, ask in folds])) == list(range(240))
    for learn, ask in folds:
        assert not set(groups[learn]) & set(groups[ask])
        assert set(codes[ask]) == {0, 1}


def test_inner_folds_of_windows_and_of_few_groups(videos):
    _, codes, groups = videos
    assert any(set(groups[learn]) & set(groups[ask]) for learn, ask in inner_folds(codes, None, 1))
    assert len(inner_folds(codes, groups % 2, 1)) == 2
    assert inner_folds(codes, np.zeros(240, int), 1) == []
    assert inner_folds(codes[:1], None, 1) == []
    assert len(inner_folds(np.arange(5), None, 1)) == FOLDS, "classes of one window each"


def test_the_grouped_search_does_not_choose_what_remembers_videos(videos):
    """Over windows one neighbour wins, since it is of the same video; over videos many do."""
    series, codes, groups = videos
    remembered = train("knn", series, codes.astype(str), SEARCH)
    learnt = train("knn", series, codes.astype(str), SEARCH, groups)
    assert "neighbours 1: 1.000" in remembered.note and "neighbours 1: 1.000" not in learnt.note
    assert learnt.estimator[-1].n_neighbors == learnt.searched["neighbours"] > 1


def test_the_configured_value_stands_among_equals():
    labels = np.array(["a", "b"])[np.arange(60) % 2]
    series = np.where(labels == "a", 0.0, 9.0)[:, None, None] + np.random.default_rng(0).normal(size=(60, 10, 2)) * 0.1
    found = train("knn", series, labels, ClassifySettings(search=True, knn={"neighbours": 7}))
    assert found.searched == {"neighbours": 7}


def test_where_nothing_can_be_searched_it_says_so_and_trains(videos):
    series, codes, _ = videos
    found = train("knn", series, codes.astype(str), SEARCH, np.zeros(240))
    assert found.searched == {} and "too few groups" in found.note
    by_class = train("knn", series, codes.astype(str), SEARCH, codes)
    assert "too few groups or classes" in by_class.note, "each inner fold would learn one class"


def test_only_given_windows_are_looked_at(videos):
    """Each candidate is fitted on a part of the given windows and asked about the rest of them."""
    series, codes, groups = videos
    sizes = []

    class Spy:
        def predict(self, asked):
            sizes[-1] += len(asked)
            return np.zeros(len(asked), int)

    def fit(learnt, given, settings):
        sizes.append(len(learnt))
        return Spy()

    found = search("svm", series, codes, groups, ClassifySettings(), fit)
    assert (set(sizes), found.values) == ({240}, {"penalty": 1.0})
    assert {score for _, score in found.scores} == {0.5}


def test_without_the_setting_nothing_is_searched(videos):
    series, codes, groups = videos
    found = train("knn", series, codes.astype(str), ClassifySettings(), groups)
    assert (found.searched, found.note) == ({}, "")
    assert found.estimator[-1].n_neighbors == ClassifySettings().knn.neighbours
