"""A run of two videos, one of which holds nothing, as the export steps find it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.extraction import BODY_25, POSE
from moodreel.tables.face import ACTION_UNITS, FACE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.schema import Table
from moodreel.tables.videos import VIDEOS
from unit.steps.calls import table_of

FRAMES, RATE_HZ = 100, 25
IDS = ("hopper-smile_1", "empty.2")
STAMP = {"picture_start_s": 0.5, "sound_start_s": 0.0, "face_backend": "facemesh"}


def a_frame_each(spec: Table, **columns) -> pl.DataFrame:
    frames = np.arange(FRAMES)
    statuses = ["ok"] * 90 + ["no_person" if spec is POSE else "no_face"] * 10
    return table_of(spec, {"frame": frames, "time_s": frames / RATE_HZ, "status": statuses, **columns})


def face() -> pl.DataFrame:
    """The lip corners are pulled from frame 20 to 39, the brows lowered from 50 to 59; units 14 and 23 are null throughout, the last 10 frames too."""
    units = {f"AU{unit:02d}_r": np.zeros(FRAMES) for unit in ACTION_UNITS if unit not in (14, 23)}
    units["AU12_r"][20:40] = 2.5
    units["AU04_r"][50:60] = 1.5
    angles = dict.fromkeys(("pitch_deg", "yaw_deg", "roll_deg", "gaze_x_deg", "gaze_y_deg"), np.full(FRAMES, 5.0))
    present = {name.replace("_r", "_c"): values >= 1 for name, values in units.items()}
    made = a_frame_each(FACE, confidence=np.full(FRAMES, 0.9), **angles, **units, **present)
    return made.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(*angles, *units, *present)))


def pose() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    points = {f"{point}_{part}": rng.uniform(0.5, 1, FRAMES) for point in BODY_25 for part in ("x", "y", "confidence")}
    points |= {name: 100 * values for name, values in points.items() if not name.endswith("confidence")}
    made = a_frame_each(POSE, cut=np.zeros(FRAMES, bool), confidence=np.full(FRAMES, 0.9), **points)
    return made.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(*points)))


WINDOW = {"video": [IDS[0]] * 2, "window": [0, 1], "start_s": [0.0, 2.0], "end_s": [2.0, 4.0]}


def run_of(folder: Path) -> Path:
    """Write the run's tables into `folder` and its videos' into folders of it."""
    for video, face_table, pose_table in ((IDS[0], face(), pose()), (IDS[1], face().clear(), pose().clear())):
        stamp = STAMP if len(face_table) else {"reason": "no_frames"}
        base.write(folder / video / "face.parquet", FACE, face_table, stamp)
        base.write(folder / video / "pose.parquet", POSE, pose_table, stamp)
    windows = table_of(WINDOWS, WINDOW, first_row=[0, 50], rows=50, valid_share=1.0, performer="hopper")
    base.write(folder / "windows.parquet", WINDOWS, windows, {})
    base.write(folder / "labels.parquet", LABELS, table_of(LABELS, WINDOW, label="smile"), {})
    base.write_tsv(folder / "emotions.tsv", EMOTIONS, table_of(EMOTIONS, {"video": IDS, "emotion": ["joy", None]}))
    base.write(folder / "clusters.parquet", CLUSTERS, table_of(CLUSTERS, WINDOW, cluster=[2, 1], distance=0.5), {})
    folders = [str(folder / video) for video in IDS]
    videos = {"video": IDS, "performer": ["hopper", "empty.2"], "folder": folders, "face_folder": folders}
    fixed = {"source": "/home/someone/smile.mp4", "kind": "file", "face_backend": "facemesh"}
    base.write_tsv(folder / "videos.tsv", VIDEOS, table_of(VIDEOS, videos, **fixed, pose_backend="blazepose"))
    screened = {"video": IDS, "kept": [True, False], "reason": [None, "no frames"], "frames": [FRAMES, 0]}
    base.write_tsv(folder / "screening.tsv", SCREENING, table_of(SCREENING, screened))
    return folder
