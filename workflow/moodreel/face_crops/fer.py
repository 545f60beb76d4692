"""A face cut out as in FER: grey, square, with some of its surroundings, 64 px.

The recipe is that of FER (github.com/JustinShenk/fer, `fer/fer.py`, the same from its first release to 25.10), step by
step and with its rounding, since the network's outputs depend on it. FER converts the whole picture to grey and pads it
first; here only the cut is converted and padded, with the same result.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from moodreel.face_crops import FaceCrop

PX = 64
"""Height and width of the network's input."""

PADDING_PX = 40
"""Padding that FER adds on each side of the picture, in the mean grey of its last two rows."""

MARGIN_PX = 10
"""Margin around the square box, on each side."""


def face(picture: np.ndarray, box: Sequence[float] | np.ndarray) -> np.ndarray | None:
    """The face in a `box` of x, y, width, height, px, in an RGB `picture` (height, width, 3) uint8: (64, 64) uint8.

    The shorter side of the box is extended to the longer one. None where the box lies outside the padded picture.
    """
    x, y, width, height = (int(value) for value in box)
    side = max(width, height)
    x, y = x - (side - width) // 2 - MARGIN_PX, y - (side - height) // 2 - MARGIN_PX
    rows = _within(y, y + side + 2 * MARGIN_PX, len(picture))
    columns = _within(x, x + side + 2 * MARGIN_PX, picture.shape[1])
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        return None
    return cv2.resize(_grey(picture, rows, columns), (PX, PX))


def _within(first: int, last: int, length: int) -> tuple[int, int]:
    """The part of first..last that lies in the padded picture, which starts at -`PADDING_PX`."""
    return max(-PADDING_PX, first), min(length + PADDING_PX, last)


def _grey(picture: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """The grey of these rows and columns, with padding where they lie beyond the picture."""
    height, width = picture.shape[:2]
    (top, bottom), (left, right) = rows, columns
    inside = picture[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    grey: np.ndarray = cv2.cvtColor(inside, cv2.COLOR_RGB2GRAY) if inside.size else np.empty(inside.shape[:2], np.uint8)
    if top >= 0 and left >= 0 and bottom <= height and right <= width:
        return grey
    level = cv2.mean(cv2.cvtColor(picture[max(0, height - 2) :], cv2.COLOR_RGB2GRAY))[0]
    cut = np.full((bottom - top, right - left), np.clip(round(level), 0, 255), np.uint8)
    y, x = max(0, -top), max(0, -left)
    cut[y : y + grey.shape[0], x : x + grey.shape[1]] = grey
    return cut


def normalise(faces: np.ndarray) -> np.ndarray:
    """Faces (n, 64, 64) uint8 as the network takes them: (n, 64, 64, 1) float32, -1 for black and 1 for white."""
    return ((faces.astype(np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(2))[..., np.newaxis]


class FerCutter:
    """The face in the box around its mesh."""

    form = "grey, 64 rows of 64 bytes"

    def cut(self, picture: np.ndarray, points: np.ndarray) -> FaceCrop | None:
        """As `Cutter.cut`."""
        (x, y), (right, bottom) = np.floor(points.min(axis=0)).tolist(), np.ceil(points.max(axis=0)).tolist()
        box = (x, y, right - x, bottom - y)
        cut = face(picture, box)
        return None if cut is None else FaceCrop(*box, 0.0, cut.tobytes())


def cutter() -> FerCutter:
    """A cutter of this kind."""
    return FerCutter()
