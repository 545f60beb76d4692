"""Pose and face mesh of a video's frames, as tables: one row per decoded frame, whatever was or was not seen in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from moodreel.face.mesh import Mesh, MeshTracker
from moodreel.face.mesh.head import head_square
from moodreel.pose import Pose, PoseTracker
from moodreel.pose.body25 import hide_unseen
from moodreel.tables.base import ROW_GROUP_ROWS
from moodreel.tables.extraction import BODY_25, MESH, MESH_POINTS, POSE
from moodreel.video.cuts import CutDetector
from moodreel.video.decode import Frame

Rows = list[tuple[int, float, Pose, Mesh]]
"""Frame index, time in s, pose and mesh of successive frames, without their pictures."""


def tables(
    frames: Iterable[Frame], body: PoseTracker, face: MeshTracker, *, min_visibility: float
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """POSE and MESH tables of up to `ROW_GROUP_ROWS` successive frames each; only one picture is held at a time.

    The face is looked for where the pose shows the head. At a cut both trackers start anew. Points less sure than
    `min_visibility`, or outside the picture, have null for x and y.
    """
    rows: Rows = []
    cuts = CutDetector()
    for frame in frames:
        if cuts.is_cut(frame.picture):
            body.forget()
            face.forget()
        height, width = frame.picture.shape[:2]
        pose = body.follow(frame.picture, frame.time_s)
        head = None
        if pose.points is not None:
            head = head_square(pose.points)
            shown = hide_unseen(pose.points, width, height, min_visibility)
            pose = Pose(pose.status, pose.confidence, shown, pose.people_seen)
        rows.append((frame.index, frame.time_s, pose, face.follow(frame.picture, head)))
        if len(rows) == ROW_GROUP_ROWS:
            yield pose_table(rows), mesh_table(rows)
            rows = []
    if rows:
        yield pose_table(rows), mesh_table(rows)


def pose_table(rows: Rows) -> pa.Table:
    """The POSE table of `rows`; NaN in a pose becomes null."""
    body = np.full((len(rows), len(BODY_25), 3), np.nan, np.float32)
    for row, (_, _, pose, _) in enumerate(rows):
        if pose.points is not None:
            body[row] = pose.points
    columns = _frame_columns(rows)
    columns["status"] = [pose.status for _, _, pose, _ in rows]
    columns["people_seen"] = [pose.people_seen for _, _, pose, _ in rows]
    columns["confidence"] = [pose.confidence for _, _, pose, _ in rows]
    for index, point in enumerate(BODY_25):
        for part, name in enumerate(("x", "y", "confidence")):
            columns[f"{point}_{name}"] = pa.array(np.ascontiguousarray(body[:, index, part]), from_pandas=True)
    return pa.table(columns, schema=POSE.schema)


def mesh_table(rows: Rows) -> pa.Table:
    """The MESH table of `rows`."""
    points = np.zeros((3, len(rows), MESH_POINTS), np.float32)
    absent = np.ones(len(rows), bool)
    for row, (_, _, _, mesh) in enumerate(rows):
        if mesh.points is not None:
            points[:, row] = mesh.points.T
            absent[row] = False
    columns = _frame_columns(rows)
    columns["status"] = [mesh.status for _, _, _, mesh in rows]
    columns["confidence"] = [mesh.confidence for _, _, _, mesh in rows]
    for axis, values in zip("xyz", points, strict=True):
        columns[axis] = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), MESH_POINTS, mask=pa.array(absent))
    return pa.table(columns, schema=MESH.schema)


def _frame_columns(rows: Rows) -> dict[str, list]:
    return {"frame": [index for index, *_ in rows], "time_s": [time_s for _, time_s, *_ in rows]}
