import numpy as np

from moodreel.classify.matching import match_numbers


def test_numbers_follow_the_largest_overlap():
    clusters = np.array([1, 1, 1, 2, 2, 3, 3, 3])
    reference = np.array([3, 3, 3, 1, 1, 2, 2, 1])
    assert match_numbers(clusters, reference) == {1: 3, 2: 1, 3: 2}


def test_one_to_one_where_two_clusters_share_a_counterpart():
    clusters = np.array([1] * 6 + [2] * 4)
    reference = np.array([1] * 6 + [1] * 3 + [2])
    assert match_numbers(clusters, reference) == {1: 1, 2: 2}


def test_clusters_without_a_counterpart_get_numbers_of_their_own():
    found = match_numbers(np.array([1, 1, 1, 2, 2, 3]), np.array([4, 4, 4, 2, 2, 2]))
    assert found == {1: 4, 2: 2, 3: 5}


def test_fewer_clusters_than_the_reference():
    assert match_numbers(np.array([1, 1, 1, 1]), np.array([1, 2, 2, 3])) == {1: 2}
