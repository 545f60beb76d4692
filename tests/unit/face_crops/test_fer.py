"""How FER cuts a face out, against its own order of work: grey and pad the whole picture, then cut."""

import cv2
import numpy as np
import pytest

from moodreel.face_crops.fer import FerCutter, face, normalise


def whole(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray | None:
    """The same as FER does it (fer.py: pad, then tosquare, then __apply_offsets)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    framed = cv2.copyMakeBorder(grey, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=cv2.mean(grey[-2:])[0])
    x, y, width, height = box
    if height > width:
        x, width = x - (height - width) // 2, height
    else:
        y, height = y - (width - height) // 2, width
    cut = framed[max(0, y + 30) : max(0, y + height + 50), max(0, x + 30) : max(0, x + width + 50)]
    return cv2.resize(cut, (64, 64)) if cut.size else None


def test_boxes_anywhere_give_what_greying_and_padding_everything_gives() -> None:
    random = np.random.default_rng(0)
    shown = 0
    for _ in range(300):
        picture = random.integers(0, 256, (*random.integers(30, 90, 2), 3), dtype=np.uint8)
        box = (*random.integers(-90, 100, 2).tolist(), *random.integers(1, 80, 2).tolist())
        expected, found = whole(picture, box), face(picture, np.array(box))
        assert (found is None) == (expected is None)
        assert found is None or (found == expected).all()
        shown += found is not None
    assert shown > 200


@pytest.mark.parametrize(
    ("box", "columns", "rows"),
    [
        ((100, 60, 80, 80), (90, 190), (50, 150)),
        ((100, 60, 51, 80), (76, 176), (50, 150)),  # 29 wider: 14 to the left, 15 to the right
        ((100, 60, 80, 51), (90, 190), (36, 136)),
    ],
)
def test_the_box_grows_to_a_square_and_by_ten_pixels(box: tuple, columns: tuple, rows: tuple) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (300, 320, 3), dtype=np.uint8)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    expected = cv2.resize(grey[slice(*rows), slice(*columns)], (64, 64))
    assert (face(picture, np.array(box)) == expected).all()


def test_beyond_the_edge_there_is_the_grey_of_the_last_two_rows_and_then_nothing() -> None:
    picture = np.full((100, 100, 3), 7, np.uint8)
    picture[98], picture[99] = 199, 201
    shown = face(picture, np.array([20, -20, 40, 40]))
    assert shown[0, 32] == 200 and shown[-1, 32] == 7
    assert face(picture, np.array([-300, 0, 50, 50])) is None, "nothing of it lies in the picture"
    assert face(picture, np.array([-60, -60, 50, 50])).shape == (64, 64)


def test_the_tracked_face_is_the_box_around_its_mesh() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 250, 3), dtype=np.uint8)
    points = np.stack([np.linspace(100.2, 180.4, 478), np.linspace(50.5, 149.5, 478)], axis=1).astype(np.float32)
    cut = FerCutter().cut(picture, points)
    assert (cut.x, cut.y, cut.width, cut.height, cut.angle_deg) == (100, 50, 81, 100, 0)
    assert (np.frombuffer(cut.picture, np.uint8).reshape(64, 64) == face(picture, np.array([100, 50, 81, 100]))).all()
    assert FerCutter().cut(picture, points - 900) is None


def test_black_and_white_are_minus_one_and_one() -> None:
    found = normalise(np.array([[[0, 255]]], np.uint8))
    assert found.dtype == np.float32 and found[..., 0].tolist() == [[[-1, 1]]]
