"""The head region of the pose: a face in a half-body or full-body picture is found only in a crop of it."""

import math
from itertools import combinations

import numpy as np

from moodreel.crops.square import Square
from moodreel.pose.body25 import INDEX

HEAD = np.array([INDEX[point] for point in ("nose", "right_eye", "left_eye", "right_ear", "left_ear")])

MAX_OFFSET = 0.75
"""A face whose square's centre is farther than this from the head's, in head widths, is not this head's."""
SIDE_RANGE = (1.0, 3.5)
"""The side of a face's square, in head widths. All limits lie well outside what is measured on ten real clips with a
plainly visible face, frontal and turned, near and far: sides of 1.6 to 2.8, offsets up to 0.35 (5th to 95th
percentile)."""


def head_square(body: np.ndarray) -> Square | None:
    """The upright square around the head of BODY_25 `body` (25, 3), as wide as the head.

    The width is the longest distance between nose, eyes and ears: from ear to ear in a frontal view, from nose to ear
    in a profile. None where fewer than two of these points are known, or all lie in one place.
    """
    # plain numbers: for five points, five times as fast as arrays
    points = [(x, y) for x, y, _ in body[HEAD].tolist() if math.isfinite(x) and math.isfinite(y)]
    width = max((math.dist(a, b) for a, b in combinations(points, 2)), default=0)
    if width == 0:
        return None
    x, y = zip(*points, strict=True)
    return Square((min(x) + max(x)) / 2, (min(y) + max(y)) / 2, width)


def fits(face: Square, head: Square | None) -> bool:
    """Whether the square of a face fits the place and size of the head; always true where there is no head.

    The mesh networks are confident also next to a face, where a tracked square may drift.
    """
    if head is None:
        return True
    low, high = SIDE_RANGE
    return head.distance(face) <= MAX_OFFSET and low <= face.side / head.side <= high
