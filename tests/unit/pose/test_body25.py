"""BODY_25 from BlazePose's landmarks."""

import numpy as np

from moodreel.pose.body25 import INDEX, from_blazepose, from_halpe26, hide_unseen


def numbered(count: int) -> np.ndarray:
    """x is the landmark's number, y ten times that, confidence falls from 1 by 0.01 per landmark."""
    number = np.arange(float(count))
    return np.column_stack([number, 10 * number, 1 - number / 100])


def test_every_keypoint_has_the_landmark_of_its_name_or_a_midpoint_and_small_toes_are_unknown():
    body = from_blazepose(numbered(33))
    # numbers of BlazePose's topology, in which the right one of a pair follows the left one
    pairs = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27, "heel": 29, "big_toe": 31}
    expected = {"nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8}
    expected |= {f"{side}_{part}": pairs[part] + (side == "right") for part in pairs for side in ("left", "right")}
    assert {name: body[INDEX[name], 0] for name in expected} == expected and len(expected) == 25 - 4
    assert np.isnan(body[[INDEX["left_small_toe"], INDEX["right_small_toe"]]]).all()
    assert np.isnan(body).any(axis=1).sum() == 2
    # midpoints are as sure as the less sure side
    assert np.allclose(body[INDEX["neck"]], [11.5, 115, 0.88])
    assert np.allclose(body[INDEX["mid_hip"]], [23.5, 235, 0.76])


def test_halpe26_is_permuted_and_the_heads_top_is_left_out():
    body = from_halpe26(numbered(26))
    # numbers of Halpe26: 0 nose, 1-4 eyes and ears, 5-10 arms, 11-16 legs, 17 head, 18 neck, 19 hip, 20-25 feet;
    # of each pair the left one comes first
    order = [0, 18, 6, 8, 10, 5, 7, 9, 19, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3, 20, 22, 24, 21, 23, 25]
    assert (body[:, 0].tolist(), set(range(26)) - set(order)) == (order, {17})
    assert np.allclose(body, numbered(26)[order]) and body.dtype == np.float32


def test_points_outside_or_unsure_lose_their_place_and_keep_their_confidence():
    body = np.full((25, 3), (50.0, 40.0, 0.9), np.float32)
    body[:4] = (50, 40, 0.49), (-0.1, 40, 0.9), (100, 40, 0.9), (50, 80, 0.9)
    body[4:7] = (0, 0, 0.9), (99.9, 79.9, 0.9), (50, 40, 0.5)
    shown = hide_unseen(body, 100, 80, 0.5)
    assert np.isnan(shown[:4, :2]).all() and np.array_equal(shown[4:], body[4:])
    assert np.array_equal(shown[:, 2], body[:, 2])
