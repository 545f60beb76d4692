"""Smoothing of per-frame signals, without lag: windows are made offline, so later frames may count too.

A local polynomial fit by the frames' true times: what Savitzky & Golay (1964) do on even samples, with the weights of
Cleveland (1979), for any frame rate, variable ones included. Peaks keep their time and nearly their height.
"""

from collections.abc import Callable

import numpy as np

from moodreel.features.gaps import MAX_GAP_S

MAX_JUMP = 0.5
"""A face that moves or grows by more than this share of its height from one frame to the next belongs to another
shot."""

DEGREE = 2
"""A parabola follows a rise, a fall and the top between them."""
RIDGE = 1e-9
"""Keeps slope and curvature finite where fewer than three frames are near: the fit then passes through the frame."""


def runs(times: np.ndarray, max_gap_s: float, starts_s: np.ndarray) -> np.ndarray:
    """The run that each visible frame, at `times` (frames,) in s, belongs to: int, shape (frames,).

    A new one begins after a gap longer than `max_gap_s` and at each of `starts_s` (s).
    """
    after_gap = np.diff(times, prepend=times[:1]) > max_gap_s + 1e-6
    return np.cumsum(after_gap) + np.searchsorted(starts_s, times + 1e-6)


def smooth(times: np.ndarray, values: np.ndarray, run: np.ndarray, reach_s: float) -> np.ndarray:
    """`values` (frames,) at `times` (s, rising), smoothed within each `run` (frames,): float, shape (frames,).

    Each frame gets the value there of the parabola fitted to the frames of its run nearer than `reach_s`, weighted by
    the tricube of their distance in time. Smoothing needs at least four of them: with fewer, and so at low frame rates,
    values stay as they are. No result leaves the range of those frames' values.
    """
    if reach_s <= 0 or not len(values):
        return values
    moments = np.zeros((2 * DEGREE + 1, len(values)))
    products = np.zeros((DEGREE + 1, len(values)))
    low, high = values.copy(), values.copy()
    for shift in range(-_widest(times, reach_s), _widest(times, reach_s) + 1):
        here = slice(max(0, -shift), len(values) - max(0, shift))
        there = slice(max(0, shift), len(values) + min(0, shift))
        u = (times[there] - times[here]) / reach_s
        near = (np.abs(u) < 1 - 1e-9) & (run[here] == run[there])
        weight = np.where(near, (1 - np.abs(np.clip(u, -1, 1)) ** 3) ** 3, 0)
        for power in range(2 * DEGREE + 1):
            moments[power, here] += weight * u**power
        for power in range(DEGREE + 1):
            products[power, here] += weight * u**power * values[there]
        low[here] = np.where(near, np.minimum(low[here], values[there]), low[here])
        high[here] = np.where(near, np.maximum(high[here], values[there]), high[here])
    order = np.arange(DEGREE + 1)
    normal = moments[order[:, None] + order].transpose(2, 0, 1) + RIDGE * np.diag(order > 0)
    result = np.linalg.solve(normal, products.T[:, :, None])[:, 0, 0]
    return np.clip(result, low, high)


def face_smoother(
    times: np.ndarray, place: np.ndarray, reach_s: float, gap_s: float = MAX_GAP_S
) -> Callable[[np.ndarray], np.ndarray]:
    """Smooths columns (frames, n), NaN without a face, over the frames that follow each other closely, `reach_s` to
    either side. Across a gap longer than `gap_s` (s) and where the face jumps, as at a cut, nothing is mixed.

    place (frames, 3): the middle of the face, px, and its height, px.
    """
    far = np.abs(np.diff(place, axis=0)).max(axis=1, initial=0) > MAX_JUMP * place[1:, 2]
    jumps_s = times[1:][far]

    def smoother(columns: np.ndarray) -> np.ndarray:
        result = columns.copy()
        known = ~np.isnan(columns)
        for pattern in np.unique(known, axis=1).T:
            run = runs(times[pattern], gap_s, jumps_s)
            for column in np.flatnonzero((known == pattern[:, None]).all(axis=0)):
                result[pattern, column] = smooth(times[pattern], columns[pattern, column], run, reach_s)
        return result

    return smoother


def _widest(times: np.ndarray, reach_s: float) -> int:
    """The largest distance, in frames, of frames that are less than `reach_s` apart."""
    return int((np.searchsorted(times, times + reach_s) - np.arange(len(times))).max()) - 1
