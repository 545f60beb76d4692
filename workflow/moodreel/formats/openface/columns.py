"""The columns of OpenFace's CSV, and what their numbers may be.

Names, order and meaning as OpenFace 2.2 writes them (its wiki, "Output Format", and what FeatureExtraction writes):
714 columns. The versions of 2017 and 2018 lack `face_id`, `gaze_angle_*` and `eye_lmk_*`: 431 columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from moodreel.formats.csv_text import Expected

INTENSITIES = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""Action units with an intensity, `AUxx_r`."""
PRESENCES = (*INTENSITIES[:-1], 28, 45)
"""Action units with a presence, `AUxx_c`."""

GAZE_VECTORS = tuple(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz")
GAZE_ANGLES = ("gaze_angle_x", "gaze_angle_y")
ROTATION = ("pose_Rx", "pose_Ry", "pose_Rz")
LANDMARKS_Y = tuple(f"y_{point}" for point in range(68))
AU_R = tuple(f"AU{unit:02d}_r" for unit in INTENSITIES)
AU_C = tuple(f"AU{unit:02d}_c" for unit in PRESENCES)


def _points(name: str, axes: str, count: int) -> Iterable[str]:
    return (f"{name}{axis}_{point}" for axis in axes for point in range(count))


COLUMNS = (
    "frame", "face_id", "timestamp", "confidence", "success",
    *GAZE_VECTORS, *GAZE_ANGLES, *_points("eye_lmk_", "xyXYZ", 56),
    "pose_Tx", "pose_Ty", "pose_Tz", *ROTATION,
    *_points("", "xyXYZ", 68),
    "p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty", *(f"p_{number}" for number in range(34)),
    *AU_R, *AU_C,
)  # fmt: skip
"""All 714, in order."""

_UNIT = Expected(-1.001, 1.001, "a direction's part from -1 to 1")
_RADIANS = Expected(-2 * math.pi, 2 * math.pi, "an angle in radians, from -2 pi to 2 pi")

ROW = {
    "frame": Expected(0, 2**31 - 1, "the frame's number, whole, from 0", whole=True),
    "face_id": Expected(0, 2**31 - 1, "the face's number, whole, from 0", whole=True),
    "timestamp": Expected(0, 1e7, "a time in seconds"),
    "success": Expected(0, 1, "0 or 1", whole=True),
    "confidence": Expected(0, 1, "a confidence from 0 to 1"),
}
"""What says which frame a row is of, and whether a face was seen."""

MEASURED = {
    **dict.fromkeys(GAZE_VECTORS, _UNIT),
    **dict.fromkeys((*GAZE_ANGLES, *ROTATION), _RADIANS),
    **dict.fromkeys(LANDMARKS_Y, Expected(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(AU_R, Expected(0, 5, "an intensity from 0 to 5")),
    **dict.fromkeys(AU_C, Expected(0, 1, "0 or 1", whole=True)),
}
"""What is read of a face that was seen."""
