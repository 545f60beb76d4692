"""Gaze relative to the head, from the irises."""

import numpy as np

from moodreel.face.head_pose import CANONICAL_HEAD

EYES = ((468, 33, 133), (473, 263, 362))
"""Iris centre and both corners of the viewer's left and right eye."""

# Radius, half the axial length of 22 to 25 mm: Bekerman et al. 2014, doi:10.1155/2014/503645
_EYEBALL_MM = 12.0
# Radius, half the corneal diameter of 11.7 mm: Rüfer et al. 2005, doi:10.1097/01.ico.0000148312.01805.53
_IRIS_MM = 5.85
# Between the pupils: Dodgson 2004, doi:10.1117/12.529999
_EYE_DISTANCE_MM = 63.4

ARM = np.sqrt(_EYEBALL_MM**2 - _IRIS_MM**2) / _EYE_DISTANCE_MM
"""Distance from the eyeball's centre to the plane of the iris, a circular section of it: 10.5 mm, here in eye
distances."""


def gaze(face: np.ndarray) -> np.ndarray:
    """Horizontal and vertical gaze, (frames, 2), degrees, of pose-free meshes (frames, 478, 3).

    Positive to the viewer's right and down; the angle is arcsin(d / ARM), with d the offset of the iris centre from the
    middle between its eye's corners, minus that of the average head, averaged over both eyes. NaN where the mesh is
    NaN. Behind closed lids (AU45) the mesh guesses.
    """
    offset = np.mean([_iris_offset(face, eye) - _iris_offset(CANONICAL_HEAD[None], eye) for eye in EYES], axis=0)
    return np.degrees(np.arcsin(np.clip(offset / ARM, -1, 1)))


def _iris_offset(face: np.ndarray, eye: tuple[int, int, int]) -> np.ndarray:
    iris, *corners = eye
    return (face[:, iris] - face[:, corners].mean(axis=1))[:, :2]
