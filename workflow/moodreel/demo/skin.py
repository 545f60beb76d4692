"""Action units that move skin without a cut: raised brows, cheeks, corners of the mouth, lips.

Each function returns the forward field, the displacement of each point of the face at full activation, (height, width,
2) in (s, t) of the face frame; `invert` turns it into the field by which a picture is sampled.
"""

import numpy as np

from moodreel.demo.faceframe import FaceFrame
from moodreel.demo.portraits import Framing
from moodreel.demo.shapes import bell, height, ramp, sample, vectors


def _brows(face: FaceFrame, floor: np.ndarray, brow: np.ndarray) -> np.ndarray:
    """0 at the height `floor`, 1 from `brow` to a little above the brows, 0 again at the top of the forehead."""
    top = np.minimum(face.brows(face.s), brow) - 0.05
    above = ramp(face.t, np.minimum(face.forehead[1], top) - 0.1, top)
    return ramp(face.t, floor, brow) * above * ramp(np.abs(face.s), 1.2, 0.8)


def _brow_raise(face: FaceFrame, framing: Framing, share: np.ndarray) -> np.ndarray:
    # The skin is stretched only just above the floor.
    floor = face.creases(face.s) - framing.brow_floor
    return vectors(0, -0.085 * share * _brows(face, floor, floor - 0.035))


def _au01(face: FaceFrame, framing: Framing) -> np.ndarray:
    return _brow_raise(face, framing, ramp(np.abs(face.s), 0.75, 0.3))


def _au02(face: FaceFrame, framing: Framing) -> np.ndarray:
    return _brow_raise(face, framing, ramp(np.abs(face.s), 0.3, 0.75))


def _au06(face: FaceFrame, framing: Framing) -> np.ndarray:
    ceiling = height(framing.cheek_ceiling, face.s)
    cheek = bell(np.abs(face.s) - 0.62, 0.2) * bell(face.t - 0.62, 0.22)
    return vectors(0, -0.05 * cheek * ramp(face.t, ceiling, ceiling + 0.2))


def _around_mouth(face: FaceFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position along the mouth (-1 and 1 at its corners), height below the line between these, and a reach.

    The reach is 1 along the mouth and fades beyond its corners and towards the nose.
    """
    (left, left_t), (right, right_t) = face.mouth_corners
    along = 2 * (face.s - left) / (right - left) - 1
    line = np.interp(face.s, [left, right], [left_t, right_t])
    beyond = np.maximum(np.abs(along) - 1, 0)
    nose = face.nose_base[1]
    under_nose = 1 - ramp(np.abs(face.s), 0.45, 0.2) * ramp(face.t, nose + 0.15, nose)
    return along, face.t - line, bell(beyond, 0.45) * under_nose


def _au12(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, below, reach = _around_mouth(face)
    reach, along = reach * bell(below, 0.26), np.clip(along, -1, 1)
    return vectors(0.08 * along * reach, -0.08 * np.abs(along) ** 1.5 * reach)


def _au15(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, below, reach = _around_mouth(face)
    reach, along = reach * bell(below, 0.22), np.clip(along, -1, 1)
    return vectors(0.02 * along * reach, (0.10 * along**2 - 0.02) * reach)


def _au18(face: FaceFrame, framing: Framing) -> np.ndarray:
    along, _, reach = _around_mouth(face)
    below = face.t - face.mouth_centre[1]
    narrower = -0.13 * np.clip(along, -1, 1) * bell(below, 0.24)
    thicker = 0.30 * below * bell(below, 0.13) * bell(along, 0.5)
    return vectors(narrower * reach, thicker * reach)


UNITS = {"au01": _au01, "au02": _au02, "au06": _au06, "au12": _au12, "au15": _au15, "au18": _au18}
"""The units' forward fields."""


def invert(forward: np.ndarray) -> np.ndarray:
    """The inverse of the field `forward` (height, width, 2), px: from each pixel to the source of its colour.

    Fixed-point iteration (Chen et al., 2008, doi:10.1118/1.2816107), damped so that it also converges where skin is
    stretched to four times its height. Where a field folds there is no inverse.
    """
    rows, columns = forward.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float32)
    forward = forward.astype(np.float32)
    inverse = -forward
    for _ in range(14):
        inverse += 0.35 * (-sample(forward, grid + inverse) - inverse)
    return inverse
