"""How long a gap between frames may be until what was seen before and after it is no longer one signal."""

import numpy as np

MAX_GAP_S = 0.2
"""The longest gap, in s, that is bridged where no setting says otherwise and frames are not rare; the default of
`windows.max_gap_s`."""


def median_interval_s(times: np.ndarray) -> float:
    """The median time in s between frames at `times` (frames,), s; 0 where there are fewer than two."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def usual_rate_hz(times: np.ndarray) -> float | None:
    """Frames per second at `times` (frames,), s, where none is missing, to seven digits; None with fewer than two
    frames.

    The mean of the intervals up to 1.5 times the median one: containers round times, Matroska to 1 ms, so that the
    median alone makes 30.3 of 30.
    """
    usual_s = median_interval_s(times)
    if not usual_s > 0:
        return None
    intervals_s = np.diff(times)
    return float(f"{1 / intervals_s[intervals_s <= 1.5 * usual_s].mean():.7g}")


def bridged_gap_s(times: np.ndarray, max_gap_s: float, longest_s: float = np.inf) -> float:
    """The longest gap, in s, that is bridged between frames that were read at `times` (frames,), s.

    At least `max_gap_s`; at low frame rates two intervals between frames, so that one missing frame is bridged at any
    rate, but not more than `longest_s`.
    """
    return max(max_gap_s, min(2 * median_interval_s(times), longest_s))
