"""Candidates for a recording that was not in the run."""

import numpy as np
import polars as pl
import pytest

from moodreel.music.by_features import ByFeatures

MUSIC = pl.DataFrame(
    {
        "track": ["b", "a", "a", "c"],
        "start_s": [0.0, 2.0, 0.0, 4.0],
        "cluster": [1, 1, 2, 1],
        "c0": [0.0, 3.0, 0.0, 1.0],
        "c1": [0.0, 4.0, 0.0, 0.0],
    }
)


def test_windows_of_the_cluster_with_their_distance():
    found = ByFeatures(np.array([1, 2]), np.zeros((2, 2)), MUSIC).candidates(0)
    assert list(zip(found.track, found.start_s, strict=True)) == [("a", 2), ("b", 0), ("c", 4)]
    assert found.distance == pytest.approx([5, 0, 1])
    assert found.reason(2) == "cluster 1, distance 1.000"


def test_a_cluster_without_music_has_no_candidates():
    assert len(ByFeatures(np.array([7]), np.zeros((1, 2)), MUSIC).candidates(0).track) == 0
