"""Cutting regions out of pictures."""

import numpy as np
import pytest

from moodreel.crops.cut import REPLICATE, ZERO, as_input, cut
from moodreel.crops.square import Square


@pytest.fixture
def ramp() -> np.ndarray:
    """Red grows by 2 per column, green by 3 per row, blue is 50."""
    y, x = np.mgrid[0:60, 0:80]
    return np.stack([2 * x, 3 * y, np.full_like(x, 50)], axis=-1).astype(np.uint8)


def test_an_upright_cut_of_whole_pixels_is_the_picture_itself(ramp):
    assert np.array_equal(cut(ramp, Square(20, 16, 16), 16, border=ZERO), ramp[8:24, 12:28])


def test_pixels_are_interpolated_where_the_square_says(ramp):
    square = Square(40.0, 30.0, 20.0, 0.5)
    matrix = square.affine(32)
    columns, rows = np.meshgrid(np.arange(32), np.arange(32))
    x, y = np.moveaxis(np.stack([columns, rows], axis=-1) @ matrix[:, :2].T + matrix[:, 2], -1, 0)
    found = cut(ramp, square, 32, border=ZERO).astype(float)
    # coordinates are rounded to 1/32 px, values to whole numbers
    assert np.abs(found[..., 0] - 2 * x).max() <= 2 / 64 + 0.5 + 1e-6
    assert np.abs(found[..., 1] - 3 * y).max() <= 3 / 64 + 0.5 + 1e-6


def test_what_lies_outside_is_black_or_the_nearest_pixel(ramp):
    square = Square(0, 30, 20)
    assert not cut(ramp, square, 20, border=ZERO)[:, :9].any()
    assert np.array_equal(cut(ramp, square, 20, border=REPLICATE)[:, :10], np.repeat(ramp[20:40, :1], 10, axis=1))


@pytest.mark.parametrize(
    ("x", "y", "side", "angle"),
    [
        (40, 90, 400, 0.05), (30, 20, 300, 3.2), (40, 30, 250, 1.5), (45, 28, 120, -0.7), (300, 40, 150, 0.3),
        (-250, 280, 200, -0.1),
    ],
    ids=["mostly below", "upside down", "lying", "leaning", "beside", "off a corner"],
)  # fmt: skip
def test_a_cut_that_leaves_the_picture_is_that_of_a_picture_with_repeated_edges(x, y, side, angle):
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    padded = np.pad(picture, ((700, 700), (700, 700), (0, 0)), mode="edge")
    found = cut(picture, Square(x, y, side, angle), 96, border=REPLICATE)
    assert np.array_equal(found, cut(padded, Square(x + 700, y + 700, side, angle), 96, border=ZERO))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (40, 1, 3), (2, 2, 3)])
def test_the_smallest_pictures_fill_the_cut_with_their_colour(shape):
    picture = np.full(shape, (10, 20, 30), np.uint8)
    assert (cut(picture, Square(5, 1, 60, 0.1), 64, border=REPLICATE) == (10, 20, 30)).all()


def test_a_turned_view_of_an_array_is_cut_like_its_copy(ramp):
    turned = np.rot90(ramp)
    square = Square(30, 40, 25, 0.2)
    assert np.array_equal(cut(turned, square, 32, border=ZERO), cut(turned.copy(), square, 32, border=ZERO))


def test_network_input_runs_from_black_to_white():
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0] = 255
    for low, high in ((-1, 1), (0, 1)):
        batch = as_input(picture, low, high)
        assert (batch.shape, batch.dtype) == ((1, 2, 2, 3), np.float32)
        assert np.allclose(batch[0, :, 0, 0], [high, low])
