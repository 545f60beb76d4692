"""Pose and mesh of a stream of frames as tables."""

from __future__ import annotations

import matplotlib.cbook
import numpy as np
import pytest
import skimage.data
from PIL import Image

from moodreel import extraction, pose
from moodreel.face import mesh
from moodreel.face.mesh import Mesh
from moodreel.pose import Pose
from moodreel.pose.body25 import INDEX
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.tables.extraction import MESH, POSE
from moodreel.video.decode import Frame


def body(confidence: float = 0.9) -> np.ndarray:
    points = np.full((25, 3), (50.0, 40.0, confidence), np.float32)
    points[INDEX["right_ear"], 0], points[INDEX["left_ear"], 0] = 30, 70
    points[INDEX["left_ankle"], 1] = 500
    points[INDEX["left_small_toe"]] = np.nan
    return points


class Script:
    """A tracker that gives what the test wrote down and remembers what it was asked."""

    def __init__(self, *answers) -> None:
        self.answers = iter(answers)
        self.asked = []
        self.forgot_before = []

    def follow(self, picture, told):
        self.asked.append(told)
        return next(self.answers)

    def forget(self):
        self.forgot_before.append(len(self.asked))


def frames(count: int, start: int = 0) -> list[Frame]:
    picture = np.zeros((80, 100, 3), np.uint8)
    return [Frame(start + i, 0.04 * (start + i), picture) for i in range(count)]


MESH_POINTS = np.arange(478 * 3, dtype=np.float32).reshape(478, 3)


def test_one_row_per_frame_whatever_was_seen():
    poses = Script(Pose("ok", 0.9, body(), 1), Pose("low_confidence", 0.2), Pose("no_person", people_seen=0))
    meshes = Script(Mesh("ok", 0.8, MESH_POINTS), Mesh("no_person"), Mesh("no_person"))
    ((pose, mesh),) = extraction.tables(frames(3, start=7), poses, meshes, min_visibility=0.5)
    assert POSE.conform(pose).schema == POSE.schema
    assert MESH.conform(mesh).schema == MESH.schema
    for table in (pose, mesh):
        assert table["frame"].to_pylist() == [7, 8, 9]
        assert table["time_s"].to_pylist() == pytest.approx([0.28, 0.32, 0.36])
    assert pose["status"].to_pylist() == ["ok", "low_confidence", "no_person"]
    assert pose["people_seen"].to_pylist() == [1, None, 0]
    assert pose["confidence"].to_pylist() == [pytest.approx(0.9), pytest.approx(0.2), None]
    assert mesh["status"].to_pylist() == ["ok", "no_person", "no_person"]


def test_what_was_not_seen_is_null_and_keeps_its_confidence():
    poses = Script(Pose("ok", 0.9, body(), 1), Pose("no_person"))
    meshes = Script(Mesh("no_face"), Mesh("no_person"))
    ((pose, mesh),) = extraction.tables(frames(2), poses, meshes, min_visibility=0.5)
    row, empty = pose.to_pylist()
    assert (row["nose_x"], row["nose_y"]) == (50, 40)
    assert (row["left_ankle_x"], row["left_ankle_y"]) == (None, None)
    assert row["left_ankle_confidence"] == pytest.approx(0.9)
    assert row["left_small_toe_confidence"] is None
    assert empty["nose_confidence"] is None
    assert mesh["x"].null_count == mesh["y"].null_count == mesh["z"].null_count == 2


def test_the_mesh_is_written_axis_by_axis():
    poses, meshes = Script(*[Pose("no_person")] * 2), Script(Mesh("no_person"), Mesh("ok", 0.8, MESH_POINTS))
    ((_, mesh),) = extraction.tables(frames(2), poses, meshes, min_visibility=0.5)
    for axis, name in enumerate("xyz"):
        assert mesh[name].to_pylist() == [None, MESH_POINTS[:, axis].tolist()]


def test_the_face_is_looked_for_around_the_head_as_the_network_saw_it():
    """Also where the head's points are too unsure to be written down."""
    poses, meshes = Script(Pose("ok", 0.9, body(0.3), 1), Pose("no_person")), Script(*[Mesh("no_face")] * 2)
    list(extraction.tables(frames(2), poses, meshes, min_visibility=0.5))
    head, none = meshes.asked
    assert (head.x, head.y, head.side) == (50, 40, 40)
    assert none is None
    assert poses.asked == [0, 0.04]


def test_tables_come_in_row_groups(monkeypatch):
    monkeypatch.setattr(extraction, "ROW_GROUP_ROWS", 4)
    poses, meshes = Script(*[Pose("no_person")] * 10), Script(*[Mesh("no_person")] * 10)
    made = extraction.tables(frames(10), poses, meshes, min_visibility=0.5)
    assert [len(pose) for pose, _ in made] == [4, 4, 2]


def test_no_frames_make_no_tables():
    assert list(extraction.tables([], Script(), Script(), min_visibility=0.5)) == []


def test_at_a_cut_both_trackers_start_anew():
    shots = [np.zeros((80, 100, 3), np.uint8), skimage.data.astronaut()[:80, 200:300]]
    shown = [Frame(i, 0.04 * i, shots[i in (2, 3)]) for i in range(6)]
    poses, meshes = Script(*[Pose("no_person")] * 6), Script(*[Mesh("no_person")] * 6)
    list(extraction.tables(shown, poses, meshes, min_visibility=0.5))
    assert poses.forgot_before == meshes.forgot_before == [2, 4]


def shot(picture: np.ndarray, step: tuple[int, int], count: int) -> list[np.ndarray]:
    """Views of 400 x 400 px that move over `picture` by `step` px right and down."""
    right, down = step
    return [picture[i * down : i * down + 400, i * right : i * right + 400] for i in range(count)]


def tables_of(pictures: list[np.ndarray], models_folder) -> tuple[list[dict], list[dict]]:
    body = pose.open_tracker(models_folder, PoseSettings(), ExtractionSettings())
    face = mesh.open_tracker(models_folder, FaceSettings(), ExtractionSettings())
    shown = [Frame(i, i / 25, picture) for i, picture in enumerate(pictures)]
    ((poses, meshes),) = extraction.tables(shown, body, face, min_visibility=0.5)
    return poses.drop(["frame", "time_s"]).to_pylist(), meshes.drop(["frame", "time_s"]).to_pylist()


def test_after_a_cut_everything_is_as_if_the_shot_stood_alone(models_folder):
    """Two portraits whose faces overlap only partly: regions of the first, dragged along, would be read."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        hopper = np.asarray(Image.open(file).convert("RGB"))
    first, second = shot(hopper, (3, 2), 5), shot(skimage.data.astronaut(), (4, 3), 5)
    joined, alone = tables_of(first + second, models_folder), tables_of(second, models_folder)
    for kind, expected in zip(joined, alone, strict=True):
        for row, wanted in zip(kind[len(first) :], expected, strict=True):
            for name, value in wanted.items():
                assert row[name] == pytest.approx(value, abs=0.01), name
    assert [row["people_seen"] for row in joined[0]] == [1, *[None] * 4] * 2
    assert all(row["status"] == "ok" for kind in joined for row in kind)
