"""Synthetic faces: the average head, posed, and with groups of points moved."""

import numpy as np
from scipy.spatial.transform import Rotation

from moodreel.face.head_pose import CANONICAL_HEAD, MIRROR


def posed(face: np.ndarray, pitch=0.0, yaw=0.0, roll=0.0, scale=80.0, at=(300, 200, 0)) -> np.ndarray:
    """A face (478, 3) turned, degrees, and placed in a picture, px."""
    turn = Rotation.from_euler("XYZ", (pitch, -yaw, roll), degrees=True).as_matrix()
    return scale * face @ turn.T + at


def displace(shifts: dict[tuple[int, ...], tuple[float, float, float]]) -> np.ndarray:
    """The average head with points on the viewer's left shifted by (x, y, z), those on the right mirrored."""
    face = CANONICAL_HEAD.copy()
    for points, shift in shifts.items():
        for point in points:
            face[point] += shift
            if MIRROR[point] != point:
                face[MIRROR[point]] += np.array(shift) * (-1, 1, 1)
    return face
