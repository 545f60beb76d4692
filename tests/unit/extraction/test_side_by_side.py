"""Segments side by side come to what one follower sees, with the real networks."""

import cv2
import numpy as np
import pytest

from moodreel.extraction import segments
from moodreel.extraction.person_tracker import Row
from moodreel.extraction.segments import LENGTH, Segment, join_rows, tasks
from moodreel.networks.scheduler import BatchScheduler
from moodreel.pose.body25 import INDEX
from moodreel.settings.extraction import ExtractionSettings
from moodreel.video.decode import frames
from moodreel.video.frame import Frame
from unit.extraction.followers import assert_equal, real_followers
from unit.face.mesh.portraits import portrait

MESH_TOLERANCE = (0.002, 0.01)
"""Median and 95th percentile, over frames, of the median distance of the points, in that of the eyes' outer corners."""
POSE_TOLERANCE = (0.01, 0.04)
"""The same of the pose's, in the length of the torso."""


@pytest.fixture
def followed(models_folder, shared):
    def rows(name: str, slots: int) -> list[Row]:
        extraction = ExtractionSettings(slots=slots)
        made = tasks(frames(shared / "data" / "videos" / name), real_followers(models_folder, extraction), slots)
        return list(join_rows(BatchScheduler(made, slots, extraction.batch)))

    return rows


def distances(one: list[Row], other: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Of each frame the median distance of the mesh's points, in that of the eyes, and of the pose's, in the torso."""
    meshes, poses = [], []
    for a, b in zip(one, other, strict=True):
        if a.mesh.points is not None:
            eyes = np.linalg.norm(a.mesh.points[33, :2] - a.mesh.points[263, :2])
            meshes.append(np.median(np.linalg.norm(a.mesh.points - b.mesh.points, axis=1)) / eyes)
        if a.pose.points is not None:
            torso = np.linalg.norm(np.subtract(*a.pose.points[[INDEX["neck"], INDEX["mid_hip"]], :2]))
            poses.append(np.nanmedian(np.linalg.norm(a.pose.points[:, :2] - b.pose.points[:, :2], axis=1)) / torso)
    return np.array(meshes), np.array(poses)


@pytest.mark.parametrize("name", ["tfjs_pose_1.mp4", "intel_asl_please.mkv"])
def test_side_by_side_comes_to_the_same(followed, name):
    alone, together = followed(name, 1), followed(name, 6)
    for one, other in zip(together, alone, strict=True):
        assert (one.frame, one.time_s, one.mesh.status) == (other.frame, other.time_s, other.mesh.status)
        assert (one.pose.status, one.pose.people_seen) == (other.pose.status, other.pose.people_seen)
        assert (one.pose.people_seen is None) == (one.frame % 25 > 0)
    meshes, poses = distances(alone, together)
    assert len(meshes) == len(poses) == len(alone) > LENGTH
    for away, tolerance in ((meshes, MESH_TOLERANCE), (poses, POSE_TOLERANCE)):
        assert (away[:LENGTH] == 0).all(), "the first segment begins as the video does"
        assert (np.percentile(away[LENGTH:], (50, 95)) < tolerance).all()


def two_people(count: int, side: int = 200) -> list[np.ndarray]:
    """Two portraits next to each other: the left one, at first the larger, shrinks, and the right one grows."""
    left, right = portrait("astronaut")[:400, 40:440], portrait("hopper")[:500, 6:506]
    pictures = np.full((count, side, 2 * side, 3), 96, np.uint8)
    for picture, part in zip(pictures, np.linspace(0, 1, count), strict=True):
        for start, person, size in ((0, left, 1 - 0.3 * part), (side, right, 0.7 + 0.3 * part)):
            px = 2 * round(side * size / 2)
            x = start + (side - px) // 2
            picture[side - px :, x : x + px] = cv2.resize(person, (px, px), interpolation=cv2.INTER_AREA)
    return list(pictures)


def test_of_two_people_slots_track_whom_one_does(models_folder, monkeypatch):
    """Where the second segment begins, and the third, the other has become the larger."""
    monkeypatch.setattr(segments, "LENGTH", 25)
    pictures = two_people(60)
    settings = ExtractionSettings(slots=6, detect_every=25)
    new_tracker = real_followers(models_folder, settings)

    def read(slots: int) -> list[Segment]:
        shown = [Frame(i, i / 25, picture) for i, picture in enumerate(pictures)]
        return list(BatchScheduler(tasks(shown, new_tracker, slots), slots, settings.batch))

    def left(rows: list[Row]) -> set[bool]:
        return {bool(np.median(row.mesh.points[:, 0]) < 200) for row in rows}

    alone, neighbours = list(join_rows(read(1))), read(6)
    assert [left(segment.rows) for segment in neighbours] == [{True}, {False}, {False}]
    together = list(join_rows(neighbours))
    assert left(alone) == left(together) == {True}
    assert [row.frame for row in together if row.pose.people_seen is not None] == [0, 25, 50]
    assert_equal(together, alone)
