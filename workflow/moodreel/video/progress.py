"""How far the reading of a video is, in a log: often enough for who watches, too seldom to flood it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from moodreel.video.decode import Frame

EVERY_S = 10.0
"""Least time between two lines."""


class Progress:
    """Counts frames as they are used and tells it to `say`, at most once in `EVERY_S` of `clock`.

    The time left follows from the part of the video between `start_s` and `end_s` (None: not known) that is done. The
    end is what the container announces, which may be wrong, so it is said as `about`, and not at all once it is passed.
    """

    def __init__(
        self,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        say: Callable[[str], None] = print,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start_s = start_s
        self._end_s = end_s
        self._say = say
        self._clock = clock
        self._frames = 0
        self._spent_s = 0.0

    def __str__(self) -> str:
        """Frames so far and how fast they went, such as `472 frames, 96.4 frames/s`."""
        rate = f", {self._frames / self._spent_s:.1f} frames/s" if self._spent_s > 0 else ""
        return f"{self._frames} frame{'s' * (self._frames != 1)}{rate}"

    def count(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same `frames`. One counts once the next is asked for; time counts from the first being asked for."""
        began = told = self._clock()
        for frame in frames:
            yield frame
            now = self._clock()
            self._frames += 1
            self._spent_s = now - began
            if now - told >= EVERY_S:
                told = now
                self._say(f"{self}{self._left(frame.time_s)}")

    def _left(self, time_s: float) -> str:
        if self._end_s is None or not self._start_s < time_s < self._end_s:
            return ""
        left_s = self._spent_s * (self._end_s - time_s) / (time_s - self._start_s)
        return f", about {_duration(left_s)} left"


def _duration(seconds: float) -> str:
    """Such as `40 s`, `12 min` or `1 h 5 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
