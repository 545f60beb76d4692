import numpy as np
import polars as pl
import pytest

from moodreel.music.by_features import ByFeatures

ROWS = [("b", 0.0, 1, 0.0, 0.0), ("a", 2.0, 1, 3.0, 4.0), ("a", 0.0, 2, 0.0, 0.0), ("c", 4.0, 1, 1.0, 0.0)]
MUSIC = pl.DataFrame(ROWS, schema=["track", "start_s", "cluster", "c0", "c1"], orient="row")


def test_windows_of_the_cluster_with_their_distance():
    found = ByFeatures(np.array([1, 2]), np.zeros((2, 2)), MUSIC).candidates(0)
    assert list(zip(found.track, found.start_s, strict=True)) == [("a", 2), ("b", 0), ("c", 4)]
    assert found.distance == pytest.approx([5, 0, 1])
    assert found.reason(2) == "cluster 1, distance 1.000"
    assert len(ByFeatures(np.array([7]), np.zeros((1, 2)), MUSIC).candidates(0).track) == 0, "a cluster without music"
