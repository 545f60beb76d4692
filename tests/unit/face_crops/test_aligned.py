"""Faces with their eyes level."""

import cv2
import numpy as np
import pytest

from moodreel.face_crops import FaceCrop, cut_all, cutter, module, path
from moodreel.face_crops.aligned import EYES, MARGIN


def face_at(middle: tuple[float, float], size: float, angle_deg: float) -> np.ndarray:
    """A mesh (478, 2) that fills a square of this size, with its eyes a third of it apart, turned clockwise."""
    points = np.tile([0.0, 0.0], (478, 1))
    points[:4] = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    for corners, side in zip(EYES, (-1, 1), strict=True):
        points[list(corners)] = [(side / 6 - 0.05, -0.2), (side / 6 + 0.05, -0.2)]
    angle = np.radians(angle_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (size * points @ turn.T + middle).astype(np.float32)


def ramp(height: int = 400, width: int = 500) -> np.ndarray:
    """A picture whose red rises to the right and whose green rises downwards, by 0.4 a pixel."""
    y, x = np.mgrid[:height, :width]
    return np.stack([0.4 * x, 0.4 * y, np.full_like(x, 128.0, float)], axis=2).round().astype(np.uint8)


def decoded(crop: FaceCrop, mode: int) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(crop.picture, np.uint8), mode)


@pytest.mark.parametrize("angle", [0, 20, -35, 90])
@pytest.mark.parametrize(("size", "px"), [(100, 224), (180, 96)])
def test_places_of_the_square_show_what_lies_there_in_the_picture(size: int, px: int, angle: float) -> None:
    middle = (260.0, 200.0)
    crop = cutter(f"aligned-{px}-100").cut(ramp(), face_at(middle, size, angle))
    assert (crop.width, crop.height) == pytest.approx((MARGIN * size,) * 2, rel=1e-5)
    place = (crop.x + crop.width / 2, crop.y + crop.height / 2, crop.angle_deg)
    assert place == pytest.approx((*middle, angle), abs=1e-3)
    shown = decoded(crop, cv2.IMREAD_COLOR_RGB).astype(float)
    assert shown.shape == (px, px, 3)
    turned = np.radians(angle)
    for column, row in ((0.5, 0.5), (0.2, 0.3), (0.8, 0.6)):
        offset = (np.array([column, row]) - 0.5) * MARGIN * size
        x = middle[0] + offset[0] * np.cos(turned) - offset[1] * np.sin(turned)
        y = middle[1] + offset[0] * np.sin(turned) + offset[1] * np.cos(turned)
        there = shown[round(row * px - 0.5), round(column * px - 0.5)]
        assert there[:2] == pytest.approx((0.4 * x, 0.4 * y), abs=3)


def test_beyond_the_picture_it_is_black_and_next_to_it_there_is_nothing() -> None:
    each = cutter("aligned-64-95")
    shown = decoded(each.cut(ramp(), face_at((0, 200), 100, 0)), cv2.IMREAD_COLOR)
    assert shown[32, 5].max() < 12 and shown[32, 60].max() > 60
    assert each.cut(ramp(), face_at((-400, 200), 100, 0)) is None


def test_a_large_face_is_made_smaller_without_skipping_pixels() -> None:
    """Of stripes of one pixel every place of a much smaller picture shows about the mean."""
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[:, ::2] = 255
    shown = decoded(cutter("aligned-64-100").cut(stripes, face_at((300, 300), 450, 7)), cv2.IMREAD_GRAYSCALE)
    assert shown[8:-8, 8:-8].min() > 90 and shown[8:-8, 8:-8].max() < 165


def test_kinds_have_their_modules_and_places() -> None:
    assert module("aligned-224-95") == "face_crops.aligned" and module("fer") == "face_crops.fer"
    assert path("results/videos/a/x", "fer") == "results/videos/a/x/crops-fer/face_crops.parquet"
    picture, points = ramp(), np.column_stack([face_at((200, 200), 90, 0), np.zeros(478)])
    first, second = cut_all([cutter("fer"), cutter("aligned-32-90")], picture, points)
    assert len(first.picture) == 64 * 64 and second.picture[:2] == b"\xff\xd8"
    assert cut_all([cutter("fer")] * 2, picture, None) == (None, None)
