"""Cluster numbers that stay between runs."""

import polars as pl
import pytest

from moodreel.clusters.numbering import kept_numbers
from moodreel.errors import UserError


def clusters(numbers: list[int], video: str = "a", length_s: float = 2.0) -> pl.DataFrame:
    starts_s = pl.int_range(pl.len()) * length_s
    return pl.DataFrame({"cluster": numbers}).with_columns(
        pl.lit(video).alias("video"), start_s=starts_s, end_s=starts_s + length_s
    )


@pytest.mark.parametrize(
    ("now", "before", "numbers", "same"),
    [
        ([1, 1, 1, 1, 2, 2, 2], [2, 2, 2, 2, 1, 1, 1], {1: 2, 2: 1}, {1: 1.0, 2: 1.0}),
        ([1, 1, 1, 2, 2, 2, 2], [2, 2, 2, 2, 1, 1, 1], {1: 2, 2: 1}, {2: 0.75, 1: 0.75}),
        ([1, 1, 1, 1, 2, 2], [1, 1, 2, 2, 3, 3], {2: 3, 1: 4}, {3: 1.0}),
        ([1, 1, 1, 2, 2, 3, 4], [1, 1, 1, 1, 1, 1, 2], {4: 2, 1: 3, 2: 4, 3: 5}, {2: 1.0}),
        ([1, 1, 1, 1, 2, 2, 2, 2], [1, 1, 1, 1, 2, 2, 3, 3], {1: 1, 2: 4}, {1: 1.0}),
    ],
    ids=["still the same", "one window moved", "one is gone", "the largest first", "no free number is given again"],
)
def test_what_is_still_the_same_keeps_its_number_and_new_ones_lie_above(now, before, numbers, same):
    assert kept_numbers(clusters(now), clusters(before)) == (numbers, same)


def test_another_length_of_windows_does_no_harm():
    numbers, _ = kept_numbers(clusters([1] * 8 + [2] * 4, length_s=1.0), clusters([2] * 4 + [1] * 2))
    assert numbers == {1: 2, 2: 1}


def test_runs_of_other_videos_cannot_be_matched():
    with pytest.raises(UserError, match=r"clusters\.previous.*none of its windows"):
        kept_numbers(clusters([1, 2]), clusters([1, 2], video="b"))
