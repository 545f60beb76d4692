"""Tracks one of several people, frame after frame."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from moodreel.crops.square import Square, most_prominent
from moodreel.pose.body25 import INDEX

SAME_PERSON = 1.0
"""A pose farther than this from the last one, in torso lengths, is another person's, or a cut lies between: then the
most prominent person is chosen again."""

PATIENCE = 50
"""Frames for which a person who is not visible is waited for; then any person is taken. As in tracking in pictures."""

_NECK, _HIP = INDEX["neck"], INDEX["mid_hip"]
_SHOULDERS = INDEX["left_shoulder"], INDEX["right_shoulder"]
_TORSO_PER_SHOULDERS = 0.288 / 0.259
"""Height from hips to shoulders over shoulder breadth (Winter 2009, figure 4.1), for people whose hips are not
visible."""


def track_person(frames: Iterable[tuple[int, np.ndarray]], shape: tuple[int, int]) -> Iterator[np.ndarray | None]:
    """The tracked person of each frame, (25, 3), or None.

    frames: index, rising, and people (n, 25, 3) with NaN for what is not visible.
    shape: height and width of the picture, or of what the keypoints fill of it, in px.

    The first is the most prominent, as where pictures are read (`crops.square.most_prominent`); then it is the
    nearest to the last pose by the median distance of the keypoints that both have, in torso lengths of that.
    """
    last: np.ndarray | None = None
    last_index = 0
    for index, people in frames:
        if last is not None and index - last_index > PATIENCE:
            last = None
        candidates = [person for person in people if not np.isnan(person[:, 0]).all()]
        chosen = None
        if candidates:
            chosen = _nearest(candidates, last) if last is not None else None
            if chosen is None:
                chosen = _most_prominent(candidates, shape)
            last, last_index = chosen, index
        yield chosen


def _nearest(candidates: list[np.ndarray], last: np.ndarray) -> np.ndarray | None:
    """The candidate nearest to the pose `last`; None where none is near."""
    distances = [_distance(person, last) for person in candidates]
    nearest = int(np.argmin(distances))
    return candidates[nearest] if distances[nearest] <= SAME_PERSON * torso_length(last) else None


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Median distance of the keypoints that both have, px; infinite where they share none."""
    distances = np.hypot(*(one[:, :2] - other[:, :2]).T)
    return math.inf if np.isnan(distances).all() else float(np.nanmedian(distances))


def torso_length(person: np.ndarray) -> float:
    """Length of the torso in px: from neck to hips, or as expected from the shoulders, whichever is longer (a bow
    shortens one, a turn the other); half of the box around all keypoints where neither is visible."""
    lengths = [
        math.dist(person[_NECK, :2], person[_HIP, :2]),
        math.dist(*(person[point, :2] for point in _SHOULDERS)) * _TORSO_PER_SHOULDERS,
    ]
    visible = [length for length in lengths if length > 0]
    return max(visible) if visible else _box(person).side / 2


def _most_prominent(candidates: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    boxes = [_box(person) for person in candidates]
    chosen = most_prominent(boxes, shape)
    return next(person for person, box in zip(candidates, boxes, strict=True) if box is chosen)


def _box(person: np.ndarray) -> Square:
    """The square around the visible keypoints."""
    low, high = np.nanmin(person[:, :2], 0), np.nanmax(person[:, :2], 0)
    (x, y), side = ((low + high) / 2).tolist(), float((high - low).max())
    return Square(x, y, side)
