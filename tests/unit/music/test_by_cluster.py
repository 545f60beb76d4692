import numpy as np
import polars as pl
import pytest

from moodreel.music.by_cluster import ByCluster
from moodreel.music.library import Library

PIECES = {"a": "calm-1", "b": "calm-2", "c": "sad-1", "d": "sad-2", "e": "fierce-1"}


@pytest.fixture
def make(make_clusters, make_folds, soundtracks):
    """Makes the method from windows, their places, the videos' folds, and soundtracks and used spans of their own."""

    def make(windows, places, fold_of=None, tables=None, used=None):
        tables = {v: soundtracks[piece] for v, piece in PIECES.items()} | (tables or {})
        library = Library.of(tables, dict.fromkeys(tables, (0.0, float("inf"))) | (used or {}))
        series = np.array(places, float)[:, None, None] * np.ones((1, 10, 2))
        return ByCluster(make_clusters(windows), series, make_folds(fold_of or {}), library)

    return make


def _found(method, window):
    found = method.candidates(window)
    return list(zip(found.track.tolist(), found.start_s.tolist(), strict=True))


def test_windows_of_the_same_cluster_in_other_videos(make):
    method = make([("a", 0, 1), ("a", 1, 1), ("b", 0, 1), ("c", 2, 1), ("d", 0, 2)], [0, 0, 1, 3, 0])
    assert (_found(method, 0), _found(method, 4)) == ([("b", 0.0), ("c", 2.0)], [])
    distance = method.candidates(0).distance
    assert distance[1] == pytest.approx(3 * distance[0])
    assert method.candidates(0).reason(0).startswith("cluster 1, distance ")


def test_candidates_are_sorted_whatever_the_order_of_the_windows(make):
    method = make([("c", 2, 1), ("a", 0, 1), ("c", 0, 1), ("b", 1, 1)], [2, 0, 1, 3])
    assert _found(method, 1) == [("b", 1.0), ("c", 0.0), ("c", 2.0)]
    assert method.candidates(1).distance.argsort().tolist() == [1, 2, 0]
    same = make([("a", 0, 1), ("b", 0, 1)], [1, 1])
    assert same.candidates(0).distance.tolist() == [0], "windows that do not differ"


def test_videos_of_the_window_s_own_fold_are_not_training_videos(make):
    method = make([(v, 0, 1) for v in "abcde"], [0, 1, 2, 3, 4], {"a": 0, "b": 0, "c": 1, "d": 1})
    tracks = ["".join(track for track, _ in _found(method, n)) for n in range(5)]
    assert tracks == ["cde", "cde", "abe", "abe", "abcd"], "a video without a fold may have all the others"


def test_no_music_where_a_video_is_silent_or_not_used(make, soundtracks):
    silent_later = soundtracks["calm-2"].with_columns(
        loudness_lufs=pl.when(pl.col("start_s") < 2).then("loudness_lufs")
    )
    windows = [("a", 0, 1), ("b", 0, 1), ("b", 3, 1), ("c", 0, 1), ("c", 3, 1), ("d", 0, 1)]
    tables = {"b": silent_later, "d": silent_later.head(0)}
    method = make(windows, [0] * 6, tables=tables, used={"c": (2.5, 5.0)})
    assert _found(method, 0) == [("b", 0.0), ("c", 3.0)]
    assert _found(method, 5) == [("a", 0.0), ("b", 0.0), ("c", 3.0)], "a video without music is still a clip"


def test_why_a_window_has_no_candidate(make, soundtracks):
    windows = [("a", 0, 1), ("a", 1, 1), ("a", 2, 2), ("b", 0, 2)]
    windows += [("c", 0, 3), ("mute", 0, 3), ("d", 0, 4), ("mute", 2, 4)]
    folds, tables = {"a": 0, "b": 0, "c": 0, "d": 1, "mute": 1}, {"mute": soundtracks["calm-1"].head(0)}
    method = make(windows, [0] * 8, folds, tables)
    lacks = {0: "no_other_video", 2: "same_fold", 4: "no_sound", 6: "same_fold", 7: "same_fold"}
    assert not any(len(method.candidates(row).track) for row in lacks)
    assert {row: method.lack(row) for row in lacks} == lacks
    assert len(method.candidates(5).track) == 1
