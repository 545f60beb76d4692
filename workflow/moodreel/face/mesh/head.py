"""Where the pose says the head is: a face in a half-body or full-body picture is found only in a crop of it."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import pdist

from moodreel.pose.body25 import INDEX
from moodreel.regions.square import Square

HEAD = [INDEX[point] for point in ("nose", "right_eye", "left_eye", "right_ear", "left_ear")]


def head_region(body: np.ndarray, crop: float) -> Square | None:
    """The upright square around the head of BODY_25 `body` (25, 3), its side `crop` times the head's width.

    The width is the longest distance between nose, eyes and ears: from ear to ear in a frontal view, from nose to ear in a
    profile. None where fewer than two of these points are known.
    """
    points = body[HEAD, :2]
    points = points[np.isfinite(points).all(1)]
    if len(points) < 2:
        return None
    x, y = (points.min(0) + points.max(0)) / 2
    return Square(float(x), float(y), crop * float(pdist(points).max()))
