"""Drops unreliable results of OpenPose, by the rules of extraction."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.pose.body25 import hide_unseen
from moodreel.settings.pose import PoseSettings
from moodreel.tables.extraction import BODY_25

MOST_OUTSIDE = 0.2
"""Share of the keypoints that may lie outside the picture. Outside are a few at its edges, or very many where the
keypoints are of a picture of another size."""

ROWS_AT_ONCE = 4096

_POINTS = [f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence")]


def drop_unsure(poses: pl.DataFrame, settings: PoseSettings, width: int | None, height: int | None) -> pl.DataFrame:
    """The POSE table `poses` without what extraction would drop as unreliable.

    People below `min_confidence` become `low_confidence`, without points; points below `min_visibility`, or outside a
    picture of `width` and `height` px (None: unknown), lose their place. Raises UserError when more than `MOST_OUTSIDE`
    of the points lie outside.
    """
    # in pieces, since all the keypoints of a long video would be in memory four times
    pieces = [_drop_unsure_people(piece, settings) for piece in poses.iter_slices(ROWS_AT_ONCE)]
    if width and height:
        _require_within(pieces, width, height)
    limits = width or np.inf, height or np.inf, settings.min_visibility
    return pl.concat([_hide_points(piece, *limits) for piece in pieces]) if pieces else poses


def _drop_unsure_people(poses: pl.DataFrame, settings: PoseSettings) -> pl.DataFrame:
    poses = poses.with_columns(
        status=pl.when((pl.col("status") == "ok") & (pl.col("confidence") < settings.min_confidence))
        .then(pl.lit("low_confidence"))
        .otherwise("status")
    )
    return poses.with_columns(pl.when(pl.col("status") == "ok").then(pl.col(*_POINTS)))


def _require_within(pieces: Iterable[pl.DataFrame], width: int, height: int) -> None:
    visible, outside, farthest = 0, 0, np.zeros(2)
    for piece in pieces:
        body = _body(piece)
        points = body[~np.isnan(body[:, 0]), :2]
        visible += len(points)
        outside += int(((points < 0) | (points >= (width, height))).any(1).sum())
        farthest = np.maximum(farthest, points.max(0, initial=0))
    if outside > MOST_OUTSIDE * visible:
        x, y = farthest
        raise UserError(
            f"{outside / visible:.0%} of the keypoints lie outside the picture of {width} x {height} px; they reach to "
            f"x = {x:.0f}, y = {y:.0f}. Was OpenPose run on this very video, with --keypoint_scale 0 (the default)?"
        )


def _hide_points(poses: pl.DataFrame, width: float, height: float, min_visibility: float) -> pl.DataFrame:
    shown = hide_unseen(_body(poses), width, height, min_visibility).reshape(len(poses), len(_POINTS))
    return poses.with_columns(pl.DataFrame(shown, schema=_POINTS).with_columns(pl.all().fill_nan(None)))


def _body(poses: pl.DataFrame) -> np.ndarray:
    """(rows * 25, 3); NaN where null."""
    return poses.select(pl.col(*_POINTS).fill_null(float("nan"))).to_numpy().reshape(-1, 3)
