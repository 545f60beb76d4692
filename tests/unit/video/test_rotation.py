from __future__ import annotations

import numpy as np
import pytest

from moodreel.video.rotation import Turn, turn_of_matrix, turn_of_tag

PICTURE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)

ONE = 1 << 16


def matrix(a, b, c, d):
    return np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], np.int32).tobytes()


@pytest.mark.parametrize(
    ("abcd", "degrees"),
    [((ONE, 0, 0, ONE), 0), ((0, ONE, -ONE, 0), 90), ((-ONE, 0, 0, -ONE), 180), ((0, -ONE, ONE, 0), 270)],
)
def test_quarter_turns_are_clockwise(abcd, degrees):
    turn = turn_of_matrix(matrix(*abcd))
    assert (turn.degrees, turn.is_mirrored) == (degrees, False)
    assert np.array_equal(turn.apply(PICTURE), np.rot90(PICTURE, -degrees // 90))
    assert turn.apply(PICTURE).flags.c_contiguous
    assert turn == turn_of_tag(str(degrees)) == turn_of_tag(str(degrees - 360))


@pytest.mark.parametrize("quarters", range(4))
def test_mirrored_first_then_turned(quarters):
    """A mirror matrix followed by a turn says the same as the two numbers `mirrored` and `degrees`."""
    turn = np.array([(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)][quarters]).reshape(2, 2)
    a, b, c, d = (np.diag([-1, 1]) @ turn * ONE).ravel()
    made = turn_of_matrix(matrix(a, b, c, d))
    assert (made.is_mirrored, made.degrees) == (True, 90 * quarters)
    assert np.array_equal(made.apply(PICTURE), np.rot90(PICTURE[:, ::-1], -quarters))


def test_other_angles_go_to_the_nearest_quarter():
    cos, sin = (int(f(np.radians(93)) * ONE) for f in (np.cos, np.sin))
    assert turn_of_matrix(matrix(cos, sin, -sin, cos)).degrees == 90


@pytest.mark.parametrize("tag", [None, "", "upside down", "inf", "nan"])
def test_tags_that_say_nothing(tag):
    assert turn_of_tag(tag) == Turn()
