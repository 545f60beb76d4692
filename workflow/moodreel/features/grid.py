"""Signals of frames on a time grid, by the frames' true presentation times."""

from typing import Literal

import numpy as np

from moodreel.settings.windows import WindowsSettings

EPSILON_S = 1e-6
"""Presentation times are multiples of a time base and grid times of a rate: equal ones may differ by rounding."""


def grid_times(frame_times: np.ndarray, rate_hz: float, max_gap_s: float) -> np.ndarray:
    """Grid times in s: multiples of 1/rate_hz from the first frame's time to the last frame's end.

    The last frame lasts the median time between frames, but not longer than `max_gap_s`.
    """
    if not len(frame_times):
        return np.empty(0)
    length = duration(frame_times, max_gap_s)
    rows = int(np.floor((length - EPSILON_S) * rate_hz)) + 1 if length > EPSILON_S else 1
    return frame_times[0] + np.arange(rows) / rate_hz


def duration(frame_times: np.ndarray, max_gap_s: float) -> float:
    """Time in s from the first frame to the last one's end, as in `grid_times`."""
    last_frame_s = min(float(np.median(np.diff(frame_times))), max_gap_s) if len(frame_times) > 1 else 0.0
    return float(frame_times[-1] + last_frame_s - frame_times[0])


def grid_of(frame_times: np.ndarray, settings: WindowsSettings) -> tuple[np.ndarray, float]:
    """Grid times in s of a video with frames at `frame_times` (s), and the longest gap that is bridged on it, in s.

    With windows per video these are `steps` equal parts of the video's length, each at its start; as steps may be
    longer than `max_gap_s`, a gap as long as a step is bridged too.
    """
    if settings.per == "time" or not len(frame_times):
        return grid_times(frame_times, settings.rate_hz, settings.max_gap_s), settings.max_gap_s
    step_s = duration(frame_times, settings.max_gap_s) / settings.steps
    return frame_times[0] + np.arange(settings.steps) * step_s, max(settings.max_gap_s, step_s)


def interpolate(
    times: np.ndarray,
    values: np.ndarray,
    grid: np.ndarray,
    max_gap_s: float,
    kind: Literal["linear", "angle", "nearest"] = "linear",
) -> np.ndarray:
    """One column, `values` (frames,) at `times` (s, rising), on `grid` (s): shape (grid,), NaN where not visible.

    Values between two visible frames no more than `max_gap_s` apart are interpolated by time: linearly, from the nearer
    frame, or, for degrees, the shorter way round (result in [-180, 180)). Across longer gaps and before the first
    visible frame they are NaN. The last frame counts for up to `max_gap_s`, since a picture lasts until the next.
    """
    visible = ~np.isnan(values)
    if not visible.any():
        return np.full(len(grid), np.nan)
    near, has_value = _nearest(times, visible, grid, max_gap_s)
    nearest = values[near].astype(float)
    if kind == "nearest":
        return np.where(has_value, nearest, np.nan)
    t, v = times[visible], values[visible].astype(float)
    if kind == "angle":
        result = (np.interp(grid, t, np.unwrap(v, period=360.0)) + 180.0) % 360.0 - 180.0
    else:
        result = np.interp(grid, t, v)
    on_frame = np.abs(times[near] - grid) <= EPSILON_S
    return np.where(has_value, np.where(on_frame, nearest, result), np.nan)


def nearest_frames(times: np.ndarray, visible: np.ndarray, grid: np.ndarray, max_gap_s: float) -> np.ndarray:
    """The number of the nearest `visible` (frames,) frame for each grid time, -1 where `interpolate` has NaN: int
    (grid,).

    One search serves all columns that are copied from whole frames.
    """
    if not visible.any():
        return np.full(len(grid), -1)
    near, has_value = _nearest(times, visible, grid, max_gap_s)
    return np.where(has_value, near, -1)


def _nearest(
    times: np.ndarray, visible: np.ndarray, grid: np.ndarray, max_gap_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """The number of the nearest visible frame, and whether there is a value at all, both (grid,)."""
    t = times[visible]
    after = np.searchsorted(t, grid - EPSILON_S)
    left, right = np.clip(after - 1, 0, None), np.clip(after, None, len(t) - 1)
    on_frame = np.abs(t[right] - grid) <= EPSILON_S
    inside = (after > 0) & (after < len(t)) & (t[right] - t[left] <= max_gap_s + EPSILON_S)
    after_last = (after == len(t)) & visible[-1] & (grid - t[-1] <= max_gap_s + EPSILON_S)
    nearer = on_frame | (np.abs(t[right] - grid) < np.abs(grid - t[left]))
    return np.flatnonzero(visible)[np.where(nearer, right, left)], on_frame | inside | after_last


def rates(grid: np.ndarray, values: np.ndarray, kind: Literal["linear", "angle", "nearest"] = "linear") -> np.ndarray:
    """Change per second of `values` (grid,) at `grid` (s): central differences, for degrees the shorter way round.

    NaN at both ends and where the value or one of its neighbours is missing.
    """
    result = np.full(len(values), np.nan)
    if len(values) < 3:
        return result
    change, elapsed = values[2:] - values[:-2], grid[2:] - grid[:-2]
    if kind == "angle":
        change = (change + 180.0) % 360.0 - 180.0
    known = ~np.isnan(values[1:-1]) & (elapsed > 0)
    result[1:-1][known] = change[known] / elapsed[known]
    return result
