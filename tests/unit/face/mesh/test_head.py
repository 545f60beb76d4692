"""The head's square from the pose, and which faces fit it."""

import numpy as np
import pytest

from moodreel.crops.square import Square
from moodreel.face.mesh.head import fits, head_square
from moodreel.pose.body25 import INDEX


def body(**points: tuple[float, float]) -> np.ndarray:
    made = np.full((25, 3), np.nan, np.float32)
    for name, place in points.items():
        made[INDEX[name]] = *place, 0.9
    return made


PROFILE = {"nose": (100, 60), "left_eye": (104, 50), "left_ear": (130, 60)}
FRONTAL = PROFILE | {"right_eye": (90, 50), "left_eye": (110, 50), "right_ear": (75, 52), "left_ear": (125, 52)}


@pytest.mark.parametrize(
    ("points", "head"),
    [
        (FRONTAL, Square(100, 55, 50)),
        (PROFILE, Square(115, 55, 30)),
        *((few, None) for few in ({}, {"nose": (5, 5)}, {"nose": (5, 5), "left_eye": (5, 5)})),
    ],
)
def test_a_head_is_as_wide_as_from_ear_to_ear_or_from_nose_to_ear_and_needs_two_points(points, head):
    assert head_square(body(neck=(50, 50), **points)) == head


@pytest.mark.parametrize(
    ("face", "fitting"),
    [((0, 100), True), ((0, 100, 0.8), True), ((50, 100), False), ((0, 40), False), ((0, 180), False)],
    ids=["on it", "tilted", "beside it", "too small", "too large"],
)
def test_a_face_fits_where_place_and_size_are_the_heads(face, fitting):
    """`face`: how far it is to the right of the head, its side and angle."""
    right, *size = face
    found = Square(100 + right, 110, *size)
    assert fits(found, Square(100, 100, 50)) is fitting
    assert fits(found, None)  # any does where no head is known
