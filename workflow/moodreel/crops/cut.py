"""Cuts a region out of a picture as the input of a network."""

import math
from functools import lru_cache

import cv2
import numpy as np

from moodreel.crops.square import Square

ZERO = cv2.BORDER_CONSTANT
REPLICATE = cv2.BORDER_REPLICATE

ROUNDING = 1.5 * 2.0**52 / cv2.INTER_TAB_SIZE
"""A float64 near this has no bits below 1/32 px: adding it rounds. The rounding has to be in float64: float32 rounds a
half to the wrong side in one of some hundred pixels, and landmarks that the network has to guess move."""
MIN_OUTSIDE_PX = 8
"""From so many rows or columns outside the picture on, a separate step for them pays off."""


def cut(picture: np.ndarray, region: Square, size: int, *, border: int) -> np.ndarray:
    """`region` of `picture` (height, width, 3) uint8 as (size, size, 3) uint8, bilinear.

    Outside the picture lies black (`border=ZERO`) or its nearest pixel (`border=REPLICATE`). The sampling grid starts
    on the region's corner, not half a pixel inside it, and its coordinates are rounded to 1/32 px: as in mediapipe's
    OpenCV path (image_to_tensor_converter_opencv.cc with OpenCV 3.4's warpPerspective). OpenCV 5's own warps
    do not round, which moves landmarks that the network has to guess, such as legs below the picture's edge, by
    several px.
    """
    height, width = picture.shape[:2]
    matrix = region.affine(size)
    made = np.empty((size, size, 3), np.uint8)
    if border != REPLICATE:
        _sample(picture, _grid(matrix, slice(0, size), slice(0, size), size), made, border)
        return made
    # Most of the square of a half body may lie outside the picture, where only the edge of the picture is sampled and
    # OpenCV is slow: those parts are sampled from the edge alone.
    (right_x, down_x, x), (right_y, down_y, y) = matrix.tolist()
    across = _bands(right_x, down_x, x, size, width)
    for rows, picture_rows in _bands(down_y, right_y, y, size, height):
        for columns, picture_columns in across:
            source, part = picture[picture_rows, picture_columns], made[rows, columns]
            if part.size:
                _extend(source, matrix, rows, columns, size, part)
    return made


def as_input(picture: np.ndarray, low: float, high: float) -> np.ndarray:
    """A cut (size, size, 3) uint8 as a float32 batch of one (1, size, size, 3), 0 becoming `low` and 255 `high`."""
    batch = picture[np.newaxis].astype(np.float32)
    batch *= np.float32((high - low) / 255)
    if low:
        batch += np.float32(low)
    return batch


def _bands(along: float, across: float, origin: float, size: int, length: int) -> tuple[tuple[slice, slice], ...]:
    """One axis of a cut in three bands, each with its range on the same axis of the picture, `length` px long: one end
    of the picture, all of it, the other end.

    A cut's pixel (i, j) lies at `origin` + `along` i + `across` j of the picture, i on the axis and both below `size`.
    """
    ends = slice(0, 1), slice(length - 1, length)
    start, stop = 0, size
    if abs(along) * size >= 1:  # else no position on this axis is outside the picture for the whole other axis
        swing = across * (size - 1)
        # positions before the first and after the second are outside the picture
        limits = -(origin + max(swing, 0)) / along, (length - 1 - origin - min(swing, 0)) / along
        if along < 0:
            ends, limits = ends[::-1], limits[::-1]
        start = math.floor(max(0, min(size, limits[0] + 1)))
        stop = max(start, math.ceil(max(0, min(size, limits[1]))))
    start = 0 if start < MIN_OUTSIDE_PX else start
    stop = size if size - stop < MIN_OUTSIDE_PX else stop
    return (slice(0, start), ends[0]), (slice(start, stop), slice(0, length)), (slice(stop, size), ends[1])


def _extend(source: np.ndarray, matrix: np.ndarray, rows: slice, columns: slice, size: int, part: np.ndarray) -> None:
    """Fill `part`, these `rows` and `columns` of a cut, from `source`: the picture, or one row, column or pixel of its
    edge that replaces all pixels beyond it."""
    height, width = source.shape[:2]
    if height == width == 1:
        part[0] = source
        part[1:] = part[0]
        return
    grid = _grid(matrix * [[width > 1], [height > 1]], rows, columns, size)
    if height > 1 and width > 1:
        np.clip(grid, 0, np.inf, out=grid)
        _sample(source, grid, part, REPLICATE)
    else:
        # OpenCV is fast only where the source also has the next row and two columns
        np.clip(grid, 0, max(height, width) - 1, out=grid)
        _sample(cv2.copyMakeBorder(source, 0, 1, 0, 2, REPLICATE), grid, part, REPLICATE)


def _grid(matrix: np.ndarray, rows: slice, columns: slice, size: int) -> np.ndarray:
    """Picture coordinates of the pixels of these `rows` and `columns` of a cut, (rows, columns, 2) float32 x and y,
    rounded to 1/32 px."""
    steps = _steps(size)
    across = np.empty((2, columns.stop - columns.start, 2))
    across[0] = matrix[:, 1]
    across[1] = np.multiply.outer(steps[columns, 0], matrix[:, 0]) + matrix[:, 2]
    grid = steps[rows] @ across.reshape(2, -1)
    grid += ROUNDING
    grid -= ROUNDING
    return grid.astype(np.float32).reshape(-1, *across.shape[1:])


@lru_cache
def _steps(size: int) -> np.ndarray:
    """Rows (index, 1) of a cut's pixels along an axis, (size, 2)."""
    steps = np.ones((size, 2))
    steps[:, 0] = np.arange(size)
    steps.flags.writeable = False
    return steps


def _sample(source: np.ndarray, grid: np.ndarray, into: np.ndarray, border: int) -> None:
    """The pixels of `source` at `grid`, bilinear."""
    whole, between = cv2.convertMaps(grid, None, cv2.CV_16SC2)  # type: ignore[call-overload]  # OpenCV allows None
    cv2.remap(source, whole, between, cv2.INTER_LINEAR, dst=into, borderMode=border)
