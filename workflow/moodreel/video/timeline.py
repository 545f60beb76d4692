"""Presentation times that never run backwards."""

from fractions import Fraction

SLIP_FRAMES = 2.0
"""A time stamp up to this many nominal frames behind its predecessor is a slip; beyond, the clock was reset."""

NUDGE_S = 0.001
"""A frame with such a slip is placed so far after its predecessor, or half as far as the next stamp: so little that the
next true stamp is later."""

MAX_GAP_S = 3600.0
"""A longer gap between two frames is taken for a damaged time stamp."""


class Timeline:
    """Times of a file's frames in seconds from its first frame, strictly increasing.

    A frame keeps the file's own time where that is later than its predecessor's. Other frames, counted in `mended`:

    - no time stamp: one nominal frame after its predecessor;
    - a lone one far ahead, more than a frame and `SLIP_FRAMES` after its predecessor, while the next frame's lies
      between the two: one nominal frame after its predecessor, later frames keep their own times;
    - equal or slightly earlier (`SLIP_FRAMES`): up to `NUDGE_S` after its predecessor, later frames keep their own
      times;
    - far earlier, or later by more than `MAX_GAP_S` (recordings joined into one file, a clock that overflowed): one
      nominal frame after its predecessor; later frames keep their distance to this one until their own times fit
      again.
    """

    def __init__(self, nominal_s: float) -> None:
        """nominal_s: the announced duration of one frame, in seconds."""
        self.nominal_s = nominal_s
        self.mended = 0
        self._origin_s: Fraction | None = None
        self._shift_s = 0.0
        self._last_s: float | None = None

    def place(self, pts_s: Fraction | None, next_pts_s: Fraction | None = None) -> float:
        """The time in seconds of the next frame in order of presentation.

        `pts_s` is the file's stamp, if any; `next_pts_s` that of the frame after it, if there is one.
        """
        if self._last_s is None:
            self._origin_s = pts_s
            self.mended += pts_s is None
            self._last_s = 0.0
        else:
            self._last_s = self._after(self._last_s, pts_s, next_pts_s)
        return self._last_s

    def _after(self, last_s: float, pts_s: Fraction | None, next_pts_s: Fraction | None) -> float:
        if pts_s is None or self._is_contradicted(last_s, pts_s, next_pts_s):
            self.mended += 1
            return last_s + self.nominal_s
        if self._origin_s is None:
            self._origin_s = pts_s - Fraction(last_s + self.nominal_s)
        own_s = float(pts_s - self._origin_s)
        for time_s in (own_s, own_s + self._shift_s):
            if 0 < time_s - last_s <= MAX_GAP_S:
                self.mended += time_s != own_s
                return time_s
        self.mended += 1
        if -SLIP_FRAMES * self.nominal_s <= own_s + self._shift_s - last_s <= 0:
            left_s = 0.0 if next_pts_s is None else float(next_pts_s - self._origin_s) + self._shift_s - last_s
            return last_s + (min(NUDGE_S, left_s / 2) if left_s > 0 else NUDGE_S)
        self._shift_s = last_s + self.nominal_s - own_s
        return last_s + self.nominal_s

    def _is_contradicted(self, last_s: float, pts_s: Fraction, next_pts_s: Fraction | None) -> bool:
        """Whether a stamp is a lone one far ahead: the next frame goes on where the one before was."""
        if next_pts_s is None or self._origin_s is None or next_pts_s >= pts_s:
            return False
        ahead_s = float(pts_s - self._origin_s) + self._shift_s - last_s
        next_ahead_s = float(next_pts_s - self._origin_s) + self._shift_s - last_s
        return next_ahead_s > 0 and ahead_s > (1 + SLIP_FRAMES) * self.nominal_s
