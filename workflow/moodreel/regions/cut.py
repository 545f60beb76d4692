"""Cutting a region out of a picture as the input of a network."""

from __future__ import annotations

import cv2
import numpy as np

from moodreel.regions.square import Square

ZERO = cv2.BORDER_CONSTANT
REPLICATE = cv2.BORDER_REPLICATE


def cut(picture: np.ndarray, region: Square, size: int, *, border: int) -> np.ndarray:
    """`region` of `picture` (height, width, 3) uint8 as (size, size, 3) uint8, bilinear.

    Outside the picture lies black (`border=ZERO`) or its nearest pixel (`border=REPLICATE`). The sampling grid starts
    on the region's corner, not half a pixel inside it, and its coordinates are rounded to 1/32 px: so mediapipe's
    OpenCV path does it (image_to_tensor_converter_opencv.cc with OpenCV 3.4's warpPerspective). OpenCV 5's own warps
    do not round, which moves landmarks that the network has to guess, such as legs below the picture's edge, by
    several px.
    """
    steps = np.arange(size)
    x, y = (
        np.rint(cv2.INTER_TAB_SIZE * np.add.outer(down * steps + origin, across * steps)).astype(np.int32)
        for across, down, origin in region.affine(size)
    )
    pixel = np.empty((size, size, 2), np.int16)
    pixel[..., 0], pixel[..., 1] = x >> cv2.INTER_BITS, y >> cv2.INTER_BITS
    last = cv2.INTER_TAB_SIZE - 1
    within = ((y & last) << cv2.INTER_BITS | x & last).astype(np.uint16)
    return cv2.remap(picture, pixel, within, cv2.INTER_LINEAR, borderMode=border)


def as_input(picture: np.ndarray, low: float, high: float) -> np.ndarray:
    """A cut (size, size, 3) uint8 as a float32 batch of one (1, size, size, 3), 0 becoming `low` and 255 `high`."""
    batch = np.multiply(picture[np.newaxis], np.float32((high - low) / 255), dtype=np.float32)
    if low:
        batch += np.float32(low)
    return batch
