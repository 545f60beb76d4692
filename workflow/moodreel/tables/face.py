"""The tables read from the face mesh: neutral face, action units, head pose, gaze."""

from moodreel.tables.extraction import BLENDSHAPES, FRAME, MESH_POINTS
from moodreel.tables.schema import Column, Table

ACTION_UNITS = {
    1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser", 6: "cheek raiser",
    7: "lid tightener", 9: "nose wrinkler", 10: "upper lip raiser", 12: "lip corner puller", 14: "dimpler",
    15: "lip corner depressor", 17: "chin raiser", 18: "lip pucker", 20: "lip stretcher", 23: "lip tightener",
    25: "lips part", 26: "jaw drop", 45: "blink",
}  # fmt: skip
"""FACS action units (Ekman, Friesen & Hager 2002): OpenFace's seventeen and AU18."""

PAIRED = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 20, 45)
"""Action units that each half of the face can show separately."""

FACE_MOVEMENTS = 14
"""Measures of the face that action units are read from (`face.movements.MOVEMENTS`)."""

NEUTRAL = Table(
    "neutral",
    2,
    "A performer's neutral face, one row. `results/performers/<performer>/<extraction>/<units>/neutral.parquet`",
    (
        Column("performer", "string", "", "the performer", nullable=False),
        Column(
            "frames", "int32", "", "frames it was found from; 0: no face was seen, all else is null", nullable=False
        ),
        Column("videos", "int32", "", "videos of these frames", nullable=False),
        Column(
            "x",
            f"float32 x {MESH_POINTS}",
            "eye distances",
            "of the 478 points, head-fixed axes: to the viewer's right",
        ),
        Column("y", f"float32 x {MESH_POINTS}", "eye distances", "of the 478 points, head-fixed axes: down"),
        Column(
            "z", f"float32 x {MESH_POINTS}", "eye distances", "of the 478 points, head-fixed axes: away from the viewer"
        ),
        Column(
            "blendshapes",
            f"float32 x {len(BLENDSHAPES)}",
            "0..1",
            "MediaPipe's scores of the neutral face, in the order of `BLENDSHAPES`; null except with the backend `blendshapes`",
        ),
        Column(
            "zero",
            f"float32 x {len(ACTION_UNITS)}",
            "0..5",
            "level of each unit, 0 or below, that counts as zero, in the order of `ACTION_UNITS`: below the neutral "
            "face's level where more than half of the frames are below it",
        ),
    ),
)

MOVEMENTS = Table(
    "movements",
    1,
    "Displacements from which action units are computed, one row per decoded frame as in face.parquet: they allow measuring "
    "units against another neutral face after the mesh was deleted. `results/videos/<video>/<extraction>/<units>/movements.parquet`",
    (
        *FRAME,
        *(
            Column(
                f"movements_{side}",
                f"float32 x {FACE_MOVEMENTS}",
                "eye distances",
                f"of the {side} half of the face, the performer's own {side}, smoothed, in the order of "
                "`face.movements.MOVEMENTS`; null where no face was seen, and where the head is turned by more than "
                "`action_units.max_yaw_deg`",
            )
            for side in ("left", "right")
        ),
        *(
            Column(
                f"scores_{side}",
                f"float32 x {len(ACTION_UNITS)}",
                "0..1",
                f"MediaPipe's score of each unit in the {side} half, smoothed, in the order of `ACTION_UNITS`, NaN "
                "for units without a score; null except with the backend `blendshapes`",
            )
            for side in ("left", "right")
        ),
    ),
)

FACE = Table(
    "face",
    2,
    "Action units, head pose and gaze, one row per decoded frame. `results/videos/<video>/<extraction>/<units>/face.parquet`",
    (
        *FRAME,
        Column(
            "status",
            "string",
            "",
            "`ok`, or the mesh's status; `not_imported` where an imported file lacks the frame; `not_read` where no face "
            "is read (`face.backend: none`)",
            nullable=False,
        ),
        Column("confidence", "float32", "0..1", "that the region holds a face"),
        Column("face_height", "float32", "px", "height of the mesh's bounding box"),
        Column("pitch_deg", "float32", "deg", "head turned down is positive"),
        Column("yaw_deg", "float32", "deg", "head turned to the viewer's right is positive"),
        Column("roll_deg", "float32", "deg", "head tilted clockwise as the viewer sees it is positive"),
        Column(
            "gaze_x_deg",
            "float32",
            "deg",
            "eyes in the head turned to the viewer's right are positive; a guess where lids are closed",
        ),
        Column(
            "gaze_y_deg", "float32", "deg", "eyes in the head turned down are positive; a guess where lids are closed"
        ),
        *(
            Column(
                f"AU{u:02d}_r",
                "float32",
                "0..5",
                f"{name}: intensity against the neutral face; null where the mesh does not show the unit (14, 23), and where "
                "the head is turned by more than `action_units.max_yaw_deg`",
            )
            for u, name in ACTION_UNITS.items()
        ),
        *(
            Column(
                f"AU{u:02d}_{side}",
                "float32",
                "0..5",
                f"{ACTION_UNITS[u]}: intensity in the {side} half of the face, the performer's own {side}",
            )
            for u in PAIRED
            for side in ("left", "right")
        ),
        *(Column(f"AU{u:02d}_c", "int8", "0/1", f"{name}: present") for u, name in ACTION_UNITS.items()),
        *(
            Column(
                f"AU{u:02d}_raw",
                "float32",
                "0..5",
                f"{name}: intensity against the average neutral face, beyond the spread of neutral faces",
            )
            for u, name in ACTION_UNITS.items()
        ),
        *(
            Column(
                f"blendshape_{name.removeprefix('_')}",
                "float32",
                "0..1",
                f"MediaPipe's score of {name}; null except with the backend `blendshapes`",
            )
            for name in BLENDSHAPES
        ),
    ),
)
