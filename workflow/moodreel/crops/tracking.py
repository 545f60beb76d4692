"""Tracks one object through a video: its last landmarks give the next region, a detector starts the track and finds a
lost object again."""

from collections.abc import Callable
from typing import TypeVar

from moodreel.crops.square import Square
from moodreel.networks.requests import Inference

Reading = TypeVar("Reading")

SAME_PLACE = 0.5
"""A detection whose centre is nearer than this to the object's last place, in sides of its square, may be the same
object."""
PATIENCE = 50
"""For so many pictures a lost object is expected in its last place; then any other is tracked."""


class Track:
    """The place of the tracked object.

    A tracked square that still holds its object is kept also when the detector runs: a detection's square differs a
    little from a tracked one, and switching between them would make all points jump. A lost object is tracked again in
    its last place, also where others are in view.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop the tracked object: the detector runs in the next picture."""
        self._square: Square | None = None
        self._last: Square | None = None
        self._lost_for = 0

    def track(
        self,
        read: Callable[[Square], Inference[tuple[Reading, Square | None]]],
        find: Callable[[], Inference[list[Square]]],
        choose: Callable[[list[Square]], Square],
        *,
        look: bool = False,
    ) -> Inference[tuple[Reading | None, list[Square] | None]]:
        """Track the object into the next picture: its reading there, and the detections, None where the detector did
        not run.

        `read` reads a square and gives the square for the next picture, None where the object is not in it. `find` runs
        the detector: where no object is tracked or the tracked one is lost, and with `look` in any case. `choose` takes
        one of several detections where none is in the last place. The reading is None where there was nothing to read:
        neither a detection nor a tracked object. Where no detection holds the object, it is the last reading.
        """
        reading, found = None, None
        if self._square is not None:
            reading, self._square = yield from read(self._square)
        if self._square is None or look:
            found = yield from find()
        if self._square is None:
            reading = None
            if found:
                reading, self._square = yield from read(self._lost_object(found) or choose(found))
        self._lost_for = 0 if self._square else self._lost_for + 1
        self._last = self._square or (self._last if self._lost_for < PATIENCE else None)
        return reading, found

    def _lost_object(self, found: list[Square]) -> Square | None:
        """The detection that may be the lost object; None without one, or where nothing was lost."""
        if self._last is None:
            return None
        nearest = self._last.nearest(found)
        return nearest if self._last.distance(nearest) < SAME_PLACE else None
