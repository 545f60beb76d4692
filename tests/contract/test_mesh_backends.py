"""What every face mesh backend promises."""

import numpy as np
import pytest
import skimage.data

from moodreel.crops.square import Square
from moodreel.face import mesh
from moodreel.networks import catalogue
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.tables.extraction import BLENDSHAPES
from trackers import Answered


@pytest.fixture(params=sorted(mesh.BACKENDS))
def backend(request) -> str:
    return request.param


@pytest.fixture
def open_tracker(backend, request):
    embedded = set(mesh.MODELS[backend]) <= set(catalogue.EMBEDDED)
    folder = request.getfixturevalue("models_folder" if embedded else "bundle_folder")
    new_tracker = mesh.open_trackers(folder, FaceSettings(backend=backend), ExtractionSettings())
    return lambda: Answered(new_tracker())


PORTRAIT = skimage.data.astronaut()
HEAD = Square(224, 110, 88)
NOSE_TIP, RIGHT_EYE, LEFT_EYE, CHIN, RIGHT_IRIS, LEFT_IRIS = 1, 33, 263, 152, 468, 473


@pytest.mark.parametrize("head", [HEAD, None], ids=["around the head", "in the whole picture"])
def test_a_face_has_478_points_at_the_right_places(open_tracker, head):
    seen = open_tracker().track(PORTRAIT, head)
    assert seen.status == "ok"
    assert 0.5 < seen.confidence <= 1
    assert seen.points.shape == (478, 3)
    assert seen.points.dtype == np.float32
    # by eye, in the 512 x 512 picture; right is the person's
    for point, x, y in ((NOSE_TIP, 225, 126), (RIGHT_IRIS, 203, 100), (LEFT_IRIS, 247, 103), (CHIN, 226, 178)):
        assert np.hypot(*(seen.points[point, :2] - (x, y))) < 6, point
    # the nose points at the viewer
    assert seen.points[NOSE_TIP, 2] < seen.points[[RIGHT_EYE, LEFT_EYE], 2].min()


def test_blendshapes_are_scored_wherever_there_is_a_mesh_or_nowhere(open_tracker):
    tracker = open_tracker()
    seen = [tracker.track(picture, None) for picture in (PORTRAIT, np.full_like(PORTRAIT, 127), PORTRAIT[:, 9:])]
    scored = [mesh.blendshapes for mesh in seen if mesh.points is not None]
    assert len(scored) == 2
    assert seen[1].blendshapes is None
    if scored[0] is not None:
        assert all(scores.shape == (52,) and scores.dtype == np.float32 for scores in scored)
        assert all(((scores >= 0) & (scores <= 1)).all() for scores in scored)
        # she smiles, and does not pucker
        assert all(scores[BLENDSHAPES.index("mouthSmileLeft")] > 0.5 for scores in scored)
        assert all(scores[BLENDSHAPES.index("mouthPucker")] < 0.1 for scores in scored)


def test_depth_counts_in_px_of_the_picture(open_tracker):
    small = open_tracker().track(PORTRAIT, HEAD).points
    large = np.repeat(np.repeat(PORTRAIT, 2, axis=0), 2, axis=1)
    large = open_tracker().track(large, Square(2 * HEAD.x, 2 * HEAD.y, 2 * HEAD.side)).points
    assert np.median(np.abs(large - 2 * small)) < 2


def test_an_empty_picture_has_no_face(open_tracker):
    blank = np.full((240, 320, 3), 127, np.uint8)
    assert open_tracker().track(blank, None).status == "no_person"
    assert open_tracker().track(blank, Square(160, 120, 40)).status == "no_face"


def test_a_head_elsewhere_does_not_get_this_face(open_tracker):
    seen = open_tracker().track(PORTRAIT, Square(420, 400, 60))
    assert seen.points is None
    assert seen.status in ("no_face", "low_confidence")


def test_the_same_pictures_give_the_same_points(open_tracker):
    runs = [[t.track(PORTRAIT[:, 5 * i :], None).points for i in range(3)] for t in (open_tracker(), open_tracker())]
    assert np.array_equal(*runs)


def test_after_forgetting_it_is_as_new(open_tracker):
    tracker, fresh = open_tracker(), open_tracker()
    for _ in range(3):
        tracker.track(PORTRAIT[:, 12:], None)
    tracker.forget()
    for i in range(3):
        picture = PORTRAIT[:, 5 * i :]
        assert np.array_equal(tracker.track(picture, None).points, fresh.track(picture, None).points)


def test_a_face_that_leaves_is_not_held_on_to(open_tracker):
    tracker = open_tracker()
    assert tracker.track(PORTRAIT, HEAD).status == "ok"
    gone = tracker.track(np.full_like(PORTRAIT, 127), None)
    assert gone.points is None
    assert tracker.track(PORTRAIT, HEAD).status == "ok"
