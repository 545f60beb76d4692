"""OpenFace's CSV, column by column, unchanged.

Names, order and meaning as OpenFace 2.2 writes them (its wiki, "Output Format", and what FeatureExtraction writes):
714 columns. The versions of 2017 and 2018 lack `face_id`, `gaze_angle_*` and `eye_lmk_*`: 431 columns.
"""

from collections.abc import Iterable

from moodreel.tables.schema import Column, Table

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

PREFIX = "openface_"
"""Prefix of a column's name in our tables: OpenFace's own `frame` and ours differ."""

OPENFACE = Table(
    "openface",
    1,
    "All of OpenFace's columns with the numbers of its file, one row per decoded frame: after `frame` and `time_s` the 714 "
    "of OpenFace 2.2 in its order, each under its name with the prefix `openface_`, in its unit (px, mm, radians, "
    "intensities 0 to 5). Null where the file has no row, no such column or an empty cell. Only with `features.set: "
    "paper`. `results/videos/<video>/<extraction>/openface.parquet`",
    (
        Column("frame", "int32", "", "index of the decoded frame, from 0", nullable=False),
        Column("time_s", "float64", "s", "presentation time since the file's first frame", nullable=False),
    ),
    extra="float32",
)
