"""Following one object through a video: its last landmarks say where to look next, a detector starts it and finds it
again where it is lost."""

from collections.abc import Callable
from typing import TypeVar

from moodreel.crops.square import Square
from moodreel.networks.requests import Inference

Reading = TypeVar("Reading")

SAME_PLACE = 0.5
"""A detection whose centre is nearer than this to where the object was last, in sides of its square, may be the same
object."""
PATIENCE = 50
"""For so many pictures a lost object is taken up again where it was; then any will do."""


class Track:
    """Where the followed object is.

    A followed square that still holds its object is kept also when the detector looks: a detection's square differs a
    little from a followed one, and changing between them would make all points jump. An object that was lost is taken
    up again where it was, whoever else is in view.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Let go of the followed object: the detector looks in the next picture."""
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
        """What is seen in the next picture, and what the detector found there, None where it was not asked.

        `read` reads a square and tells the square for the next picture, None where the object is not in it. `find`
        asks the detector: where there is no object to follow, or not there any more, and with `look` in any case.
        `choose` takes one of several detections where none is in the last place. The first is None where there was
        nothing to read: neither a detection nor an object that is still followed. Where no detection held the object,
        it is the last reading.
        """
        seen, found = None, None
        if self._square is not None:
            seen, self._square = yield from read(self._square)
        if self._square is None or look:
            found = yield from find()
        if self._square is None:
            seen = None
            if found:
                seen, self._square = yield from read(self._again(found) or choose(found))
        self._lost_for = 0 if self._square else self._lost_for + 1
        self._last = self._square or (self._last if self._lost_for < PATIENCE else None)
        return seen, found

    def _again(self, found: list[Square]) -> Square | None:
        """The detection that may be the object lost before; None where there is none, or nothing was lost."""
        if self._last is None:
            return None
        nearest = self._last.nearest(found)
        return nearest if self._last.distance(nearest) < SAME_PLACE else None
