"""The Face Landmarker: mediapipe's results on the packaged portraits, and when blendshapes are scored."""

import json
from pathlib import Path

import numpy as np
import pytest

from moodreel.face.mesh.blendshapes import SCORED_POINTS, FaceLandmarker, open_trackers
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.tables.extraction import BLENDSHAPES
from trackers import Answered
from unit.face.mesh.portraits import recorded
from unit.face.mesh.sessions import BLANK, HEAD, Detections, Face

REFERENCE = Path(__file__).with_name("reference_landmarker.json")
SETTINGS = FaceSettings(backend="blendshapes")


@pytest.fixture
def tracker(bundle_folder) -> Answered:
    return Answered(open_trackers(bundle_folder, SETTINGS, ExtractionSettings())())


@pytest.mark.parametrize("name", ["astronaut", "hopper"])
def test_portraits_give_mediapipes_points_and_blendshapes(tracker, name):
    """Measured: points within 0.003 and 0.023 px, blendshapes within 0.0002 and 0.0015."""
    picture, expected = recorded(REFERENCE, name)
    mesh = tracker.track(picture, None)
    assert mesh.status == "ok"
    apart = mesh.points - expected["points_px"]
    distance = np.linalg.norm(apart[:, :2], axis=1)
    assert np.median(distance) < 0.02 and distance.max() < 0.05
    assert np.abs(apart[:, 2]).max() < 0.3
    assert np.abs(mesh.blendshapes - expected["blendshapes"]).max() < 0.003
    assert mesh.confidence > 0.99


def test_they_are_named_as_mediapipe_names_them():
    assert tuple(json.loads(REFERENCE.read_text())["names"]) == BLENDSHAPES


class Scores:
    """A session for the blendshapes that keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def run(self, batch):
        self.given.append(batch)
        return {"scores": np.tile(np.linspace(0, 1, len(BLENDSHAPES), dtype=np.float32), (len(batch), 1))}


def made_up(centre: float, flag: float, scores: Scores) -> Answered:
    return Answered(FaceLandmarker(Detections((centre, 0.5)), Face([flag], px=256), scores, SETTINGS))


def test_the_blendshapes_come_from_their_points_in_px():
    scores = Scores()
    mesh = made_up(0.5, 0.9, scores).track(BLANK, HEAD)
    assert mesh.status == "ok"
    (given,) = scores.given
    assert given.dtype == np.float32
    np.testing.assert_array_equal(given, mesh.points[None, SCORED_POINTS, :2])
    assert mesh.blendshapes.tolist() == pytest.approx(np.linspace(0, 1, 52))


def test_a_face_that_is_not_believed_is_not_scored():
    scores = Scores()
    for centre, flag in ((0.5, 0.2), (0.95, 0.9)):
        assert made_up(centre, flag, scores).track(BLANK, HEAD).blendshapes is None
    assert scores.given == []
