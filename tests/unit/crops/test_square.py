"""Squares: their geometry on the picture."""

import math

import numpy as np
import pytest

from moodreel.crops.square import Square, largest, most_prominent


def test_the_whole_picture_lies_in_the_middle_of_its_square_and_a_turned_one_turns_clockwise():
    square = Square.around_picture(200, 100)
    assert np.allclose(square.to_picture(np.array([[0.0, 0.25], [1.0, 0.75]])), [[0, 0], [200, 100]])
    # the right edge points down on the screen, where y grows
    assert np.allclose(Square(10, 20, 4, math.pi / 2).to_picture(np.array([1.0, 0.5])), [10, 22])


@pytest.mark.parametrize("size", [1, 64, 192])
def test_the_affine_matrix_takes_a_cuts_corners_to_the_squares(size):
    square = Square(30, 40, 20, 0.3)
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)
    matrix = square.affine(size)
    assert np.allclose(corners * size @ matrix[:, :2].T + matrix[:, 2], square.to_picture(corners))
    sides = np.linalg.norm(np.diff(square.to_picture(corners[[0, 1, 3, 2, 0]]), axis=0), axis=1)
    assert np.allclose(sides, 20)


def test_scaling_keeps_centre_and_angle_and_distance_counts_in_the_first_ones_sides():
    assert Square(1, 2, 4, 0.5).scale(3) == Square(1, 2, 12, 0.5)
    assert Square(0, 0, 10).distance(Square(3, 4, 99)) == pytest.approx(0.5)


def test_nearest_and_largest():
    a, b, c = Square(0, 0, 10), Square(100, 0, 30), Square(0, 90, 30)
    assert Square(80, 0, 1).nearest([a, b, c]) is b and largest([a, b, c]) is b


def test_the_most_prominent_is_the_largest_or_of_about_equal_ones_the_most_central():
    shape = (100, 200, 3)  # the middle is (100, 50)
    edge, middle, far, small = Square(20, 50, 40), Square(110, 50, 30), Square(190, 50, 35), Square(100, 50, 29)
    assert most_prominent([far, edge, middle], shape) is middle
    assert most_prominent([far, edge, small], shape) is most_prominent([small, edge], shape) is edge
    left, right = Square(90, 50, 20), Square(110, 50, 20)  # of equals the first
    assert (most_prominent([left, right], shape[:2]), most_prominent([right, left], shape[:2])) == (left, right)
