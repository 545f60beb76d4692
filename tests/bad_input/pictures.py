"""Pictures that show their number as blocks of black and white, legible after any compression, scaling or grey."""

import numpy as np

COLUMNS, LINES = 4, 2
"""Blocks of a picture: the first is white and the last black; the six between are the bits of the number."""

DARK, LIGHT = 40, 215


def coded(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """The picture uint8 (height, width, 3) of a number from 0 to 63."""
    bits = [True, *(bool(number >> bit & 1) for bit in range(6)), False]
    blocks = np.where(np.array(bits).reshape(LINES, COLUMNS), LIGHT, DARK).astype(np.uint8)
    lines = np.arange(height) * LINES // height
    columns = np.arange(width) * COLUMNS // width
    return np.repeat(blocks[lines][:, columns, None], 3, axis=2)


def number_of(picture: np.ndarray) -> int | None:
    """The number that a picture (h, w, 3) shows, or None where it is illegible or not upright."""
    height, width = picture.shape[:2]
    if height < 2 * LINES or width < 2 * COLUMNS:
        return None
    levels = [
        float(picture[_middle(line, LINES, height), _middle(column, COLUMNS, width)].mean())
        for line in range(LINES)
        for column in range(COLUMNS)
    ]
    if not levels[0] > 160 or not levels[-1] < 95 or any(95 <= level <= 160 for level in levels):
        return None
    return sum(1 << bit for bit, level in enumerate(levels[1:-1]) if level > 128)


def _middle(place: int, of: int, size: int) -> slice:
    """The middle of one of several blocks on a side of this many pixels."""
    first = int((place + 0.3) / of * size)
    return slice(first, max(int((place + 0.7) / of * size), first + 1))
