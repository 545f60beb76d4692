"""One person and their face through successive frames."""

import numpy as np
import pytest

from moodreel.extraction.person_tracker import PersonTracker, Row
from moodreel.face.mesh import Mesh
from moodreel.networks.requests import resolve
from moodreel.pose import Pose
from moodreel.pose.body25 import INDEX
from moodreel.pose.nobody import NoPose
from moodreel.settings.extraction import ExtractionSettings
from moodreel.video.frame import Frame
from unit.extraction.followers import assert_equal, real_followers
from unit.face.mesh.portraits import portrait

MESH_POINTS = np.arange(478 * 3, dtype=np.float32).reshape(478, 3)


def body(confidence: float = 0.9) -> np.ndarray:
    points = np.full((25, 3), (50.0, 40.0, confidence), np.float32)
    points[INDEX["right_ear"], 0], points[INDEX["left_ear"], 0] = 30, 70
    points[INDEX["left_ankle"], 1] = 500
    return points


class Script:
    """A tracker that gives what the test wrote down and remembers what it was asked."""

    def __init__(self, *answers) -> None:
        self.answers = iter(answers)
        self.asked, self.looked, self.forgot_before = [], [], []

    def track(self, picture, time_or_head, *, look=False):
        yield from ()
        self.asked.append(time_or_head)
        self.looked.append(look)
        return next(self.answers)

    def forget(self):
        self.forgot_before.append(len(self.asked))


def frames(count: int, start: int = 0) -> list[Frame]:
    picture = np.zeros((80, 100, 3), np.uint8)
    return [Frame(i, 0.04 * i, picture) for i in range(start, start + count)]


def rows_in(tracker: PersonTracker, shown: list[Frame], at_a_time: int) -> list[Row]:
    return [row for i in range(0, len(shown), at_a_time) for row in resolve(tracker.read(shown[i : i + at_a_time]))]


def read(shown: list[Frame], poses: Script, meshes: Script, *, at_a_time: int = 100, detect_every: int = 25):
    return rows_in(PersonTracker(poses, meshes, detect_every=detect_every, min_visibility=0.5), shown, at_a_time)


def test_without_a_body_the_face_is_searched_for_in_the_whole_picture():
    meshes = Script(Mesh("ok", 0.9, MESH_POINTS), Mesh("no_person"), Mesh("low_confidence", 0.1))
    rows = read(frames(3), NoPose(), meshes)
    assert meshes.asked == [None] * 3, "no head"
    assert [row.mesh.status for row in rows] == ["ok", "no_face", "low_confidence"], "nobody looked for a person"
    assert {row.pose.status for row in rows} == {"not_read"}


def test_each_frame_has_a_row_with_its_number_and_time():
    rows = read(frames(3, start=7), Script(*[Pose("no_person")] * 3), Script(*[Mesh("no_person")] * 3))
    assert [(row.frame, row.time_s) for row in rows] == [(7, 0.28), (8, 0.32), (9, 0.36)]
    assert {row.pose.status for row in rows} == {row.mesh.status for row in rows} == {"no_person"}


def test_points_that_are_not_to_be_seen_have_no_place_but_their_confidence():
    seen = Pose("ok", 0.8, body(), 3)
    (row,) = read(frames(1), Script(seen), Script(Mesh("ok", 0.7, MESH_POINTS)))
    ankle, nose = row.pose.points[[INDEX["left_ankle"], INDEX["nose"]]].tolist()
    assert ankle == pytest.approx([np.nan, np.nan, 0.9], nan_ok=True) and nose == pytest.approx([50, 40, 0.9])
    assert (row.pose.status, row.pose.confidence, row.pose.people_seen) == ("ok", 0.8, 3)
    assert row.mesh.points is MESH_POINTS
    assert seen.points[INDEX["left_ankle"], 1] == 500


def test_the_face_is_looked_for_around_the_head_as_the_network_saw_it():
    """Also where the head's points are too unsure to be written down."""
    poses, meshes = Script(Pose("ok", 0.9, body(0.3), 1), Pose("no_person")), Script(*[Mesh("no_face")] * 2)
    read(frames(2), poses, meshes)
    head, none = meshes.asked
    assert (head.x, head.y, head.side, none) == (50, 40, 40, None)
    assert poses.asked == [0, 0.04]


@pytest.mark.parametrize("start", [0, 7])
def test_the_detector_looks_at_multiples_of_the_interval_in_the_file(start):
    poses = Script(*[Pose("no_person")] * 12)
    read(frames(12, start), poses, Script(*[Mesh("no_person")] * 12), at_a_time=5, detect_every=4)
    assert poses.looked == [index % 4 == 0 for index in range(start, start + 12)]


@pytest.mark.parametrize("at_a_time", [1, 2, 4, 6])
def test_at_a_cut_both_trackers_start_again(at_a_time):
    shots = [np.zeros((80, 100, 3), np.uint8), portrait("astronaut")[:80, 200:300]]
    shown = [Frame(i, 0.04 * i, shots[i in (2, 3)]) for i in range(6)]
    poses, meshes = Script(*[Pose("no_person")] * 6), Script(*[Mesh("no_person")] * 6)
    read(shown, poses, meshes, at_a_time=at_a_time)
    assert poses.forgot_before == meshes.forgot_before == [2, 4]


# Real networks


def shot(name: str, step: tuple[int, int], count: int) -> list[np.ndarray]:
    """Views of 400 x 400 px that move over a portrait by `step` px right and down."""
    picture, (right, down) = portrait(name), step
    return [picture[i * down : i * down + 400, i * right : i * right + 400] for i in range(count)]


@pytest.fixture(scope="module")
def rows_of(models_folder):
    new_tracker = real_followers(models_folder, ExtractionSettings(detect_every=4))

    def rows(pictures: list[np.ndarray], at_a_time: int = 16, start: int = 0) -> list[Row]:
        shown = [Frame(i, i / 25, picture) for i, picture in enumerate(pictures, start)]
        return rows_in(new_tracker(), shown, at_a_time)

    return rows


def test_after_a_cut_everything_is_as_if_the_shot_stood_alone(rows_of):
    """Two portraits whose faces overlap only partly: regions of the first, dragged along, would be read."""
    first, second = shot("hopper", (3, 2), 5), shot("astronaut", (4, 3), 6)
    joined, alone = rows_of(first + second), rows_of(second, start=5)
    for found, expected in zip(joined[5:], alone, strict=True):
        assert found.pose.people_seen == expected.pose.people_seen
        for one, other in ((found.pose, expected.pose), (found.mesh, expected.mesh)):
            assert one.status == other.status == "ok"
            assert one.confidence == pytest.approx(other.confidence, abs=1e-3)
            assert np.allclose(one.points, other.points, rtol=0, atol=0.01, equal_nan=True)
    # the detector looks at the start, in every fourth frame, and at the cut
    assert [row.pose.people_seen for row in joined] == [1, None, None, None, 1, 1, None, None, 1, None, None]


def test_how_many_frames_are_read_in_a_row_makes_no_difference(rows_of):
    pictures = shot("hopper", (3, 2), 5) + shot("astronaut", (4, 3), 5)
    expected = rows_of(pictures, at_a_time=1)
    assert {status for row in expected for status in (row.pose.status, row.mesh.status)} == {"ok"}
    for at_a_time in (3, 16):
        assert_equal(rows_of(pictures, at_a_time), expected)
