"""Attention Mesh: mediapipe's results on the packaged portraits, and following a face."""

import json
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from moodreel import pose
from moodreel.crops.square import Square
from moodreel.face.mesh.facemesh import FaceMesh, open_trackers
from moodreel.face.mesh.head import head_square
from moodreel.face.mesh.tracker import region_of
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.decode import frames
from trackers import Answered
from unit.face.mesh.portraits import portrait, recorded
from unit.face.mesh.sessions import BLANK, HEAD, Detections, Face

REFERENCE = Path(__file__).with_name("reference_portraits.json")


@pytest.fixture
def tracker(models_folder) -> Answered:
    return Answered(open_trackers(models_folder, FaceSettings(), ExtractionSettings())())


@pytest.mark.parametrize("name", ["astronaut", "hopper"])
def test_portraits_give_mediapipes_static_mesh(tracker, name):
    picture, expected = recorded(REFERENCE, name)
    mesh = tracker.track(picture, None)
    assert mesh.status == "ok"
    apart = mesh.points - expected["points_px"]
    assert max(np.linalg.norm(apart[:, :2], axis=1).max(), np.abs(apart[:, 2]).max()) < 0.05
    assert mesh.confidence > 0.99


def test_tracking_gives_mediapipes_video_mesh(tracker):
    expected = json.loads(Path(__file__).with_name("reference_video.json").read_text())["points_px"]
    whole = portrait("astronaut")
    for i, points in enumerate(expected):
        mesh = tracker.track(whole[2 * i : 2 * i + 440, 8 * i : 8 * i + 440], None)
        assert np.linalg.norm(mesh.points[::6, :2] - points, axis=1).max() < 0.15


def test_the_square_follows_the_eyes_tilt_and_the_longer_side():
    square = region_of(np.array([10.0, 20.0]), np.array([50.0, 80.0]), np.array([20.0, 40.0]), np.array([40.0, 60.0]))
    assert square == Square(30, 50, 1.5 * 60, pytest.approx(np.pi / 4))


def test_the_mesh_turns_with_the_head(tracker):
    """The portrait turned by 25 degrees: the same points, turned."""
    picture = portrait("astronaut")
    upright = tracker.track(picture, None).points[:, :2]
    turn = Square(224, 130, 400, np.radians(25)).affine(400)
    turned = cv2.warpAffine(picture, turn, (400, 400), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    square = tracker.find(turned, Square.around_picture(400, 400))[0]
    _, points, _ = tracker.read(turned, square)
    back = points[:, :2] @ turn[:, :2].T + turn[:, 2]
    eyes = np.linalg.norm(upright[468] - upright[473])
    assert np.median(np.linalg.norm(back - upright, axis=1)) < 0.03 * eyes


def made_up(faces, flags) -> Answered:
    return Answered(FaceMesh(Detections(*faces), Face(flags), FaceSettings()))


@pytest.mark.parametrize(
    ("faces", "head", "place"),
    [
        ([(0.75, 0.25)], None, (300, 100)),
        ([(0.55, 0.5)], HEAD, (200 + 0.05 * 180, 200)),
        ([(0.9, 0.5), (0.5, 0.45)], HEAD, (200, 200 - 0.05 * 180)),
    ],
    ids=["without a head in the whole picture", "with a head around it", "of two faces the head's"],
)
def test_where_a_face_is_looked_for(faces, head, place):
    mesh = made_up(faces, [0.9]).track(BLANK, head)
    assert mesh.status == "ok" and np.allclose(mesh.points.mean(0)[:2], place, atol=1)


def test_why_there_is_no_mesh():
    assert made_up([], []).track(BLANK, None).status == "no_person"
    assert made_up([], []).track(BLANK, HEAD).status == "no_face"
    doubtful = made_up([(0.5, 0.5)], [0.2]).track(BLANK, HEAD)
    assert (doubtful.status, doubtful.points, doubtful.confidence) == ("low_confidence", None, pytest.approx(0.2))
    assert made_up([(0.95, 0.5)], [0.9]).track(BLANK, HEAD).status == "no_face"


def test_a_tracked_face_is_let_go_where_the_head_went_elsewhere():
    tracker = made_up([(0.5, 0.5)], [0.9] * 3)
    tracker.track(BLANK, HEAD)
    mesh = tracker.track(BLANK, Square(80, 80, 60))
    assert mesh.status == "ok" and np.allclose(mesh.points.mean(0)[:2], (80, 80), atol=1)


def test_a_face_goes_over_to_a_head_next_to_it():
    """Both faces are in the crop of either head, and the one that was followed is still where it was."""

    class Two(Detections):
        def run(self, batch):
            # the crop is 180 px wide and goes with the head
            x = self.head.x
            self.centres = [((face - (x - 90)) / 180, 0.5) for face in (170, 230)]
            return super().run(batch)

    detections = Two()
    tracker = Answered(FaceMesh(detections, Face([0.9] * 20), FaceSettings()))
    for x, pictures in ((170, 1), (230, 3)):
        detections.head = Square(x, 200, 60)
        seen = [tracker.track(BLANK, detections.head) for _ in range(pictures)]
        assert (seen[-1].status, seen[-1].points[:, 0].mean()) == ("ok", pytest.approx(x, abs=1))


def test_a_small_face_is_found_through_the_head(tracker, models_folder, shared):
    """A half-body clip: the detector finds no face in the whole picture, and one in every crop of the head."""
    body = Answered(pose.open_trackers(models_folder, PoseSettings(), ExtractionSettings())())
    through_the_head, in_the_picture = [], []
    for frame in islice(frames(shared / "data" / "videos" / "intel_asl_please.mkv"), 0, 40, 4):
        seen = body.track(frame.picture, frame.time_s)
        through_the_head.append(tracker.track(frame.picture, head_square(seen.points)).status)
        height, width = frame.picture.shape[:2]
        in_the_picture.append(len(tracker.find(frame.picture, Square.around_picture(width, height))))
    assert through_the_head == ["ok"] * 10
    assert sum(in_the_picture) < 10
