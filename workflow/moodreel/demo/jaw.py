"""The jaw: it drops, the lips part along a cut, and the mouth's dark inside appears between them."""

import cv2
import numpy as np

from moodreel.demo.faceframe import FaceFrame
from moodreel.demo.shapes import ramp

INSIDE_RGB = (52, 22, 20)
TONGUE_RGB = (96, 44, 42)

DROP = 0.16
"""Drop of the chin, in units."""

CORNERS = 0.45
"""Drop of the corners of the mouth, as a share of `DROP`."""


class Jaw:
    """The jaw of one person, at full drop: the displacement of each pixel, and the opening of the mouth.

    `field` is the inverse dt, (height, width), in units. The cut follows the inner edge of the lower lip, so that teeth
    stay with the upper one.
    """

    def __init__(self, face: FaceFrame) -> None:
        cut = face.inner_lower_lip(face.s)
        left, right = face.inner_corners
        along = np.clip(2 * (face.s - left) / (right - left) - 1, -1, 1)
        parts = 1 - along**2
        chin_s, chin_t = face.chin
        drop = DROP * ramp(np.abs(face.s - chin_s), 1.0, 0.3)
        upper, lower = CORNERS * (1 - parts), CORNERS + (1 - CORNERS) * parts
        above = upper * ramp(face.t, cut - 0.3, cut)
        below = lower + (1 - lower) * ramp(face.t, cut, cut + 0.35)
        below = below * ramp(face.t, chin_t + 0.5, chin_t)
        self.field = -drop * np.where(face.t > cut + drop * upper, below, above)
        # The opening, in its bounding rectangle, in pixels below the cut.
        distance = (face.t - cut) * face.unit_px
        upper_px, lower_px = drop * upper * face.unit_px, drop * lower * face.unit_px
        opens = (np.abs(along) < 1) & (distance > -6) & (distance < lower_px + 6)
        self.rectangle = cv2.boundingRect(opens.astype(np.uint8))
        rows, columns = self.region
        self.distance, self.upper, self.lower = (
            a[rows, columns].astype(np.float32) for a in (distance, upper_px, lower_px)
        )
        depth = np.clip(self.distance / (DROP * face.unit_px), 0, 1)[..., None] ** 2
        self.inside = (1 - depth) * np.array(INSIDE_RGB, np.float32) + depth * np.array(TONGUE_RGB, np.float32)

    @property
    def region(self) -> tuple[slice, slice]:
        left, top, width, height = self.rectangle
        return np.s_[top : top + height, left : left + width]

    def open_mouth(self, picture: np.ndarray, activation: float) -> None:
        """Paint the inside of the mouth into `picture`, the region of the animated face, in place."""
        upper, lower = activation * self.upper - 1.5, activation * self.lower
        opening = np.clip((self.distance - upper) / 2, 0, 1) * np.clip((lower - self.distance) / 2, 0, 1)
        opening *= np.clip((lower - upper - 1.5) / 3, 0, 1)
        opening = cv2.GaussianBlur(opening.astype(np.float32), (0, 0), 1.0)[..., None]
        patch = picture[self.region]
        patch[:] = patch + opening * (self.inside - patch)
