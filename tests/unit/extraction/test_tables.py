"""What was seen in frames, as tables."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import polars.selectors as cs
import pytest

from moodreel.extraction import tables
from moodreel.extraction.person_tracker import Row
from moodreel.face.mesh import Mesh
from moodreel.face_crops import FaceCrop
from moodreel.pose import Pose
from moodreel.pose.body25 import COLUMNS, INDEX
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face_crops import FACE_CROPS

MESH_POINTS = np.arange(478 * 3, dtype=np.float32).reshape(478, 3)


def body() -> np.ndarray:
    points = np.full((25, 3), (50.0, 40.0, 0.9), np.float32)
    points[INDEX["left_ankle"], :2] = np.nan
    points[INDEX["left_small_toe"]] = np.nan
    return points


def rows(poses: list[Pose], meshes: list[Mesh], start: int = 0) -> Iterator[Row]:
    for i, (pose, mesh) in enumerate(zip(poses, meshes, strict=True), start):
        yield Row(i, 0.04 * i, pose, mesh)


def both(seen) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """POSE and MESH of each group of rows."""
    return [(tables.pose_table(group), tables.mesh_table(group)) for group in tables.groups(seen)]


def test_one_row_per_frame_whatever_was_seen():
    poses = [Pose("ok", 0.9, body(), 1), Pose("low_confidence", 0.2), Pose("no_person", people_seen=0)]
    meshes = [Mesh("ok", 0.8, MESH_POINTS), Mesh("no_person"), Mesh("no_person")]
    ((pose, mesh),) = both(rows(poses, meshes, start=7))
    # what POSE and MESH say already, so that conforming casts nothing
    assert pl.from_arrow(POSE.conform(pose)).schema == pose.schema
    assert pl.from_arrow(MESH.conform(mesh)).schema == mesh.schema
    for table in (pose, mesh):
        assert table["frame"].to_list() == [7, 8, 9]
        assert table["time_s"].to_list() == pytest.approx([0.28, 0.32, 0.36])
    seen = pose.select("status", "people_seen", "confidence").rows()
    assert seen == [("ok", 1, pytest.approx(0.9)), ("low_confidence", None, pytest.approx(0.2)), ("no_person", 0, None)]
    seen = mesh.select("status", "confidence").rows()
    assert seen == [("ok", pytest.approx(0.8)), ("no_person", None), ("no_person", None)]


def test_what_was_not_seen_is_null_and_keeps_its_confidence():
    ((pose, mesh),) = both(rows([Pose("ok", 0.9, body(), 1), Pose("no_person")], [Mesh("no_face"), Mesh("no_person")]))
    row, empty = pose.rows(named=True)
    assert (row["nose_x"], row["nose_y"], row["left_ankle_x"], row["left_ankle_y"]) == (50, 40, None, None)
    assert row["left_ankle_confidence"] == pytest.approx(0.9)
    assert row["left_small_toe_confidence"] is empty["nose_confidence"] is None
    assert [mesh[axis].null_count() for axis in "xyz"] == [2, 2, 2]


def test_no_nan_is_left():
    gone = np.full_like(body(), np.nan)
    ((pose, _),) = both(rows([Pose("ok", 0.9, body(), 1), Pose("ok", 0.8, gone, 1)], [Mesh("no_face")] * 2))
    assert not pose.select(cs.float().is_nan().any()).row(0).count(True)
    assert pose[1, COLUMNS].row(0) == (None,) * 75
    assert sum(value is None for value in pose[0, COLUMNS].row(0)) == 2 + 3


def test_the_mesh_is_written_axis_by_axis_and_blendshapes_where_there_are_any():
    scores = np.linspace(0, 1, 52, dtype=np.float32)
    meshes = [Mesh("ok", 0.8, MESH_POINTS, scores), Mesh("low_confidence", 0.2), Mesh("ok", 0.8, MESH_POINTS)]
    ((_, mesh),) = both(rows([Pose("no_person")] * 3, meshes))
    for axis, name in enumerate("xyz"):
        points = MESH_POINTS[:, axis].tolist()
        assert mesh[name].to_list() == [points, None, points]
    assert mesh["blendshapes"].to_list() == [scores.tolist(), None, None]
    assert pl.from_arrow(MESH.conform(mesh)).schema == mesh.schema


def test_rows_come_in_row_groups(monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP_ROWS", 4)
    made = list(tables.groups(rows([Pose("no_person")] * 10, [Mesh("no_person")] * 10)))
    assert [len(group) for group in made] == [4, 4, 2]
    assert [row.frame for group in made for row in group] == list(range(10))
    assert list(tables.groups([])) == []


def test_crops_stand_in_tables_of_their_own_with_the_meshes_status():
    face = Mesh("ok", 0.8, MESH_POINTS)
    seen = rows([Pose("no_person")] * 3, [face, Mesh("no_face"), face])
    crops = [FaceCrop(1, 2, 3, 4, 5, b"face"), None, None]
    made = tables.crops_table([row._replace(crops=(None, own)) for row, own in zip(seen, crops, strict=True)], 1)
    assert pl.from_arrow(FACE_CROPS.conform(made)).schema == made.schema
    assert made["status"].to_list() == ["ok", "no_face", "outside"]
    assert made["picture"].to_list() == [b"face", None, None] and made["angle_deg"].to_list() == [5, None, None]
