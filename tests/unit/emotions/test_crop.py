"""How a face is cut out, by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from moodreel.emotions.crop import face, normalised, padded


def test_the_padding_has_the_grey_of_the_last_two_rows() -> None:
    grey = np.zeros((100, 80), np.uint8)
    grey[98], grey[99] = 101, 103
    framed = padded(grey)
    assert framed.shape == (180, 160)
    assert {int(framed[0, 0]), int(framed[-1, -1]), int(framed[90, 0])} == {102}
    assert (framed[40:140, 40:120] == grey).all()


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((100, 60, 80, 80), (90, 190), (50, 150)),
        ((100, 60, 51, 80), (76, 176), (50, 150)),  # 29 wider: 14 to the left, 15 to the right
        ((100, 60, 80, 51), (90, 190), (36, 136)),
    ],
)
def test_the_box_grows_to_a_square_and_by_ten_pixels(box: tuple, columns: tuple, rows: tuple) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (300, 320), dtype=np.uint8)
    expected = cv2.resize(grey[slice(*rows), slice(*columns)], (64, 64))
    assert (face(padded(grey), np.array(box)) == expected).all()


def test_at_the_edge_the_padding_is_shown_and_beyond_it_less() -> None:
    grey = np.full((100, 100), 7, np.uint8)
    framed = padded(grey)
    framed[:40] = 200
    shown = face(framed, np.array([20, -20, 40, 40]))
    assert shown[0, 32] == 200 and shown[-1, 32] == 7
    assert face(framed, np.array([-300, 0, 50, 50])) is None, "nothing of it lies in the picture"
    assert face(framed, np.array([-60, -60, 50, 50])).shape == (64, 64)


def test_black_and_white_are_minus_one_and_one() -> None:
    found = normalised(np.array([[[0, 255]]], np.uint8))
    assert found.dtype == np.float32
    assert found[..., 0].tolist() == [[[-1, 1]]]
