"""Progress of reading videos, as lines of a log at intervals."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol, TypeVar

from moodreel.video import guarded


class HasTime(Protocol):
    """Something with a time in the video, such as a frame."""

    @property
    def time_s(self) -> float: ...


T = TypeVar("T", bound=HasTime)

EVERY_S = 10.0
"""Least time between two lines."""


class Progress:
    """Counts the frames of one video after the other and passes lines to `report`, at most one in `EVERY_S` of `clock`.

    The rate is that of all videos so far, since they may be read side by side. The time left follows from it and from
    the part of the video that is done, from its start to `end_s` (None: not known). The end is what the container
    announces, which may be wrong, so the time left is given as `about`, and not at all past that end.
    """

    def __init__(
        self, *, report: Callable[[str], None] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.end_s: float | None = None
        self._report = report or partial(print, flush=True)
        self._clock = clock
        self._began: float | None = None
        self._reported = 0.0
        self._all = 0
        self._spent_s = 0.0
        self.begin("", 0.0)

    def begin(self, name: str, start_s: float, end_s: float | None = None) -> None:
        """Begin the video `name`, which is read from `start_s` on: the frames counted next are its frames."""
        self._name = name
        self._start_s = start_s
        self.end_s = end_s
        self._frames = 0

    def __str__(self) -> str:
        """Frames of the video so far and the rate over all videos, such as `472 frames, 96.4 frames/s`."""
        rate = f", {self._all / self._spent_s:.1f} frames/s" if self._spent_s > 0 else ""
        return f"{self._frames} frame{'s' * (self._frames != 1)}{rate}"

    def count(self, frames: Iterable[T]) -> Iterator[T]:
        """Yield `frames` and count each once the next is requested; time counts from the first request."""
        if self._began is None:
            self._began = self._reported = self._clock()
        for frame in frames:
            yield frame
            guarded.progress()
            now = self._clock()
            self._frames += 1
            self._all += 1
            self._spent_s = now - self._began
            if now - self._reported >= EVERY_S:
                self._reported = now
                self._report(f"{self._name}: {self}{self._left(frame.time_s)}")

    def _left(self, time_s: float) -> str:
        if self.end_s is None or not self._start_s < time_s < self.end_s:
            return ""
        frames_left = self._frames * (self.end_s - time_s) / (time_s - self._start_s)
        return f", about {_duration(frames_left * self._spent_s / self._all)} left"


def _duration(seconds: float) -> str:
    """A duration in words, such as `40 s`, `12 min` or `1 h 5 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
