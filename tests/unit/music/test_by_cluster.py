"""Candidates of the cluster method."""

import numpy as np
import polars as pl
import pytest

from moodreel.music.by_cluster import ByCluster
from moodreel.music.library import Library

EVERYTHING = (0.0, float("inf"))
PIECES = {"a": "calm-1", "b": "calm-2", "c": "sad-1", "d": "sad-2", "e": "fierce-1"}


@pytest.fixture
def library(soundtracks):
    return Library.of({v: soundtracks[piece] for v, piece in PIECES.items()}, dict.fromkeys(PIECES, EVERYTHING))


def _series(values):
    return np.array(values, float)[:, None, None] * np.ones((1, 10, 2))


def _found(method, window):
    found = method.candidates(window)
    return list(zip(found.track.tolist(), found.start_s.tolist(), strict=True))


def test_windows_of_the_same_cluster_in_other_videos(make_clusters, make_folds, library):
    clusters = make_clusters([("a", 0, 1), ("a", 1, 1), ("b", 0, 1), ("c", 2, 1), ("d", 0, 2)])
    method = ByCluster(clusters, _series([0, 0, 1, 3, 0]), make_folds({}), library)
    assert _found(method, 0) == [("b", 0.0), ("c", 2.0)]
    assert _found(method, 4) == []
    distance = method.candidates(0).distance
    assert distance[1] == pytest.approx(3 * distance[0])
    assert method.candidates(0).reason(0).startswith("cluster 1, distance ")


def test_candidates_are_sorted_whatever_the_order_of_the_windows(make_clusters, make_folds, library):
    windows = [("c", 2, 1), ("a", 0, 1), ("c", 0, 1), ("b", 1, 1)]
    method = ByCluster(make_clusters(windows), _series([2, 0, 1, 3]), make_folds({}), library)
    assert _found(method, 1) == [("b", 1.0), ("c", 0.0), ("c", 2.0)]
    assert method.candidates(1).distance.argsort().tolist() == [1, 2, 0]


def test_videos_of_the_window_s_own_fold_are_not_training_videos(make_clusters, make_folds, library):
    clusters = make_clusters([(v, 0, 1) for v in "abcde"])
    folds = make_folds({"a": 0, "b": 0, "c": 1, "d": 1})
    method = ByCluster(clusters, _series([0, 1, 2, 3, 4]), folds, library)
    tracks = [[track for track, _ in _found(method, n)] for n in range(5)]
    assert tracks[0] == tracks[1] == ["c", "d", "e"]
    assert tracks[2] == ["a", "b", "e"]
    assert tracks[4] == ["a", "b", "c", "d"], "a video without a fold may have all the others"


def test_no_music_where_a_video_is_silent_or_not_used(make_clusters, make_folds, soundtracks):
    silent_later = soundtracks["calm-2"].with_columns(
        loudness_db=pl.when(pl.col("start_s") < 2).then("loudness_db").otherwise(None)
    )
    calm, sad = soundtracks["calm-1"], soundtracks["sad-1"]
    tables = {"a": calm, "b": silent_later, "c": sad, "d": sad.head(0)}
    used = dict.fromkeys(tables, EVERYTHING) | {"c": (2.5, 5.0)}
    clusters = make_clusters([("a", 0, 1), ("b", 0, 1), ("b", 3, 1), ("c", 0, 1), ("c", 3, 1), ("d", 0, 1)])
    method = ByCluster(clusters, _series([0] * 6), make_folds({}), Library.of(tables, used))
    assert _found(method, 0) == [("b", 0.0), ("c", 3.0)]
    assert _found(method, 5) == [("a", 0.0), ("b", 0.0), ("c", 3.0)], "a video without music is still a clip"


def test_windows_that_do_not_differ_have_distance_zero(make_clusters, make_folds, library):
    method = ByCluster(make_clusters([("a", 0, 1), ("b", 0, 1)]), _series([1, 1]), make_folds({}), library)
    assert method.candidates(0).distance.tolist() == [0]


def test_why_a_window_has_no_candidate(make_clusters, make_folds, soundtracks):
    tables = {v: soundtracks[piece] for v, piece in PIECES.items()} | {"mute": soundtracks["calm-1"].head(0)}
    clusters = make_clusters(
        [("a", 0, 1), ("a", 1, 1), ("a", 2, 2), ("b", 0, 2), ("c", 0, 3), ("mute", 0, 3), ("d", 0, 4), ("mute", 2, 4)]
    )
    folds = make_folds({"a": 0, "b": 0, "c": 0, "d": 1, "mute": 1})
    method = ByCluster(clusters, _series([0] * 8), folds, Library.of(tables, dict.fromkeys(tables, EVERYTHING)))
    assert not any(len(method.candidates(row).track) for row in (0, 2, 4, 6, 7))
    assert method.lack(0) == "no_other_video"
    assert method.lack(2) == "same_fold"
    assert method.lack(4) == "no_sound"
    assert method.lack(6) == method.lack(7) == "same_fold"
    assert len(method.candidates(5).track) == 1
