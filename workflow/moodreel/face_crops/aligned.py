"""A face with its eyes level, as a square JPEG picture: the input of most networks for faces."""

import cv2
import numpy as np

from moodreel.face_crops import FaceCrop

EYES = ((33, 133), (362, 263))
"""The corners of the right and of the left eye among the 478 points (MediaPipe, face_mesh_connections.py)."""

MARGIN = 1.2
"""The square's side by the larger side of the upright mesh, so that the hair's edge and the chin are shown."""


class AlignedCutter:
    """Square pictures of `px` by `px`, JPEG of the quality `quality` (1 to 100). Black beyond the picture's
    edge."""

    def __init__(self, px: int, quality: int) -> None:
        self._px = px
        self._quality = quality
        self.form = f"JPEG, {px} x {px} px"

    def cut(self, picture: np.ndarray, points: np.ndarray) -> FaceCrop | None:
        """As `Cutter.cut`."""
        right, left = (points[list(corners)].mean(axis=0) for corners in EYES)
        angle = np.arctan2(*(left - right)[::-1])
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        upright = points @ turn.T
        first, last = upright.min(axis=0), upright.max(axis=0)
        side = MARGIN * float((last - first).max())
        middle = (first + last) / 2 @ turn
        shown = self._warp(picture, turn, middle, side)
        if shown is None:
            return None
        encoded, jpeg = cv2.imencode(
            ".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, self._quality]
        )
        if not encoded:
            raise RuntimeError("OpenCV could not write a JPEG picture")
        left, top = (float(edge) for edge in middle - side / 2)
        return FaceCrop(left, top, side, side, float(np.degrees(angle)), jpeg.tobytes())

    def _warp(self, picture: np.ndarray, turn: np.ndarray, middle: np.ndarray, side: float) -> np.ndarray | None:
        """The square of this middle and side, upright: (px, px, 3) uint8; None where it is empty or outside the
        picture.

        A larger face is first reduced by area averaging: a warp alone would skip pixels.
        """
        reach = side / 2 * np.abs(turn).sum(axis=0) + 1  # of the turned square
        first = np.maximum(np.floor(middle - reach).astype(int), 0)
        last = np.minimum(np.ceil(middle + reach).astype(int) + 1, picture.shape[1::-1])
        if side <= 0 or (last <= first).any():
            return None
        part = picture[first[1] : last[1], first[0] : last[0]]
        reduction = min(1.0, self._px / side)
        size = np.maximum(1, np.round((last - first) * reduction)).astype(int)
        if reduction < 1:
            part = cv2.resize(part, size.tolist(), interpolation=cv2.INTER_AREA)
        scale = size / (last - first) if reduction < 1 else np.ones(2)
        # the centres of pixels are at halves: place in the part, then in the square
        place = (middle - first + 0.5) * scale - 0.5
        linear = turn / scale * (self._px / side)
        shift = (self._px - 1) / 2 - linear @ place
        return cv2.warpAffine(part, np.column_stack([linear, shift]), (self._px, self._px), flags=cv2.INTER_LINEAR)


def cutter(px: int, quality: int) -> AlignedCutter:
    """A cutter of this kind."""
    return AlignedCutter(px, quality)
