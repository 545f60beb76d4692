"""Motion of head and torso: from a plate with an animated face to a frame.

Each motion is one coarse displacement field at unit size, bounded to head or torso by a soft mask; a frame samples the
plate at their weighted sum. Yaw and pitch shift nearer points by more: the parallax of the mesh's own depth.
"""

import cv2
import numpy as np

from moodreel.demo.faceframe import FaceFrame
from moodreel.demo.portraits import PICTURE_PX, PLATE_PX, Portrait
from moodreel.demo.script import MOTIONS
from moodreel.demo.shapes import ramp, sample

COARSE_PX = 120
"""Side of the fields; they are smooth, and enlarged for each frame."""

AXIS_BEHIND = 0.5
"""Distance of the axis of yaw and pitch behind the mesh's rearmost point, in units: about at the spine."""


def _depth(portrait: Portrait, face: FaceFrame) -> np.ndarray:
    """Distance of each point in front of the head's axis, px, (COARSE_PX, COARSE_PX).

    A mean of the mesh's depths weighted by closeness (Nadaraya-Watson), smooth on the face and continued around it.
    """
    near = portrait.mesh[:, 2].max() + AXIS_BEHIND * face.unit_px - portrait.mesh[:, 2]
    at = (np.arange(COARSE_PX // 4) + 0.5) * 4 * PLATE_PX / COARSE_PX - 0.5
    x, y = (-0.5 * np.square((at[:, None] - portrait.mesh[:, axis]) / (0.12 * face.unit_px)) for axis in (0, 1))
    closeness = np.exp(y[:, None] + x[None, :]) + 1e-12
    depth = closeness @ near / closeness.sum(axis=-1)
    return cv2.resize(depth, (COARSE_PX, COARSE_PX), interpolation=cv2.INTER_LINEAR)


def motion_fields(portrait: Portrait, face: FaceFrame) -> np.ndarray:
    """The displacement to the source of each pixel's colour, per unit of each motion.

    float32 (len(MOTIONS), COARSE_PX, COARSE_PX, 2), in plate pixels.
    """
    scale = PLATE_PX / PICTURE_PX
    coarse = (np.arange(COARSE_PX) + 0.5) * PLATE_PX / COARSE_PX - 0.5
    at = np.stack(np.meshgrid(coarse, coarse), axis=-1)
    s, t = np.moveaxis(face.coordinates(at), -1, 0)
    chin = face.chin[1]
    # An egg around head and hair; below the chin it tapers off along the neck.
    distance = np.hypot(s / 1.35, (t - 0.3) / np.where(t < 0.3, 1.7, 2.2))
    head = ramp(distance, 1.6, 0.9) * ramp(t, chin + 0.75, chin - 0.05)
    torso = ramp(t, chin, chin + 0.9)
    whole_body = np.maximum(torso, ramp(distance, 1.6, 0.9))
    from_neck = at - portrait.neck_pivot
    depth = _depth(portrait, face)
    zero = np.zeros_like(s)
    fields = {
        "head_x": (scale * head, zero),
        "head_y": (zero, scale * head),
        "head_roll": (-np.deg2rad(1) * from_neck[..., 1] * head, np.deg2rad(1) * from_neck[..., 0] * head),
        "head_yaw": (np.deg2rad(1) * depth * head, zero),
        "head_pitch": (zero, np.deg2rad(1) * depth * head),
        "torso_x": (scale * whole_body, zero),
        "torso_y": (zero, scale * whole_body),
    }
    return -np.stack([np.stack(fields[name], axis=-1) for name in MOTIONS]).astype(np.float32)


class Body:
    """Head and torso of one person, ready for animation."""

    def __init__(self, portrait: Portrait, face: FaceFrame) -> None:
        self.fields = motion_fields(portrait, face)
        centres = ((np.arange(PICTURE_PX) + 0.5) * PLATE_PX / PICTURE_PX - 0.5).astype(np.float32)
        self._positions = np.stack(np.meshgrid(centres, centres), axis=-1)

    def move(self, plate: np.ndarray, motion: np.ndarray) -> np.ndarray:
        """`plate` (PLATE_PX, PLATE_PX, 3) after `motion` (len(MOTIONS),), as a picture (PICTURE_PX, PICTURE_PX, 3)."""
        coarse = np.tensordot(motion.astype(np.float32), self.fields, axes=1)
        positions: np.ndarray = cv2.resize(coarse, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_LINEAR)
        positions += self._positions
        return sample(plate, positions, cv2.BORDER_REFLECT_101)
