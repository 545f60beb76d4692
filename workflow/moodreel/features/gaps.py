"""How long a gap between frames may be until what was seen before and after it is no longer one signal."""

import numpy as np

MAX_GAP_S = 0.2
"""The longest gap, in s, that is bridged where no setting says otherwise and frames are not rare; the default of
`windows.max_gap_s`."""


def median_interval_s(times: np.ndarray) -> float:
    """The median time in s between frames at `times` (frames,), s; 0 where there are fewer than two."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.0


def bridged_gap_s(times: np.ndarray, max_gap_s: float, longest_s: float = np.inf) -> float:
    """The longest gap, in s, that is bridged between frames that were read at `times` (frames,), s.

    At least `max_gap_s`; at low frame rates two intervals between frames, so that one missing frame is bridged at any
    rate, but not more than `longest_s`.
    """
    return max(max_gap_s, min(2 * median_interval_s(times), longest_s))
