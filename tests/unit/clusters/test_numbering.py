"""Cluster numbers that stay between runs."""

from __future__ import annotations

import polars as pl
import pytest

from moodreel.clusters.numbering import kept_numbers
from moodreel.errors import UserError


def clusters(numbers: list[int], video: str = "a", length_s: float = 2.0) -> pl.DataFrame:
    starts = [length_s * i for i in range(len(numbers))]
    ends = [s + length_s for s in starts]
    return pl.DataFrame({"video": video, "start_s": starts, "end_s": ends, "cluster": numbers})


def test_clusters_that_are_still_the_same_keep_their_numbers():
    numbers, same = kept_numbers(clusters([1, 1, 1, 1, 2, 2, 2]), clusters([2, 2, 2, 2, 1, 1, 1]))
    assert numbers == {1: 2, 2: 1}
    assert same == {1: 1.0, 2: 1.0}


def test_one_moved_window_does_not_matter_but_is_told():
    numbers, same = kept_numbers(clusters([1, 1, 1, 2, 2, 2, 2]), clusters([2, 2, 2, 2, 1, 1, 1]))
    assert numbers == {1: 2, 2: 1}
    assert same == {2: 0.75, 1: 0.75}


def test_a_cluster_that_is_no_longer_there_leaves_its_number_free():
    numbers, same = kept_numbers(clusters([1, 1, 1, 1, 2, 2]), clusters([1, 1, 2, 2, 3, 3]))
    assert numbers == {2: 3, 1: 4}
    assert same == {3: 1.0}


def test_new_clusters_are_numbered_above_the_earlier_ones_the_largest_first():
    numbers, _ = kept_numbers(clusters([1, 1, 1, 2, 2, 3, 4]), clusters([1, 1, 1, 1, 1, 1, 2]))
    assert numbers == {4: 2, 1: 3, 2: 4, 3: 5}


def test_a_number_that_is_free_is_not_given_to_other_movements():
    numbers, same = kept_numbers(clusters([1, 1, 1, 1, 2, 2, 2, 2]), clusters([1, 1, 1, 1, 2, 2, 3, 3]))
    assert numbers == {1: 1, 2: 4}
    assert same == {1: 1.0}


def test_another_length_of_windows_does_no_harm():
    numbers, _ = kept_numbers(clusters([1] * 8 + [2] * 4, length_s=1.0), clusters([2] * 4 + [1] * 2))
    assert numbers == {1: 2, 2: 1}


def test_runs_of_other_videos_cannot_be_matched():
    with pytest.raises(UserError, match=r"clusters\.previous.*none of its windows"):
        kept_numbers(clusters([1, 2]), clusters([1, 2], video="b"))
