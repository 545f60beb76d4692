"""Segments of a video, which are followed through one after the other or side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from moodreel.extraction.person_tracker import PersonTracker, Row
from moodreel.networks.requests import Inference, resolve
from moodreel.networks.scheduler import Task
from moodreel.video.decode import Frame

IN_A_ROW = 16
"""Frames in which first the body, then the face is read (`PersonTracker.read`)."""
IN_A_ROW_BYTES = 2**26
"""Their pictures take no more than this, but for one that does alone."""

LENGTH = 50
"""Frames of a segment that is followed beside others: a multiple of `extraction.detect_every`'s default, so that the
segments of a video ask its detectors at the same time."""
WARM_UP = 10
"""Frames before a segment in which it begins: the region of a detection differs a little from one that was followed,
and comes near it within a few frames. docs/speed.md has what remains of the difference."""
NEAR = 0.1
"""Points that differ by less than this, in the diagonal of the box around them, are of one person or face: far more
than two readings of the same one differ by (docs/speed.md), far less than people beside each other."""


@dataclass
class Segment:
    """Successive frames, who follows what they show, and what was seen in them.

    The first `before` frames belong to the segment before and are read to find what is followed there.
    """

    frames: list[Frame]
    tracker: PersonTracker
    before: int = 0
    rows: list[Row] = field(default_factory=list)

    def read(self) -> Inference[Segment]:
        """Read the rows of all frames, in a row."""
        self.rows = yield from self.tracker.read(self.frames)
        return self

    def read_beside(self) -> Inference[Segment]:
        """Read the rows of all frames, one by one, holding no more pictures than needed."""
        for frame in self.frames:
            self.rows += yield from self.tracker.read([frame])
            frame.release()
        return self


def tasks(frames: Iterable[Frame], new_tracker: Callable[[], PersonTracker], slots: int) -> Iterator[Task[Segment]]:
    """Tasks that end with the segments of all `frames`, in order, for `join_rows`.

    With one slot each goes on where the one before ended, and is drawn with its pictures made. With more each begins
    with a detection, so that they can go side by side.
    """
    if slots == 1:
        tracker = new_tracker()
        for row in rows_of(frames):
            yield Task(Segment(row, tracker).read())
        return
    for segment, before in cut(frames, LENGTH, WARM_UP):
        nbytes = segment[0].picture.nbytes * len(segment) // 2  # a decoded frame takes half of what its picture does
        segment[0].release()
        yield Task(Segment(segment, new_tracker(), before).read_beside(), nbytes)


def join_rows(segments: Iterable[Segment]) -> Iterator[Row]:
    """The rows of successive `segments` of a video.

    One that has not come to follow what the one before follows is read again, by whoever followed that: with several
    people in view, or where a face is hard to find, a detection in the middle may choose another than one at the start.
    """
    last: Segment | None = None
    for segment in segments:
        rows = segment.rows[segment.before :]
        if last and segment.before and not _same(last.rows[-1], segment.rows[segment.before - 1]):
            segment.tracker = last.tracker
            rows = []
            for frame in segment.frames[segment.before :]:
                rows += resolve(segment.tracker.read([frame]))
                frame.release()
        segment.frames.clear()
        last = segment
        yield from rows
        segment.rows = rows[-1:]


def _same(one: Row, other: Row) -> bool:
    """Whether two readings of a frame show the same person and the same face, or neither."""
    if (one.pose.status, one.mesh.status) != (other.pose.status, other.mesh.status):
        return False
    return _near(one.pose.points, other.pose.points) and _near(one.mesh.points, other.mesh.points)


def _near(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether points (n, 2 or more) px, NaN where unknown, lie about where the same ones of `other` do."""
    if one is None or other is None:
        return one is other
    apart = np.linalg.norm(one[:, :2] - other[:, :2], axis=1)
    known = np.isfinite(apart)
    return not known.any() or np.median(apart[known]) <= NEAR * np.linalg.norm(np.ptp(other[known, :2], axis=0))


def rows_of(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """Frames with their pictures made, by as many as are read in a row."""
    held, nbytes = [], 0
    for frame in frames:
        held.append(frame)
        nbytes += frame.picture.nbytes
        if len(held) == IN_A_ROW or nbytes + frame.picture.nbytes > IN_A_ROW_BYTES:
            yield held
            held, nbytes = [], 0
    if held:
        yield held


def cut(frames: Iterable[Frame], length: int, warm_up: int) -> Iterator[tuple[list[Frame], int]]:
    """Segments of up to `length` frames with up to `warm_up` frames before them, and how many these are."""
    held: list[Frame] = []
    before = 0
    for frame in frames:
        held.append(frame)
        if len(held) == before + length:
            following = held[len(held) - warm_up :]
            yield held, before
            held, before = following, len(following)
    if len(held) > before:
        yield held, before
