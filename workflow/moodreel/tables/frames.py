"""One video frame by frame: what was read of body and face, and whether it counts."""

from dataclasses import replace

from moodreel.tables.extraction import BODY_25, FRAME, POSE
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.schema import Column, Table

_ANGLES = ("pitch_deg", "yaw_deg", "roll_deg", "gaze_x_deg", "gaze_y_deg")
FROM_POSE = tuple(f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence"))
"""Columns that are those of POSE."""
FROM_FACE = (
    "face_height", *_ANGLES, *(f"AU{unit:02d}_r" for unit in ACTION_UNITS), *(f"AU{unit:02d}_c" for unit in ACTION_UNITS)
)  # fmt: skip
"""Columns that are those of FACE."""


def _of(table: Table, *names: str, prefix: str = "") -> tuple[Column, ...]:
    found = {column.name: column for column in table.columns}
    return tuple(replace(found[name], name=prefix + name) for name in names)


FRAMES = Table(
    "frames",
    1,
    "What was read of body and face in each decoded frame of a video, and whether it counts: POSE and FACE side by side. "
    "`exports/frames/<video>.csv`, or `.parquet` with `export.frames_as: parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        *FRAME,
        Column(
            "kept",
            "bool",
            "",
            "whether the frame counts: the screening kept the video, and the frame shows what the features are made of, a "
            "face (with `screen.level: row` one that is sure enough), a body or both",
            nullable=False,
        ),
        Column("reason", "string", "", "why it does not count; null where it does"),
        *_of(POSE, "cut"),
        *_of(POSE, "status", "confidence", prefix="pose_"),
        *_of(POSE, *FROM_POSE),
        *_of(FACE, "status", "confidence", prefix="face_"),
        *_of(FACE, *FROM_FACE),
    ),
)
