"""Lowered brows: they move down and together, and the fold above the eye slides over the lid. A field with a cut."""

import numpy as np

from moodreel.demo.faceframe import FaceFrame
from moodreel.demo.shapes import bell, ramp, vectors
from moodreel.demo.skin import invert

FOLD = 0.06
"""How far the fold (or the rim of spectacles in front of it) slides down over the lid, in units."""

BROW = 0.05
"""How much further the brow moves down, in units."""

TOGETHER = 0.07
"""How far each inner brow moves towards the middle, in units."""


def lower_brows(face: FaceFrame) -> np.ndarray:
    """The inverse field of the brow lowerer, (height, width, 2), plate px.

    Above the eyes it is cut along the crease of the lid; between and next to them it fades out.
    """
    crease = face.creases(face.s)
    aside = np.abs(face.s)
    reach = (0.4 + 0.6 * ramp(aside, 0.9, 0.35)) * ramp(aside, 1.2, 0.8)
    brow = np.minimum(face.brows(face.s), crease - 0.1)
    up = ramp(face.t, crease, brow)
    top = brow - 0.05
    forehead = ramp(face.t, np.minimum(face.forehead[1], top) - 0.1, top)
    together = -TOGETHER * np.tanh(face.s / 0.15) * ramp(aside, 0.8, 0.35) * up
    field = vectors(together, reach * (FOLD + BROW * up)) * forehead[..., None]
    cut = ramp(aside, 0.15, 0.3) * ramp(aside, 0.95, 0.8)
    edge, soft = crease + FOLD * reach, 0.008 + 0.15 * (1 - cut)
    return invert(face.to_pixels(field)) * ramp(face.t, edge + soft, edge - soft)[..., None]


def furrows(face: FaceFrame) -> np.ndarray:
    """The shade of the two upright furrows between lowered brows: relative change of brightness, (height, width)."""
    return -0.14 * bell(np.abs(face.s) - 0.09, 0.03) * bell(face.t - face.brows(face.s) - 0.05, 0.09)
