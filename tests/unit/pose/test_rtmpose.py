"""RTMPose on networks of the same inputs and outputs, made here: a "person" is a red cone, and keypoint k lies k - 13
input px to the right of its tip and 6.5 times as far below, so that a followed region keeps its size."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from moodreel import pose
from moodreel.crops.square import Square
from moodreel.networks.convert.build import Nodes
from moodreel.networks.requests import Inference, resolve
from moodreel.networks.scheduler import BatchScheduler, Task
from moodreel.pose.body25 import HALPE26, INDEX
from moodreel.pose.rtmpose import HEIGHT_PX, MEAN, STD, WIDTH_PX, RTMPose, cut, decode, next_region, region_of
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings
from moodreel.tables.extraction import BODY_25
from trackers import Answered

SMALL, LARGE, CUT_OFF = (60, 80, 180, 320), (300, 40, 560, 400), (-70, 100, 110, 340)
"""Boxes that the detector answers where they are red, in px of its input."""


def save(path: Path, build: Nodes, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> None:
    """Inputs and outputs: what kind of numbers, and the shape."""
    ins, outs = ([helper.make_tensor_value_info(name, *of) for name, of in each.items()] for each in (inputs, outputs))
    graph = helper.make_graph(build.nodes, path.stem, ins, outs, initializer=build.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def channel(build: Nodes, colours: str, number: int) -> str:
    return build.node("Slice", colours, *(build.integers(n) for n in (number, number + 1, 1)))


def detector(path: Path, boxes: list[tuple[int, ...]]) -> None:
    """Scores each of `boxes` by the largest difference of red and blue in it, if its input has blue first; those
    scored under 0.05 are left out, as by the exports' own suppression. A last box is always there, and no person."""
    build = Nodes()
    redness = build.node("Sub", channel(build, "input", 2), channel(build, "input", 0))
    peaks = []
    for left, top, right, bottom in boxes:
        corners = build.integers(top, max(left, 0)), build.integers(bottom, right)
        peak = build.node("ReduceMax", build.node("Slice", redness, *corners, build.integers(2, 3)), keepdims=0)
        peaks.append(build.node("Reshape", peak, build.integers(1, 1)))
    scored = build.node("Div", build.node("Concat", *peaks, axis=0), build.constant(np.float32(255)))
    scores = build.node("Concat", scored, build.constant(np.array([[0.99]])), axis=0)
    table = build.constant(np.array([*boxes, (0, 0, 640, 640)], np.float32))
    flat = build.node("Squeeze", scores, build.integers(1))
    kept = build.node("Greater", flat, build.constant(np.float32(0.05)))
    found = {"dets": build.node("Concat", table, scores, axis=1), "labels": build.integers(*[0] * len(boxes), 1)}
    for name, rows in found.items():
        few = build.node("Compress", rows, kept, axis=0)
        build.rename(build.node("Unsqueeze", few, build.integers(0)), name)
    answers = {"dets": (TensorProto.FLOAT, [1, "n", 5]), "labels": (TensorProto.INT64, [1, "n"])}
    save(path, build, {"input": (TensorProto.FLOAT, [1, 3, 640, 640])}, answers)


def keypoints(path: Path) -> None:
    """Undoes the normalisation, takes red less blue, and shifts its largest values per column and row."""
    build = Nodes()
    scaled = build.node("Mul", "input", build.constant(STD.reshape(3, 1, 1)))
    colours = build.node("Add", scaled, build.constant(MEAN.reshape(3, 1, 1)))
    unit = build.node("Div", colours, build.constant(np.float32(255)))
    redness = build.node("Sub", channel(build, unit, 0), channel(build, unit, 2))
    answers = {}
    for name, axis, size, step in (("simcc_x", 2, WIDTH_PX, 1), ("simcc_y", 3, HEIGHT_PX, 6.5)):
        shift = np.zeros((size, 26, 2 * size), np.float32)
        for k in range(26):
            to = 2 * np.arange(size) + int(2 * step * (k - 13))
            inside = (to >= 0) & (to < 2 * size)
            shift[np.flatnonzero(inside), k, to[inside]] = 1
        profile = build.node("ReduceMax", redness, axes=[1, axis], keepdims=0)
        flat = build.node("MatMul", profile, build.constant(shift.reshape(size, -1)))
        build.rename(build.node("Reshape", flat, build.integers(0, 26, -1)), name)
        answers[name] = (TensorProto.FLOAT, ["n", 26, 2 * size])
    save(path, build, {"input": (TensorProto.FLOAT, ["n", 3, HEIGHT_PX, WIDTH_PX])}, answers)


@pytest.fixture(scope="session")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("networks")
    detector(folder / "yolox_m_person.onnx", [SMALL, LARGE, CUT_OFF])
    keypoints(folder / "rtmpose_m_halpe26.onnx")
    return folder


@pytest.fixture
def open_tracker(networks):
    def opened(**settings) -> Answered:
        chosen = PoseSettings(backend="rtmpose", **settings)
        return Answered(pose.open_trackers(networks, chosen, ExtractionSettings())())

    return opened


@pytest.fixture
def tracker(open_tracker) -> Answered:
    return open_tracker()


def picture(*people: tuple[float, float], width: int = 640, height: int = 480, peak: int = 255) -> np.ndarray:
    """Red cones of 40 px with these tips on black."""
    y, x = np.mgrid[:height, :width]
    shown = np.zeros((height, width, 3), np.uint8)
    for tip_x, tip_y in people:
        cone = peak * (1 - np.hypot(x - tip_x, y - tip_y) / 40)
        shown[..., 0] = np.maximum(shown[..., 0], cone.clip(0, 255).astype(np.uint8))
    return shown


def expected(tip: tuple[float, float], region: Square) -> np.ndarray:
    """Where BODY_25 lies (25, 2) for a person with this tip, as seen in this region."""
    k = np.array([HALPE26.index(name) - 13 for name in BODY_25])
    return np.array(tip) + np.column_stack([k, 6.5 * k]) * region.side / HEIGHT_PX


@pytest.mark.parametrize(
    ("tip", "box", "size", "scale", "tolerance_px"),
    [
        ((430, 220), LARGE, (640, 480), 1, 1),
        ((430, 220), LARGE, (1280, 720), 2, 1.5),
        ((430, 220), LARGE, (320, 240), 0.5, 1.5),
        ((150, 200), SMALL, (641, 1280), 2, 1.5),
        ((5, 220), CUT_OFF, (640, 480), 1, 1.5),
    ],
    ids=["as large as the detector's", "larger", "smaller", "upright", "a box partly outside the picture"],
)
def test_a_person_has_25_points_at_the_right_places(tracker, tip, box, size, scale, tolerance_px):
    """`tip` and `box` in px of the detector's input, the tolerance in those of the keypoints'."""
    tip, (width, height) = (scale * tip[0], scale * tip[1]), size
    seen = tracker.track(picture(tip, width=width, height=height), 0)
    assert (seen.status, seen.people_seen) == ("ok", 1) and 0.9 < seen.confidence <= 1
    assert (seen.points.shape, seen.points.dtype) == ((25, 3), np.float32)
    region = region_of(np.array(box) * scale)
    assert np.abs(seen.points[:, :2] - expected(tip, region)).max() <= tolerance_px * region.side / HEIGHT_PX
    assert ((seen.points[:, 2] > 0.9) & (seen.points[:, 2] <= 1)).all()
    assert (seen.points[:, 0] < 0).any() == (box is CUT_OFF)


@pytest.mark.parametrize("level", [0, 127, 255, None])
def test_without_a_box_there_is_nobody(tracker, level):
    """None: what is red lies outside every box. The whole picture would hold a person, and the detector's box of
    another kind does."""
    shown = picture((230, 440)) if level is None else np.full((240, 320, 3), level, np.uint8)
    seen = tracker.track(shown, 0)
    assert (seen.status, seen.confidence, seen.points, seen.people_seen) == ("no_person", None, None, 0)


def test_of_two_people_the_larger_is_tracked(tracker):
    both = [tracker.track(picture((150, 200), (430, 220)), i / 25, look=i == 3) for i in range(4)]
    assert [seen.people_seen for seen in both] == [2, None, None, 2]
    for seen in both:
        assert np.hypot(*(seen.points[INDEX["left_knee"], :2] - (430, 220))) < 3
        assert seen.points[:, 0].min() > 300


def test_the_tracked_one_is_kept_when_a_larger_one_comes(tracker):
    tracker.track(picture((150, 200)), 0)
    for i in range(1, 5):
        seen = tracker.track(picture((150, 200), (430, 220)), i / 25, look=i % 2 == 0)
        assert seen.people_seen == (None, 2)[i % 2 == 0] and seen.points[:, 0].max() < 300


def test_the_region_follows_between_detections(tracker):
    for i in range(40):
        tip = (430 - 6 * i, 220 + 3 * i)
        seen = tracker.track(picture(tip), i / 25)
        assert (seen.status, seen.people_seen) == ("ok", None if i else 1)
        knee = seen.points[INDEX["left_knee"], :2]  # keypoint 13, on the tip
        assert np.hypot(*(knee - tip)) < 3, i


def test_a_weak_detection_is_no_person_and_a_weak_reading_is_reported(open_tracker):
    dim = picture((430, 220), peak=115)
    assert open_tracker().track(dim, 0) == pose.Pose("no_person", people_seen=0)
    seen = open_tracker(min_detection=0.3).track(dim, 0)
    assert (seen.status, seen.points, seen.people_seen) == ("low_confidence", None, 1)
    assert seen.confidence == pytest.approx(115 / 255, abs=0.03)


def test_a_person_who_leaves_is_not_held_on_to(tracker):
    assert tracker.track(picture((430, 220)), 0).status == "ok"
    gone = tracker.track(picture(), 0.04)
    assert (gone.status, gone.points, gone.people_seen) == ("no_person", None, 0)
    assert tracker.track(picture((430, 220)), 0.08).status == "ok"


def test_the_same_pictures_give_the_same_points_also_after_forgetting(open_tracker):
    tracker, fresh = open_tracker(), open_tracker()
    tracker.track(picture((150, 200)), 0)
    tracker.forget()
    for i in range(3):
        again, first = (t.track(picture((150, 200), (430 - i, 220)), i / 25) for t in (tracker, fresh))
        assert again.people_seen == first.people_seen and np.array_equal(again.points, first.points)


@pytest.mark.parametrize("slots", [2, 6])
def test_side_by_side_it_gives_the_same_points(networks, slots):
    """The detector takes one picture at a time, the network of keypoints as many as ask."""
    settings = ExtractionSettings(slots=slots)
    new_tracker = pose.open_trackers(networks, PoseSettings(backend="rtmpose"), settings)

    def through(number: int) -> Inference[list[pose.Pose]]:
        tracker, seen = new_tracker(), []
        for i in range(1 + number):
            shown = picture((430 - 4 * number - 3 * i, 220))
            seen.append((yield from tracker.track(shown, i / 25, look=i % 2 == 0)))
        return seen

    alone = [resolve(through(number)) for number in range(7)]
    together = list(BatchScheduler((Task(through(number)) for number in range(7)), settings.slot_count, settings.batch))
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one, other, strict=True):
            assert (a.status, a.people_seen) == (b.status, b.people_seen) == ("ok", a.people_seen)
            assert np.array_equal(a.points, b.points)


def test_the_detector_sees_the_picture_in_the_corner_of_a_grey_square_blue_first():
    class Recorder:
        def run(self, batch):
            self.batch = batch
            return {"dets": np.zeros((1, 0, 5), np.float32), "labels": np.zeros((1, 0), np.int64)}

    recorder = Recorder()
    plain = np.full((320, 1280, 3), (10, 20, 30), np.uint8)
    assert Answered(RTMPose(recorder, recorder, PoseSettings())).find(plain) == []
    assert (recorder.batch.shape, recorder.batch.dtype) == ((1, 3, 640, 640), np.float32)
    assert (recorder.batch[0, :, :160] == np.reshape([30, 20, 10], (3, 1, 1))).all()
    assert (recorder.batch[0, :, 160:] == 114).all()


def test_the_region_has_the_networks_shape_and_holds_the_box():
    assert region_of(np.array([100, 100, 160, 300])) == Square(130, 200, 250)
    wide = region_of(np.array([0, 100, 300, 200]))
    assert (wide.side * WIDTH_PX / HEIGHT_PX, wide.side) == (375, 500)


def test_the_cut_is_normalised_and_black_outside():
    white = np.full((100, 100, 3), 255, np.uint8)
    batch = cut(white, Square(0, 50, 100))
    assert (batch.shape, batch.dtype) == ((1, 3, HEIGHT_PX, WIDTH_PX), np.float32)
    # ImageNet's means and deviations of red, green and blue, with which the network was trained
    means, deviations = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])
    assert np.allclose(batch[0, :, 128, 150], (255 - means) / deviations)
    assert np.allclose(batch[0, :, 128, 20], -means / deviations)


def test_a_cut_and_its_decoding_are_inverse():
    shown = np.zeros((300, 400, 3), np.uint8)
    shown[170, 260] = 255
    region = Square(240, 160, 128)  # 2 input px for one of the picture
    bright = cut(shown, region)[0, 0]
    columns, rows = (bright.max(axis).repeat(2)[np.newaxis] / bright.max() for axis in (0, 1))
    marks = decode(columns, rows, region)
    assert np.allclose(marks, [[260, 170, 1]], atol=0.01)


def test_a_keypoint_is_as_sure_as_its_lower_peak_within_0_and_1():
    columns, rows = np.full((3, 384), -1.0), np.full((3, 512), -1.0)
    columns[:, 192], rows[:, 256] = (0.9, 1.2, -0.2), (0.4, 1.1, 0.8)
    assert np.allclose(decode(columns, rows, Square(50, 60, 256)), [[50, 60, 0.4], [50, 60, 1], [50, 60, 0]])


def test_the_next_region_is_around_the_sure_keypoints():
    marks = np.column_stack([np.zeros((26, 2)), np.zeros(26)])
    marks[3], marks[9], marks[20] = (100, 100, 0.9), (140, 300, 0.31), (900, 900, 0.29)
    assert next_region(marks) == Square(120, 200, pytest.approx(200 * 1.25 * 1.25))
    marks[9, 2] = 0.1
    assert next_region(marks) is None
