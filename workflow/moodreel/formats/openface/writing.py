"""The FACE table as OpenFace's CSV."""

from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from moodreel.formats.openface import angles
from moodreel.storage.atomic import replacement
from moodreel.tables.openface import AU_C, AU_R, COLUMNS, GAZE_ANGLES, ROTATION

DECIMALS = 6
"""Digits after the point: times to the microsecond, AUs and confidence to 0.000001, angles to 0.0001 degrees (a gaze
that is nearly across the camera's axis to less)."""


def write(path: Path, face: pl.DataFrame, *, absent: Literal["left_out", "null"] = "left_out") -> None:
    """Write a FACE table with OpenFace 2's names, order and units, atomically.

    One row per frame, counted from 1, face_id 0; `timestamp` is the true time since the video's first frame. Frames
    whose status is not `ok` have success 0 and empty cells. Of a face's columns those that OpenFace has are written:
    confidence, head pose, gaze_angle (converted into OpenFace's: `angles`), AUxx_r, AUxx_c.

    absent: OpenFace's other columns, and those that are null in every frame with a face, are left out, or written
    as empty cells (`null`), which makes the 714 columns of OpenFace 2.2.
    """
    columns = _columns(face)
    ok = face["status"] == "ok"
    table = pl.DataFrame({name: columns[name] for name in COLUMNS if name in columns})
    if absent == "null":
        empty = [pl.lit(None, pl.Float64).alias(name) for name in COLUMNS if name not in columns]
        table = table.with_columns(empty).select(COLUMNS)
    elif ok.any():
        table = table.select(
            column for column in table if column.null_count() < len(column) or column.name == "confidence"
        )
    with replacement(path) as temporary:
        table.write_csv(temporary, float_precision=DECIMALS, float_scientific=False)


def _columns(face: pl.DataFrame) -> dict[str, pl.Series]:
    """The known columns, by OpenFace's names."""
    ok = face["status"] == "ok"
    rotation = angles.head_rad(_matrix(face, "pitch_deg", "yaw_deg", "roll_deg"))
    gaze = angles.to_camera_rad(_matrix(face, "gaze_x_deg", "gaze_y_deg"), rotation)
    measured = pl.DataFrame(
        {
            **{name: rotation[:, place] for place, name in enumerate(ROTATION)},
            **{name: gaze[:, place] for place, name in enumerate(GAZE_ANGLES)},
            **{name: face[name] for name in (*AU_R, *AU_C) if name in face.columns},
        }
    )
    measured = measured.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    return {
        "frame": face["frame"] + 1,
        "face_id": pl.Series([0], dtype=pl.Int32).extend_constant(0, max(len(face) - 1, 0)).head(len(face)),
        "timestamp": face["time_s"],
        "confidence": face["confidence"],
        "success": ok.cast(pl.Int8),
        **measured.select(pl.when(ok).then(pl.all())).to_dict(),
    }


def _matrix(face: pl.DataFrame, *names: str) -> np.ndarray:
    return face.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in names).to_numpy()
