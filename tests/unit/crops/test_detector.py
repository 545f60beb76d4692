"""Detectors: anchors, decoding, merging, and the way from a cut back to the picture."""

from types import SimpleNamespace

import numpy as np
import pytest

from moodreel.crops.detector import Detections, Detector, anchors, decode, merge, overlap
from moodreel.crops.square import Square
from trackers import Answered


def test_anchors_are_the_cells_centres_row_by_row():
    made = anchors(32, ((8, 2), (16, 1)))
    assert made.shape == (4 * 4 * 2 + 2 * 2, 2)
    assert np.allclose(made[:3], [[0.125, 0.125], [0.125, 0.125], [0.375, 0.125]])
    assert np.allclose(made[32:], [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]])


@pytest.mark.parametrize(
    ("input_px", "layers", "count"),
    [(224, ((8, 2), (16, 2), (32, 6)), 2254), (128, ((8, 2), (16, 6)), 896), (192, ((4, 1),), 2304)],
)
def test_as_many_anchors_as_the_networks_have_answers(input_px, layers, count):
    assert len(anchors(input_px, layers)) == count


def test_decoding_adds_the_anchor_and_sorts_by_score():
    centres = np.array([[0.5, 0.5], [0.25, 0.75], [0.1, 0.1]], np.float32)
    raw = np.array([[10, 0, 20, 40, 0, -10], [0, 0, 10, 10, 5, 5], [0, 0, 1, 1, 0, 0]], np.float32)
    found = decode(raw, np.array([0.6, 0.9, 0.3], np.float32), centres, 100, 0.5)
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert np.allclose(found.boxes, [[0.2, 0.7, 0.3, 0.8], [0.5, 0.3, 0.7, 0.7]])
    assert np.allclose(found.keypoints[:, 0], [[0.3, 0.8], [0.5, 0.4]])


def test_overlap_is_intersection_over_union():
    box = np.array([0.0, 0, 2, 2])
    others = np.array([[0.0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 0, 0]])
    assert np.allclose(overlap(box, others), [1, 1 / 3, 0, 0])


def test_overlapping_answers_are_averaged_by_score_others_kept():
    boxes = np.array([[0.0, 0, 10, 10], [50, 50, 60, 60], [2, 0, 12, 10]])
    found = merge(Detections(boxes, boxes[:, np.newaxis, :2], np.array([0.9, 0.8, 0.6])))
    assert len(found) == 2
    assert np.allclose(found.boxes[0], [0.8, 0, 10.8, 10])  # weights 0.6 and 0.4
    assert np.allclose(found.keypoints[0], [[0.8, 0]]) and found.scores.tolist() == [0.9, 0.8]
    assert np.allclose(found.boxes[1], boxes[1])


def found_where_one_anchor_scores(score: float) -> Detections:
    """The third anchor answers with a box of 20 x 10 px around itself and one keypoint 4 px right of it."""

    def run(batch):
        assert batch.shape == (1, 32, 32, 3)
        boxes, scores = np.zeros((1, 4, 6), np.float32), np.zeros((1, 4), np.float32)
        boxes[0, 2], scores[0, 2] = (0, 0, 20, 10, 4, 0), score
        return {"boxes": boxes, "scores": scores}

    detector = Answered(Detector(SimpleNamespace(run=run), 32, ((16, 1),), 0.5))
    return detector.find(np.zeros((100, 200, 3), np.uint8), Square(100, 50, 64))


def test_a_detector_answers_in_px_of_the_picture_or_that_there_is_nothing():
    found, nothing = found_where_one_anchor_scores(0.9), found_where_one_anchor_scores(0.4)
    # the third anchor is at a quarter of the square's width and three quarters of its height; one input px is two
    assert np.allclose(found.boxes, [[84 - 20, 66 - 10, 84 + 20, 66 + 10]])
    assert np.allclose(found.keypoints, [[[92, 66]]])
    assert (len(nothing), nothing.keypoints.shape[2]) == (0, 2)
