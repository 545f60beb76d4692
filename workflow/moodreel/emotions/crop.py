"""A face cut out as FER cuts it out: grey, square, with some of its surroundings, 64 px.

The recipe is that of FER (github.com/JustinShenk/fer, `fer/fer.py`, the same from its first release to 25.10), step by
step and with its rounding, since the network's answer depends on it.
"""

from __future__ import annotations

import cv2
import numpy as np

PX = 64
"""Height and width of what the network takes."""

PADDING_PX = 40
"""By how much the grey picture is enlarged on each side, in the grey of its last two rows."""

MARGIN_PX = 10
"""What is shown around the square box, on each side."""


def padded(grey: np.ndarray) -> np.ndarray:
    """The grey picture (height, width) uint8 with `PADDING_PX` more on each side."""
    level = cv2.mean(grey[len(grey) - 2 :])[0]
    return cv2.copyMakeBorder(grey, *[PADDING_PX] * 4, cv2.BORDER_CONSTANT, value=[level] * 3)


def face(padded_grey: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """The face in a `box` of x, y, width, height in px of the picture before it was `padded`: (64, 64) uint8.

    The shorter side of the box is made as long as the other. None where nothing of it lies in the padded picture.
    """
    x, y, width, height = (int(value) for value in box)
    side = max(width, height)
    x, y = x - (side - width) // 2, y - (side - height) // 2
    first, last = PADDING_PX - MARGIN_PX, PADDING_PX + side + MARGIN_PX
    cut = padded_grey[max(0, y + first) : max(0, y + last), max(0, x + first) : max(0, x + last)]
    return cv2.resize(cut, (PX, PX)) if cut.size else None


def normalised(faces: np.ndarray) -> np.ndarray:
    """Faces (n, 64, 64) uint8 as the network takes them: (n, 64, 64, 1) float32, -1 for black and 1 for white."""
    return ((faces.astype(np.float32) / np.float32(255) - np.float32(0.5)) * np.float32(2))[..., np.newaxis]
