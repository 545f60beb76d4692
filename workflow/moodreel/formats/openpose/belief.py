"""Drops unreliable results of OpenPose, by the rules of extraction."""

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.pose.body25 import hide_unseen
from moodreel.settings.pose import PoseSettings
from moodreel.tables.extraction import BODY_25

MOST_OUTSIDE = 0.2
"""Share of the keypoints that may lie outside the picture. Outside are a few at its edges, or very many where the
keypoints are of a picture of another size."""

_POINTS = [f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence")]


def drop_unsure(poses: pl.DataFrame, settings: PoseSettings, width: int | None, height: int | None) -> pl.DataFrame:
    """The POSE table `poses` without what extraction would drop as unreliable.

    People below `min_confidence` become `low_confidence`, without points; points below `min_visibility`, or outside a
    picture of `width` and `height` px (None: unknown), lose their place. Raises UserError when more than `MOST_OUTSIDE`
    of the points lie outside.
    """
    poses = poses.with_columns(
        status=pl.when((pl.col("status") == "ok") & (pl.col("confidence") < settings.min_confidence))
        .then(pl.lit("low_confidence"))
        .otherwise("status")
    )
    poses = poses.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(*_POINTS)))
    body = poses.select(pl.col(*_POINTS).fill_null(float("nan"))).to_numpy().reshape(-1, 3)
    if width and height:
        visible = body[~np.isnan(body[:, 0]), :2]
        outside = ((visible < 0) | (visible >= (width, height))).any(1).mean() if len(visible) else 0.0
        if outside > MOST_OUTSIDE:
            x, y = visible.max(0)
            raise UserError(
                f"{outside:.0%} of the keypoints lie outside the picture of {width} x {height} px; they reach to "
                f"x = {x:.0f}, y = {y:.0f}. Was OpenPose run on this very video, with --keypoint_scale 0 (the default)?"
            )
    shown = hide_unseen(body, width or np.inf, height or np.inf, settings.min_visibility).reshape(
        len(poses), len(_POINTS)
    )
    return poses.with_columns(pl.DataFrame(shown, schema=_POINTS).with_columns(pl.all().fill_nan(None)))
