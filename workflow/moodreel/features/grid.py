"""Features on a regular time grid, by the frames' true presentation times."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from moodreel.features.body import relative_to_torso
from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.features.smoothing import runs, smooth
from moodreel.tables.extraction import BODY_25

EPSILON_S = 1e-6
"""Presentation times are multiples of a time base and grid times of a rate: equal ones may differ by rounding."""

FACE_COLUMNS = [c for c, group in GROUP_OF.items() if GROUPS[group].source == "face"]
POSE_COLUMNS = ["time_s", "status", "cut", *(f"{point}_{axis}" for point in BODY_25 for axis in "xy")]


def grid_times(frame_times: np.ndarray, rate_hz: float, max_gap_s: float) -> np.ndarray:
    """Grid times in s: multiples of 1/rate_hz from the first frame's time to the last frame's end.

    The last frame stands for as long as the frames do in the median, but not longer than `max_gap_s`.
    """
    if not len(frame_times):
        return np.empty(0)
    lasts = min(float(np.median(np.diff(frame_times))), max_gap_s) if len(frame_times) > 1 else 0.0
    length = frame_times[-1] + lasts - frame_times[0]
    rows = int(np.floor((length - EPSILON_S) * rate_hz)) + 1 if length > EPSILON_S else 1
    return frame_times[0] + np.arange(rows) / rate_hz


def interpolate(
    times: np.ndarray,
    values: np.ndarray,
    grid: np.ndarray,
    max_gap_s: float,
    kind: Literal["linear", "angle", "nearest"] = "linear",
) -> np.ndarray:
    """One column, `values` (frames,) at `times` (s, rising), on `grid` (s): shape (grid,), NaN where not seen.

    Values between two seen frames no more than `max_gap_s` apart are interpolated by time: linearly, from the nearer
    frame, or, for degrees, the shorter way round (result in [-180, 180)). Across longer gaps and before the first seen
    frame they are NaN. The last frame holds for up to `max_gap_s`, since a picture stands until the next.
    """
    seen = ~np.isnan(values)
    if not seen.any():
        return np.full(len(grid), np.nan)
    t, v = times[seen], values[seen].astype(float)
    after = np.searchsorted(t, grid - EPSILON_S)
    left, right = np.clip(after - 1, 0, None), np.clip(after, None, len(t) - 1)
    on_frame = np.abs(t[right] - grid) <= EPSILON_S
    inside = (after > 0) & (after < len(t)) & (t[right] - t[left] <= max_gap_s + EPSILON_S)
    holds = (after == len(t)) & seen[-1] & (grid - t[-1] <= max_gap_s + EPSILON_S)
    if kind == "nearest":
        result = v[np.where(np.abs(t[right] - grid) < np.abs(grid - t[left]), right, left)]
    elif kind == "angle":
        result = (np.interp(grid, t, np.unwrap(v, period=360.0)) + 180.0) % 360.0 - 180.0
    else:
        result = np.interp(grid, t, v)
    result = np.where(on_frame, v[right], result)
    return np.where(on_frame | inside | holds, result, np.nan)


def seen_columns(pose: pl.DataFrame, face: pl.DataFrame) -> set[str]:
    """The feature columns for which a video's POSE and FACE tables hold at least one value."""
    return {c for table in (pose, face) for c in table.columns if c in GROUP_OF and table[c].count()}


def video_features(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    columns: list[str],
    *,
    rate_hz: float,
    max_gap_s: float,
    needs_body: bool = True,
    smoothing_s: float = 0.0,
) -> pl.DataFrame:
    """One video's features: `time_s`, `valid` and `columns` (float32), one row per grid time.

    `pose` and `face` are its POSE and FACE tables, each with `time_s`, `status` and what `columns` need, `pose` also
    with `cut` where `smoothing_s` (s) is above 0: then all but 0/1 columns are smoothed over frames nearer than
    that, neither across gaps longer than `max_gap_s` nor across cuts. A row is valid where a face was seen and, if the
    body counts, a body. Points may still be null in it: a close-up has no shoulders and so no body columns at all, but
    the face that the run is about.
    """
    pose_times, face_times = (t["time_s"].to_numpy().astype(float) for t in (pose, face))
    grid = grid_times(pose_times, rate_hz, max_gap_s)
    body = relative_to_torso(pose)
    cuts = pose_times[pose["cut"].to_numpy()] if smoothing_s else np.empty(0)

    def on_grid(times: np.ndarray, values: np.ndarray, kind: str = "linear") -> np.ndarray:
        return interpolate(times, values, grid, max_gap_s, kind)

    def smoothed(times: np.ndarray, values: np.ndarray, kind: str = "linear") -> np.ndarray:
        seen = ~np.isnan(values)
        if not smoothing_s or kind == "nearest" or not seen.any():
            return values
        result, t, v = values.astype(float), times[seen], values[seen].astype(float)
        if kind == "angle":
            v = np.unwrap(v, period=360.0)
        result[seen] = smooth(t, v, runs(t, max_gap_s, cuts), smoothing_s)
        return (result + 180.0) % 360.0 - 180.0 if kind == "angle" else result

    valid = ~np.isnan(on_grid(face_times, np.where(face["status"] == "ok", 1.0, np.nan)))
    if needs_body:
        valid &= ~np.isnan(on_grid(pose_times, np.where(pose["status"] == "ok", 1.0, np.nan)))
    result: dict[str, np.ndarray] = {"time_s": grid, "valid": valid}
    for column in columns:
        group = GROUPS[GROUP_OF[column]]
        if group.source == "body":
            times, values = pose_times, body[column]
        else:
            times, values = face_times, face[column].cast(pl.Float64).to_numpy()
        values = on_grid(times, smoothed(times, values, group.interpolation), group.interpolation)
        result[column] = values.astype(np.float32)
    return pl.DataFrame(result, nan_to_null=True)
