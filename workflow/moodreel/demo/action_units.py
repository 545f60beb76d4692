"""The animated face of one person: one dense displacement field per action unit, and other changes by a unit.

A field gives for each pixel the place in the portrait that its colour comes from, at full activation; an animated face
is the portrait sampled at the weighted sum of the fields. Each field is bounded by the anatomy of the face frame: brows
do not pull at the lids, the jaw does not pull at the nose.

The units are those of the Facial Action Coding System (Ekman & Friesen, 1978). Their amplitudes are our own
choice, mild, in units of the distance between the eyes.
"""

import cv2
import numpy as np

from moodreel.demo import skin
from moodreel.demo.faceframe import FaceFrame
from moodreel.demo.frown import furrows, lower_brows
from moodreel.demo.jaw import Jaw
from moodreel.demo.lids import close_eyes, lash_line, raise_lower_lids, smooth_drawn_skin
from moodreel.demo.portraits import Portrait
from moodreel.demo.script import UNITS
from moodreel.demo.shapes import sample, vectors

SHADOW_RGB = (0.75, 1.0, 1.15)
"""How strongly a shadow on skin reduces each colour: red least."""


class Shade:
    """Skin darkened by a unit, at full activation; stored for its bounding rectangle."""

    def __init__(self, share: np.ndarray) -> None:
        left, top, width, height = cv2.boundingRect((np.abs(share) > 0.005).astype(np.uint8))
        self.region = np.s_[top : top + height, left : left + width]
        self.share = (share[self.region][..., None] * SHADOW_RGB).astype(np.float32)

    def darken(self, picture: np.ndarray, activation: float) -> None:
        patch = picture[self.region]
        patch[:] = np.clip(patch * (1 + activation * self.share), 0, 255)


class Face:
    """One person's face, ready for animation.

    `frame` is its frame of reference, `plate` the portrait, `fields` float32 (len(UNITS), height, width, 2), plate
    pixels, over the face's region.
    """

    def __init__(self, portrait: Portrait) -> None:
        self.frame = FaceFrame(portrait.mesh, limit_px=len(portrait.plate))
        self.plate = smooth_drawn_skin(portrait.plate, self.frame, portrait.framing)
        self.jaw = Jaw(self.frame)
        fields = {
            unit: skin.invert(self.frame.to_pixels(forward(self.frame, portrait.framing)))
            for unit, forward in skin.UNITS.items()
        }
        fields["au04"] = lower_brows(self.frame)
        fields["au06"] = fields["au06"] + self.frame.to_pixels(vectors(0, raise_lower_lids(self.frame)))
        fields["au26"] = self.frame.to_pixels(vectors(0, self.jaw.field))
        fields["au45"] = self.frame.to_pixels(vectors(0, close_eyes(self.frame, portrait.framing)))
        self.fields = np.stack([fields[unit] for unit in UNITS]).astype(np.float32)
        self.shades = {"au04": Shade(furrows(self.frame)), "au45": Shade(lash_line(self.frame))}
        rows, columns = self.frame.region
        self._positions = np.stack(
            np.meshgrid(np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)), axis=-1
        ).astype(np.float32)

    def move(self, activations: np.ndarray) -> np.ndarray:
        """The plate with the face moved by `activations` (len(UNITS),), 0..1; RGB uint8, not to be written to."""
        active = {UNITS[i]: (self.fields[i], float(activations[i])) for i in np.flatnonzero(activations)}
        if not active:
            return self.plate
        positions = self._positions.copy()
        for field, activation in active.values():
            cv2.scaleAdd(field, activation, positions, dst=positions)
        region = sample(self.plate, positions, cv2.BORDER_REPLICATE)
        for unit, (_, activation) in active.items():
            if unit in self.shades:
                self.shades[unit].darken(region, activation)
            if unit == "au26":
                self.jaw.open_mouth(region, activation)
        plate = self.plate.copy()
        plate[self.frame.region] = region
        return plate
