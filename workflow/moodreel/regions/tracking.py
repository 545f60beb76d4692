"""Following one object through a video: its last landmarks say where to look next, a detector starts it and checks on
it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from moodreel.regions.square import Square

Seen = TypeVar("Seen")

SAME_OBJECT = 0.5
"""A detection whose centre is nearer than this to the followed square's, in its sides, is the same object."""


class Tracking:
    """Where the followed object is. The detector looks again after `detect_every` pictures, and where the object is
    lost.

    A followed square that still holds its object is kept also when the detector looks: a detection's square differs a
    little from a followed one, and changing between them would make all points jump.
    """

    def __init__(self, detect_every: int) -> None:
        self._detect_every = detect_every
        self._since_detection = 0
        self._square: Square | None = None

    def forget(self) -> None:
        """Let go of the followed object: the detector looks in the next picture."""
        self._square = None

    def follow(
        self,
        read: Callable[[Square], tuple[Seen, Square | None]],
        find: Callable[[], list[Square]],
        choose: Callable[[list[Square]], Square],
    ) -> tuple[Seen | None, list[Square] | None]:
        """What is seen in the next picture, and what the detector found there, None where it was not asked.

        `read` reads a square and tells the square for the next picture, None where the object is not in it. `find`
        asks the detector. `choose` takes one of several detections where there is no object to follow, or not there
        any more. The first is None where there was no square to read; where none held the object, it is the last
        reading.
        """
        self._since_detection += 1
        square, self._square = self._square, None
        if square is not None and self._since_detection < self._detect_every:
            seen, self._square = read(square)
            if self._square is not None:
                return seen, None
            square = None
        self._since_detection = 0
        found = find()
        seen = None
        if square is not None:
            seen, self._square = read(square)
        others = [f for f in found if square is None or square.distance(f) >= SAME_OBJECT]
        if self._square is None and others:
            seen, self._square = read(choose(others))
        return seen, found
