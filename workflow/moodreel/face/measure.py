"""From a mesh to everything the face says, frame by frame."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from moodreel.face.action_units import AVERAGE, SPREAD, intensities, movements
from moodreel.face.gaze import gaze
from moodreel.face.head_pose import head_pose
from moodreel.tables.face import ACTION_UNITS, FACE


def face_table(frames: pa.RecordBatch, mesh_px: np.ndarray, neutral: np.ndarray, *, presence: float) -> pa.Table:
    """A FACE table of MESH rows `frames` with points `mesh_px` (rows, 478, 3).

    `neutral` (478, 3) is the performer's resting face in head-fixed axes; where it is NaN, `_r` and `_c` are null.
    `_raw` counts only what goes further from the average face than one standard deviation of resting faces. `_c` is 1
    where `_r` reaches `presence`. Frames whose status is not `ok` have null for everything that is measured.
    """
    ok = np.array(frames.column("status").to_pylist(), dtype=object) == "ok"
    mesh_px = np.where(ok[:, None, None], mesh_px, np.nan)
    pose = head_pose(mesh_px)
    moved = movements(pose.face)
    against_own = intensities(moved, movements(neutral[None])[0])
    against_average = intensities(moved, AVERAGE, slack=SPREAD)
    present = np.where(np.isnan(against_own), np.nan, against_own >= presence)
    eyes = gaze(pose.face)
    measured = {
        "face_height": np.ptp(mesh_px[:, :, 1], axis=1),
        "pitch_deg": pose.pitch_deg,
        "yaw_deg": pose.yaw_deg,
        "roll_deg": pose.roll_deg,
        "gaze_x_deg": eyes[:, 0],
        "gaze_y_deg": eyes[:, 1],
    }
    for column, unit in enumerate(ACTION_UNITS):
        measured[f"AU{unit:02d}_r"] = against_own[:, column]
        measured[f"AU{unit:02d}_c"] = present[:, column]
        measured[f"AU{unit:02d}_raw"] = against_average[:, column]
    columns = {name: frames.column(name) for name in ("frame", "time_s", "status", "confidence")}
    # `pa.array` would import pandas, which takes longer than the rest of the step
    columns |= {name: pl.Series(values).fill_nan(None).to_arrow() for name, values in measured.items()}
    return FACE.conform(pa.table(columns))
