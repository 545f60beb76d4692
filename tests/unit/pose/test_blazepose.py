"""BlazePose: mediapipe's results on the packaged portraits, and following a person."""

import json
import math
from dataclasses import astuple
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logit

from moodreel.crops.one_euro import OneEuro
from moodreel.crops.square import Square
from moodreel.pose.blazepose import STEADY, BlazePose, open_trackers, refine, region_of
from moodreel.pose.body25 import BLAZEPOSE, INDEX, hide_unseen
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.decode import frames
from trackers import Answered
from unit.face.mesh.portraits import portrait, recorded

REFERENCE = Path(__file__).with_name("reference_portraits.json")


@pytest.fixture
def tracker(models_folder) -> Answered:
    return Answered(open_trackers(models_folder, PoseSettings(), ExtractionSettings())())


def assert_same(found: Square, expected: Square) -> None:
    assert np.abs(np.subtract(astuple(found)[:3], astuple(expected)[:3])).max() < 0.05
    assert abs(found.angle - expected.angle) < 0.001


@pytest.mark.parametrize("name", ["astronaut", "hopper"])
def test_portraits_give_mediapipes_static_landmarks(tracker, name):
    """In mediapipe's own square every landmark is mediapipe's. In ours, which differs in the 7th digit, landmarks
    that have to be guessed (most of the body is below the picture) may go elsewhere: there the median is compared."""
    picture, expected = recorded(REFERENCE, name)
    x, y, visibility = np.array(expected["points_px"]).T
    square = Square(*expected["square"])
    (found,) = tracker.find(picture)
    assert_same(found, square)
    for place, statistic in ((square, np.max), (found, np.median)):
        confidence, marks, _ = tracker.read(picture, place)
        assert statistic(np.hypot(marks[:, 0] - x, marks[:, 1] - y)) < 0.1
        assert statistic(np.abs(marks[:, 2] - visibility)) < 0.002
        assert confidence > 0.95


def test_each_step_of_tracking_is_mediapipes(tracker):
    """Every picture is read in the square that mediapipe's video mode chose: landmarks and the next square are its own.

    Left to itself, tracking drifts from mediapipe's on half-body pictures, since guessed landmarks steer the square.
    """
    expected = json.loads(Path(__file__).with_name("reference_video.json").read_text())
    whole = portrait("astronaut")
    steady, square = OneEuro(*STEADY), Square(*expected["detected"])
    for i, step in enumerate(expected["steps"]):
        picture = whole[2 * i : 2 * i + 440, 8 * i : 8 * i + 440]
        if i == 0:
            assert_same(tracker.find(picture)[0], square)
        _, marks, circle = tracker.read(picture, square)
        points = np.array(step["points_px"])
        inside = ((points >= 0) & (points < 440)).all(axis=1)
        assert np.linalg.norm(marks[:, :2] - points, axis=1)[inside].max() < 0.15
        square = Square(*step["square"])
        assert_same(region_of(steady.apply(circle, i * 0.033333, 2 * math.dist(*circle))), square)


def test_the_square_stands_upright_with_the_head_above_the_hips():
    assert region_of(np.array([[100.0, 200.0], [100.0, 120.0]])) == Square(100, 200, 2 * 80 * 1.25, 0)
    assert region_of(np.array([[100.0, 200.0], [180.0, 200.0]])).angle == pytest.approx(np.pi / 2)


def heatmap_with(peak: float, row: int, column: int) -> np.ndarray:
    heat = np.full((64, 64, 1), 1e-9)
    heat[row, column] = peak
    return logit(heat)


@pytest.mark.parametrize(
    ("x", "peak"),
    [(0.5, (0.4, 33, 33)), (0.5, (0.9, 37, 32)), (1.2, (0.9, 32, 63)), (-0.1, (0.9, 32, 0))],
    ids=["too faint", "too far", "right of the map", "left of the map"],
)
def test_refining_moves_a_landmark_to_a_peak_near_it_and_leaves_others_alone(x, peak):
    assert np.allclose(refine(np.array([[0.5, 0.5]]), heatmap_with(0.9, 34, 30)), [[30 / 64, 34 / 64]], atol=1e-4)
    assert np.array_equal(refine(np.array([[x, 0.5]]), heatmap_with(*peak)), [[x, 0.5]])


@pytest.mark.parametrize("count", [1, 3, 39])
def test_refining_uses_the_first_maps_where_there_are_more_than_landmarks(count):
    """As the network gives them: maps of auxiliary points follow. Each map has a peak of its own."""
    rng = np.random.default_rng(0)
    starts = rng.uniform(0.2, 0.8, (39, 2))
    cells = (starts * 64).astype(int) + rng.integers(-2, 3, (39, 2))
    maps = np.concatenate([heatmap_with(0.9, row, column) for column, row in cells], axis=2)
    moved = refine(starts[:count], maps)
    assert moved.shape == (count, 2) and np.allclose(moved, cells[:count] / 64, atol=1e-4)
    assert np.array_equal(moved, refine(starts[:count], np.ascontiguousarray(maps[:, :, :count])))


@pytest.mark.parametrize(
    ("start", "inside", "moved"),
    [((0.01, 0.5), (32, 2), (2, 32)), ((0.99, 0.5), (32, 62), (62, 32)), ((0.5, 0.99), (62, 32), (32, 62))],
    ids=["left", "right", "below"],
)
def test_cells_next_to_the_map_count_nothing(start, inside, moved):
    """Where the window reaches beyond the edge, nothing comes from the other side or from other maps."""
    there = heatmap_with(0.9, *inside)
    there[:, 63 if start[0] < 0.5 else 0] = there[0] = logit(0.8)
    others = np.full((64, 64, 2), logit(0.99))
    assert np.allclose(refine(np.array([start]), np.concatenate([there, others], axis=2)), np.array(moved) / 64)


class Landmarks:
    """A session for the landmarks with made-up answers: every point in the middle, as sure as the test says."""

    def __init__(self, flags: list[float], presence: float = 0.8, visibility: float = 0.6) -> None:
        self.flags = iter(flags)
        self.marks = np.zeros((1, 39, 5), np.float32)
        self.marks[..., :2] = 128
        self.marks[0, 34, 1] = 28  # the circle's rim, 100 of 256 above its centre
        self.marks[..., 3], self.marks[..., 4] = logit(visibility), logit(presence)

    def run(self, batch):
        flag, heatmap = np.array([next(self.flags)], np.float32), np.full((1, 64, 64, 39), -20, np.float32)
        return {"landmarks": self.marks, "flag": flag, "heatmap": heatmap}


class Detections:
    """A session for the detector that finds people with their hips at the given pixels of a 224 x 224 picture."""

    def __init__(self, *hips: tuple[float, float]) -> None:
        self.hips = hips

    def run(self, batch):
        boxes, scores = np.zeros((1, 2254, 12), np.float32), np.zeros((1, 2254), np.float32)
        for i, (x, y) in enumerate(self.hips):
            # anchors 0, 2, 4, ... lie 8 px apart in the first row, from (4, 4) on
            column = 10 * i
            at = np.array([x - 4 - 8 * column, y - 4])
            boxes[0, 2 * column] = [*at, 20, 20, *at, *(at - (0, 50 + 10 * i)), *at, *at]
            scores[0, 2 * column] = 0.9
        return {"boxes": boxes, "scores": scores}


def made_up(people, flags, **settings) -> Answered:
    return Answered(BlazePose(Detections(*people), Landmarks(flags), PoseSettings(**settings)))


BLANK = np.zeros((224, 224, 3), np.uint8)


def test_people_are_counted_where_the_detector_runs_and_unknown_between():
    tracker = made_up([(60, 150), (160, 150)], [0.9] * 5)
    seen = [tracker.track(BLANK, i / 25, look=i == 3) for i in range(5)]
    assert [pose.people_seen for pose in seen] == [2, None, None, 2, None]


@pytest.mark.parametrize(("people", "followed"), [([(60, 150), (160, 150)], 160), ([(100, 112), (190, 112)], 100)])
def test_the_larger_person_is_tracked_or_of_about_equal_ones_the_one_in_the_middle(people, followed):
    """The second is larger by a fifth. A point's confidence is the lesser of visibility and presence."""
    x, _, confidence = made_up(people, [0.9]).track(BLANK, 0).points[INDEX["nose"]]
    assert (x, confidence) == pytest.approx((followed, 0.6))


def test_a_lost_person_is_taken_up_again_where_they_were():
    """Also where a larger one is in view."""
    detections = Detections((60, 112))
    tracker = Answered(BlazePose(detections, Landmarks([0.9, 0.1, 0.1, 0.9]), PoseSettings()))
    tracker.track(BLANK, 0)
    detections.hips = ()
    assert tracker.track(BLANK, 0.04).status == "no_person"
    detections.hips = ((60, 112), (112, 112), (200, 112))
    lost = tracker.track(BLANK, 0.08)
    assert (lost.status, lost.people_seen) == ("low_confidence", 3)
    assert tracker.track(BLANK, 0.12).points[INDEX["nose"], 0] == pytest.approx(60)


def test_no_person_and_a_doubtful_one_are_distinguished():
    assert made_up([], []).track(BLANK, 0).status == "no_person"
    doubtful = made_up([(112, 150)], [0.3]).track(BLANK, 0)
    assert (doubtful.status, doubtful.points, doubtful.people_seen) == ("low_confidence", None, 1)
    assert doubtful.confidence == pytest.approx(0.3)


def test_a_full_body_is_tracked_as_another_implementation_expects(tracker, shared):
    """tfjs-models' expected points for its own clip; its landmarks are smoothed over time, ours are not."""
    folder = shared / "data" / "truth" / "tfjs_blazepose"
    expected = np.array(json.loads((folder / "pose_squats.full.json").read_text()))[:20, :, :2]
    names = list(BLAZEPOSE)
    found = []
    for frame in islice(frames(folder / "pose_squats.mp4"), 20):
        pose = tracker.track(frame.picture, frame.time_s)
        assert pose.status == "ok"
        height, width = frame.picture.shape[:2]
        found.append(hide_unseen(pose.points, width, height, 0.5)[[INDEX[n] for n in names], :2])
    expected = expected[:, list(BLAZEPOSE.values())]
    shoulder, hip = (expected[:, names.index(f"left_{part}")] for part in ("shoulder", "hip"))
    torso = np.linalg.norm(shoulder - hip, axis=1, keepdims=True)
    away = np.linalg.norm(np.array(found) - expected, axis=2) / torso
    assert np.nanmedian(away) < 0.04
    assert np.nanmean(away < 0.2) > 0.98  # PCK@0.2
