import numpy as np
import pytest

from moodreel.classify.matching import match_numbers


@pytest.mark.parametrize(
    ("clusters", "reference", "numbers"),
    [
        pytest.param([1, 1, 1, 2, 2, 3, 3, 3], [3, 3, 3, 1, 1, 2, 2, 1], {1: 3, 2: 1, 3: 2}, id="largest overlap"),
        pytest.param([1] * 6 + [2] * 4, [1] * 9 + [2], {1: 1, 2: 2}, id="two share a counterpart"),
        pytest.param([1, 1, 1, 2, 2, 3], [4, 4, 4, 2, 2, 2], {1: 4, 2: 2, 3: 5}, id="one without a counterpart"),
        pytest.param([1, 1, 1, 1], [1, 2, 2, 3], {1: 2}, id="fewer than the reference"),
    ],
)
def test_numbers_follow_the_largest_overlap_one_to_one(clusters, reference, numbers):
    assert match_numbers(np.array(clusters), np.array(reference)) == numbers
