"""The head's square from the pose, and which faces fit it."""

from __future__ import annotations

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


FRONTAL = {
    "nose": (100, 60),
    "right_eye": (90, 50),
    "left_eye": (110, 50),
    "right_ear": (75, 52),
    "left_ear": (125, 52),
}
PROFILE = {"nose": (100, 60), "left_eye": (104, 50), "left_ear": (130, 60)}


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
    [
        (Square(100, 110, 100), True),
        (Square(100, 110, 100, 0.8), True),
        (Square(150, 110, 100), False),
        (Square(100, 110, 40), False),
        (Square(100, 110, 180), False),
    ],
    ids=["on it", "tilted", "beside it", "too small", "too large"],
)
def test_a_face_fits_where_place_and_size_are_the_heads(face, fitting):
    assert fits(face, Square(100, 100, 50)) is fitting
    assert fits(face, None)  # any does where no head is known
