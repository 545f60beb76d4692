"""Rotation of pictures as the file declares it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Turn:
    """The rotation that turns stored pictures upright: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def degrees(self) -> int:
        """The clockwise rotation: 0, 90, 180 or 270. A mirrored picture is mirrored left to right before it."""
        if self.transpose:
            return 90 if self.mirror_x else 270
        return 180 if self.mirror_y else 0

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right are swapped, as by a selfie camera."""
        return self.transpose ^ self.mirror_x ^ self.mirror_y

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """The picture (h, w, 3), upright and contiguous."""
        if self.transpose:
            picture = picture.transpose(1, 0, 2)
        picture = picture[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]
        return np.ascontiguousarray(picture)


def turn_of_matrix(matrix: bytes) -> Turn:
    """The turn nearest to a display matrix: nine 32-bit integers in native order, as FFmpeg gives them.

    The matrix (a b u, c d v, x y w) takes a stored point (p, q) to (a p + c q + x, b p + d q + y), y downwards (ISO/IEC
    14496-12, 6.2.2; FFmpeg, libavutil/display.h). Cameras write quarter turns; other angles are rounded to the nearest.
    """
    a, b, _, c, d, *_ = np.frombuffer(matrix, np.int32, 9).tolist()
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(False, a < 0, d < 0)
    return Turn(True, c < 0, b < 0)


def turn_of_tag(tag: str | None) -> Turn:
    """The turn of a `rotate` tag, degrees clockwise, which older recorders wrote; no turn where it is not a number."""
    try:
        quarters = round(float(tag or 0) / 90) % 4
    except (ValueError, OverflowError):
        return Turn()
    return (Turn(), Turn(True, True, False), Turn(False, True, True), Turn(True, False, True))[quarters]
