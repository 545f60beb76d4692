"""Figures from what was measured. Pure functions over times and points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.timing import Seconds, median
from moodreel.face.mesh.tracker import EYE_CORNERS
from moodreel.pose.body25 import INDEX

TORSO = (INDEX["neck"], INDEX["mid_hip"])


def ratio(numerator: Sequence[Seconds], denominator: Sequence[Seconds], clock: str) -> float:
    """The ratio of the medians of two series."""
    return median(numerator, clock) / median(denominator, clock)


def point_error(points: np.ndarray, reference: np.ndarray, shown: np.ndarray, ends: tuple[int, int]) -> float:
    """The median distance between `points` and `reference`, both (n, k, 2) px, where `shown` (n, k), as a share of
    the distance between the reference's two points `ends` in the same frame.

    Frames in which either has no such points (NaN) do not count. Raises ValueError where none is left.
    """
    unit = np.linalg.norm(reference[:, ends[0]] - reference[:, ends[1]], axis=1)
    shares = np.linalg.norm(points - reference, axis=2) / unit[:, np.newaxis]
    counted = shares[shown & np.isfinite(shares)]
    if not len(counted):
        raise ValueError("there is no frame in which both runs see the same point")
    return float(np.median(counted))


def face_error(points: np.ndarray, reference: np.ndarray) -> float:
    """`point_error` of meshes (n, 478, 2) as a share of the inter-ocular distance, between the outer eye corners."""
    return point_error(points, reference, np.ones(points.shape[:2], bool), EYE_CORNERS)


def pose_error(points: np.ndarray, reference: np.ndarray, shown: np.ndarray) -> float:
    """`point_error` of bodies (n, 25, 2) as a share of the torso, from the neck to the middle of the hips."""
    return point_error(points, reference, shown, TORSO)


def gain_of_two(one_s: Sequence[float], two_s: Sequence[Sequence[float]]) -> float:
    """How much more two jobs side by side do than one: wall times of one job, and of the two of each pair."""
    return 2 * float(np.median(one_s)) / float(np.median([max(pair) for pair in two_s]))


def frame_time_growth(startup_s: float, seconds: Mapping[float, float], frames: Mapping[float, int]) -> float | None:
    """Time per frame of what the longest run has beyond the shortest, over that of the shortest run; both maps are by
    minutes. None where there is but one length."""
    short, long = min(seconds), max(seconds)
    if short == long:
        return None
    first = (seconds[short] - startup_s) / frames[short]
    return (seconds[long] - seconds[short]) / (frames[long] - frames[short]) / first
