"""BODY_25, OpenPose's 25 body keypoints, from the keypoints of other networks."""

from functools import lru_cache

import numpy as np

from moodreel.tables.extraction import BODY_25

BLAZEPOSE = {
    "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8,
    "left_shoulder": 11, "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27, "right_ankle": 28,
    "left_heel": 29, "right_heel": 30, "left_big_toe": 31, "right_big_toe": 32,
}  # fmt: skip
"""BlazePose's landmark, of 33, for each keypoint (Bazarevsky et al. 2020; its foot index is the tip of the
big toe)."""

HALPE26 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "head", "neck", "mid_hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe",
    "left_heel", "right_heel",
)  # fmt: skip
"""The keypoints of Halpe26 in its order, by their names in BODY_25 (Halpe-FullBody, README), which has all but `head`,
the top of the head."""

MIDPOINTS = {"neck": ("left_shoulder", "right_shoulder"), "mid_hip": ("left_hip", "right_hip")}
"""Keypoints of BODY_25 halfway between two others (OpenPose, doc/02_output.md); their confidence is the lower of the
two."""

INDEX = {point: index for index, point in enumerate(BODY_25)}
"""The index of a keypoint in BODY_25."""

COLUMNS = [f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence")]
"""The columns of POSE with BODY_25, keypoint by keypoint."""

# index arrays, since lists take longer to convert than to use
_FROM_BLAZEPOSE = np.array([BLAZEPOSE.get(point, 0) for point in BODY_25])
_NOT_IN_BLAZEPOSE = np.array([i for point, i in INDEX.items() if point not in BLAZEPOSE and point not in MIDPOINTS])
_FROM_HALPE26 = np.array([HALPE26.index(point) for point in BODY_25])
_MIDPOINTS = np.array([INDEX[point] for point in MIDPOINTS])
_ONE_SIDE, _OTHER_SIDE = (np.array([INDEX[pair[side]] for pair in MIDPOINTS.values()]) for side in (0, 1))


def from_blazepose(landmarks: np.ndarray) -> np.ndarray:
    """BODY_25 (25, 3) float32 from BlazePose's `landmarks` (33, 3), both x px, y px, confidence; small toes are NaN."""
    body = landmarks[_FROM_BLAZEPOSE].astype(np.float32)
    body[_NOT_IN_BLAZEPOSE] = np.nan
    one, other = body[_ONE_SIDE], body[_OTHER_SIDE]
    middle = (one + other) / 2
    np.minimum(one[:, 2], other[:, 2], out=middle[:, 2])
    body[_MIDPOINTS] = middle
    return body


def from_halpe26(keypoints: np.ndarray) -> np.ndarray:
    """BODY_25 (25, 3) float32 from Halpe26's `keypoints` (26, 3), both x px, y px, confidence."""
    return keypoints[_FROM_HALPE26].astype(np.float32)


def hide_unseen(body: np.ndarray, width: float, height: float, min_visibility: float) -> np.ndarray:
    """BODY_25 (25, 3) with NaN for x and y of points outside the picture or less confident than
    `min_visibility`.

    Networks such as BlazePose give coordinates for every point, also for legs below the picture's edge. The confidence
    stays.
    """
    least, limit = _limits(width, height, min_visibility)
    visible = ((body >= least) & (body < limit)).all(1)
    result = body.copy()
    result[~visible, :2] = np.nan
    return result


@lru_cache
def _limits(width: float, height: float, min_visibility: float) -> tuple[np.ndarray, np.ndarray]:
    """Inclusive lower and exclusive upper limits of x, y and confidence of a visible point."""
    return np.array([0, 0, min_visibility], np.float32), np.array([width, height, np.inf], np.float32)
