"""Signals of frames on a time grid, by the frames' true presentation times."""

from typing import Literal

import numpy as np

from moodreel.features.gaps import bridged_gap_s, median_interval_s
from moodreel.settings.windows import WindowsSettings

EPSILON_S = 1e-6
"""Presentation times are multiples of a time base and grid times of a rate: equal ones may differ by rounding."""


def bridged_on_grid_s(times: np.ndarray, settings: WindowsSettings, step_s: float) -> float:
    """The longest gap, in s, that is bridged on a grid with steps of `step_s`, between frames read at `times` (s).

    With windows of `length_s` never longer than these, if `max_gap_s` is not. With windows per video steps may be long;
    then a gap as long as a step is bridged too.
    """
    if settings.per == "time":
        return bridged_gap_s(times, settings.max_gap_s, settings.length_s)
    return bridged_gap_s(times, max(settings.max_gap_s, step_s))


def grid_of(frame_times: np.ndarray, settings: WindowsSettings) -> tuple[np.ndarray, float]:
    """Grid times in s of a video with frames at `frame_times` (s), and the time between them, in s.

    Multiples of 1/rate_hz from the first frame's time to the last frame's end; with windows per video `steps` equal
    parts of the same time, each at its start. The last frame lasts the median time between frames, but not longer than
    the gaps that are bridged.

    Rows that no window with a frame can have, at any stride, are left out: those farther than a window's length from
    all frames and from the bridged gaps between them. So there are at most rate_hz x max(max_gap_s, length_s) +
    2 x rate_hz x length_s + 2 rows for each frame (152 with the default settings), whatever the times are.
    """
    if not len(frame_times):
        return np.empty(0), 0.0
    if settings.per == "video":
        step_s = duration_s(frame_times, bridged_gap_s(frame_times, settings.max_gap_s)) / settings.steps
        return frame_times[0] + np.arange(settings.steps) * step_s, step_s
    step_s = 1 / settings.rate_hz
    gap_s = bridged_on_grid_s(frame_times, settings, step_s)
    length = duration_s(frame_times, gap_s)
    rows = int(np.floor((length - EPSILON_S) * settings.rate_hz)) + 1 if length > EPSILON_S else 1
    reach = round(settings.length_s * settings.rate_hz) - 1
    ranges = _row_ranges(frame_times, gap_s, settings.rate_hz, rows, reach)
    found = np.concatenate([np.arange(first, last + 1) for first, last in ranges])
    return frame_times[0] + found / settings.rate_hz, step_s


def duration_s(frame_times: np.ndarray, longest_frame_s: float) -> float:
    """Time in s from the first frame to the end of the last one, which lasts as long as the median frame, but at most
    `longest_frame_s`."""
    return float(frame_times[-1] + min(median_interval_s(frame_times), longest_frame_s) - frame_times[0])


def _row_ranges(times: np.ndarray, gap_s: float, rate_hz: float, rows: int, reach: int) -> list[tuple[int, int]]:
    """First and last of each range of rows, of `rows`, that lie within `reach` rows of frames no more than `gap_s`
    apart."""
    holes = np.flatnonzero(np.diff(times) > gap_s + EPSILON_S)
    begins, ends = times[np.append(0, holes + 1)] - times[0], times[holes] - times[0]
    first = np.maximum(np.floor(begins * rate_hz).astype(np.int64) - reach, 0)
    last = np.append(np.minimum(np.ceil(ends * rate_hz).astype(np.int64) + reach, rows - 1), rows - 1)
    apart = np.flatnonzero(first[1:] > last[:-1] + 1)
    first, last = first[np.append(0, apart + 1)], last[np.append(apart, len(last) - 1)]
    return list(zip(first.tolist(), last.tolist(), strict=True))


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

    NaN at both ends, where the value or one of its neighbours is missing, and next to rows that the grid leaves out.
    """
    result = np.full(len(values), np.nan)
    if len(values) < 3:
        return result
    change, elapsed = values[2:] - values[:-2], grid[2:] - grid[:-2]
    if kind == "angle":
        change = (change + 180.0) % 360.0 - 180.0
    neighbours = elapsed < 2.5 * np.diff(grid).min()
    known = ~np.isnan(values[1:-1]) & (elapsed > 0) & neighbours
    result[1:-1][known] = change[known] / elapsed[known]
    return result
