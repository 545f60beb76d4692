"""Segments of a video, read one after the other or side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from moodreel.extraction.person_tracker import PersonTracker, Row
from moodreel.networks.requests import Inference, resolve
from moodreel.networks.scheduler import Task
from moodreel.video.frame import Frame

IN_A_ROW = 16
"""Frames in which first the body, then the face is read (`PersonTracker.read`)."""
IN_A_ROW_BYTES = 2**26
"""Limit of the memory of their pictures, unless a single one exceeds it."""

LENGTH = 50
"""Frames of a segment that is read alongside others: a multiple of the default of `extraction.detect_every`, so that
the segments of a video run the detectors at the same time."""
WARM_UP = 10
"""Frames before a segment that its tracker reads first: the region of a detection differs a little from a tracked one,
and approaches it within a few frames. docs/speed.md has the remaining difference."""
NEAR = 0.1
"""Points that differ by less than this, in the diagonal of the box around them, are of one person or face: far more
than two readings of the same one differ by (docs/speed.md), far less than people next to each other."""


@dataclass
class Segment:
    """Successive frames, the tracker that reads them, and their rows.

    The first `before` frames belong to the previous segment and are read to find the person tracked there.
    """

    frames: list[Frame]
    tracker: PersonTracker
    before: int = 0
    rows: list[Row] = field(default_factory=list)

    def read(self) -> Inference[Segment]:
        """Read all frames at once."""
        self.rows = yield from self.tracker.read(self.frames)
        return self

    def read_one_by_one(self) -> Inference[Segment]:
        """Read the frames one by one, and release each picture after use."""
        for frame in self.frames:
            self.rows += yield from self.tracker.read([frame])
            frame.release()
        return self


def tasks(frames: Iterable[Frame], new_tracker: Callable[[], PersonTracker], slots: int) -> Iterator[Task[Segment]]:
    """Tasks whose results are the segments of all `frames`, in order, for `join_rows`.

    With one slot, each continues the track of the previous one, and comes with its pictures made. With more, each
    begins with a detection, so that they can be read side by side.
    """
    if slots == 1:
        tracker = new_tracker()
        for row in rows_of(frames):
            yield Task(Segment(row, tracker).read())
        return
    for segment, before in cut(frames, LENGTH, WARM_UP):
        # a decoded frame takes half of the memory of its picture
        nbytes = segment[0].picture.nbytes * len(segment) // 2
        segment[0].release()
        yield Task(Segment(segment, new_tracker(), before).read_one_by_one(), nbytes)


def join_rows(segments: Iterable[Segment]) -> Iterator[Row]:
    """The rows of successive `segments` of a video.

    A segment whose tracker does not track the person of the previous segment is read again by the tracker of that one:
    with several people in view, or where a face is hard to find, a detection in the middle may choose another person
    than one at the start.
    """
    last: Segment | None = None
    for segment in segments:
        rows = segment.rows[segment.before :]
        if last and segment.before and not _show_same(last.rows[-1], segment.rows[segment.before - 1]):
            segment.tracker = last.tracker
            rows = []
            for frame in segment.frames[segment.before :]:
                rows += resolve(segment.tracker.read([frame]))
                frame.release()
        segment.frames.clear()
        last = segment
        yield from rows
        segment.rows = rows[-1:]


def _show_same(one: Row, other: Row) -> bool:
    """Whether two readings of a frame show the same person and the same face, or neither."""
    if (one.pose.status, one.mesh.status) != (other.pose.status, other.mesh.status):
        return False
    return _near(one.pose.points, other.pose.points) and _near(one.mesh.points, other.mesh.points)


def _near(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    """Whether points (n, 2 or more) px, NaN where unknown, are near the same points in `other`."""
    if one is None or other is None:
        return one is other
    distances = np.linalg.norm(one[:, :2] - other[:, :2], axis=1)
    known = np.isfinite(distances)
    return not known.any() or np.median(distances[known]) <= NEAR * np.linalg.norm(np.ptp(other[known, :2], axis=0))


def rows_of(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """Frames with their pictures made, in lists of as many as are read at once."""
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
    """Segments of up to `length` frames after up to `warm_up` frames of the previous one, and the number of the
    latter."""
    held: list[Frame] = []
    before = 0
    for frame in frames:
        held.append(frame)
        if len(held) == before + length:
            next_held = held[len(held) - warm_up :]
            yield held, before
            held, before = next_held, len(next_held)
    if len(held) > before:
        yield held, before
