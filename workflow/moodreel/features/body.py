"""Body points relative to the torso, so that neither place in the picture nor distance from the camera counts."""

import numpy as np
import polars as pl

from moodreel.features.groups import BODY_POINTS, ORIGIN

SHOULDERS_PER_TORSO = 0.259 / 0.288
"""Shoulder breadth over the height from hips to shoulders, both as shares of stature (Winter 2009, Biomechanics and
Motor Control of Human Movement, figure 4.1: 0.259, and 0.818 - 0.530)."""


def point(pose: pl.DataFrame, name: str) -> np.ndarray:
    """x and y of a keypoint in px, shape (frames, 2); NaN where it is not visible."""
    return pose.select(f"{name}_x", f"{name}_y").cast(pl.Float64).to_numpy().astype(float)


def torso_scale(pose: pl.DataFrame) -> np.ndarray:
    """The unit of length per frame: one shoulder width as seen from the front, in px, shape (frames,).

    A turn shortens the shoulders and a bow the torso, so it is the larger of the shoulders' distance and of the width
    expected from the torso's length; where the hips are out of the picture, as in a half-body clip, the shoulders'
    alone. NaN where the shoulders are not visible, or are closer to each other than half the distance from neck to
    nose: then the person is seen from the side and nothing in the picture gives the scale.
    """
    width = _length(point(pose, "left_shoulder") - point(pose, "right_shoulder"))
    torso = _length(point(pose, "mid_hip") - point(pose, ORIGIN)) * SHOULDERS_PER_TORSO
    scale = np.fmax(width, np.where(np.isnan(width), np.nan, torso))
    head = _length(point(pose, "nose") - point(pose, ORIGIN))
    with np.errstate(invalid="ignore"):
        return np.where((scale > 0) & ~(scale < head / 2), scale, np.nan)


def relative_to_torso(pose: pl.DataFrame) -> dict[str, np.ndarray]:
    """The body columns: each keypoint's place from the neck, x to the viewer's right and y down, in shoulder widths.

    Arrays of shape (frames,); NaN where the point, the neck or the scale is missing.
    """
    origin, scale = point(pose, ORIGIN), torso_scale(pose)[:, None]
    columns = {}
    for name in BODY_POINTS:
        place = (point(pose, name) - origin) / scale
        columns[f"{name}_x"], columns[f"{name}_y"] = place.T
    return columns


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.hypot(vectors[:, 0], vectors[:, 1])
