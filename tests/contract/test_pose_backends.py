"""What every pose backend promises."""

import numpy as np
import pytest
import skimage.data

from moodreel import pose
from moodreel.networks import catalogue
from moodreel.pose.body25 import INDEX
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings
from trackers import Answered


@pytest.fixture(params=sorted(pose.BACKENDS))
def backend(request) -> str:
    return request.param


@pytest.fixture
def open_tracker(backend, models_folder):
    for name in pose.MODELS[backend]:
        if name not in catalogue.EMBEDDED and not (models_folder / f"{name}.onnx").is_file():
            pytest.skip(f"no {name}.onnx in {models_folder}; make it with moodreel.steps.models to test {backend}")
    new_tracker = pose.open_trackers(models_folder, PoseSettings(backend=backend), ExtractionSettings())
    return lambda: Answered(new_tracker())


PORTRAIT = skimage.data.astronaut()


def test_a_person_has_25_points_at_the_right_places(open_tracker):
    seen = open_tracker().track(PORTRAIT, 0)
    assert seen.status == "ok"
    assert seen.people_seen == 1
    assert 0.5 < seen.confidence <= 1
    assert seen.points.shape == (25, 3)
    assert seen.points.dtype == np.float32
    # by eye, in the 512 x 512 picture; left is the person's
    for name, x, y in (("nose", 225, 126), ("right_eye", 203, 100), ("left_eye", 247, 103)):
        assert np.hypot(*(seen.points[INDEX[name], :2] - (x, y))) < 10, name
    confidence = seen.points[:, 2]
    assert ((confidence >= 0) & (confidence <= 1) | np.isnan(confidence)).all()


def test_the_mirrored_person_has_left_and_right_exchanged(open_tracker):
    straight = open_tracker().track(PORTRAIT, 0).points
    mirrored = open_tracker().track(np.ascontiguousarray(PORTRAIT[:, ::-1]), 0).points
    for left, right in (("left_eye", "right_eye"), ("left_shoulder", "right_shoulder")):
        x, y = straight[INDEX[left], :2]
        assert np.hypot(512 - x - mirrored[INDEX[right], 0], y - mirrored[INDEX[right], 1]) < 15


def test_an_empty_picture_has_nobody(open_tracker):
    seen = open_tracker().track(np.full((240, 320, 3), 127, np.uint8), 0)
    assert (seen.status, seen.points, seen.people_seen) == ("no_person", None, 0)


def test_the_same_pictures_give_the_same_points(open_tracker):
    runs = [[t.track(PORTRAIT[:, 5 * i :], i / 25).points for i in range(3)] for t in (open_tracker(), open_tracker())]
    assert np.array_equal(*runs, equal_nan=True)


def test_after_forgetting_it_is_as_new(open_tracker):
    tracker, fresh = open_tracker(), open_tracker()
    for i in range(3):
        tracker.track(np.ascontiguousarray(PORTRAIT[:, ::-1]), i / 25)
    tracker.forget()
    for i in range(3):
        again, first = tracker.track(PORTRAIT[:, 5 * i :], (3 + i) / 25), fresh.track(PORTRAIT[:, 5 * i :], i / 25)
        assert again.people_seen == first.people_seen
        assert np.allclose(again.points, first.points, atol=0.01, equal_nan=True)


def test_a_person_who_leaves_is_not_held_on_to(open_tracker):
    tracker = open_tracker()
    assert tracker.track(PORTRAIT, 0).status == "ok"
    gone = tracker.track(np.full_like(PORTRAIT, 127), 0.04)
    assert gone.status in ("no_person", "low_confidence")
    assert gone.points is None
    assert tracker.track(PORTRAIT, 0.08).status == "ok"
