"""Frames and followers without pictures and networks, and followers with the real networks."""

import weakref
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from moodreel import pose
from moodreel.extraction.person_tracker import PersonTracker, Row
from moodreel.face import mesh
from moodreel.face.mesh import Mesh
from moodreel.pose import Pose
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.frame import Frame


def real_followers(models: Path, extraction: ExtractionSettings) -> Callable[[], PersonTracker]:
    """Makes followers with the networks from the folder `models`."""
    bodies = pose.open_trackers(models, PoseSettings(), extraction)
    faces = mesh.open_trackers(models, FaceSettings(), extraction)
    return lambda: PersonTracker(bodies(), faces(), detect_every=extraction.detect_every, min_visibility=0.5)


BLANK = np.zeros((4, 5, 3), np.uint8)


def blank(count: int) -> list[Frame]:
    return [Frame(i, i / 25, BLANK) for i in range(count)]


class Numbering:
    """A follower that asks nothing and gives the frames' numbers, and its own as who is seen."""

    made = 0

    def __init__(self) -> None:
        Numbering.made += 1
        self.own = Numbering.made

    def read(self, shown):
        yield from ()
        return [Row(frame.index, frame.time_s, Pose("ok", self.own), Mesh("no_face")) for frame in shown]


class Alive:
    """Frames whose pictures are made when they are asked for, and how many of these are held."""

    def __init__(self, count: int) -> None:
        self.held: dict[int, weakref.ref] = {}
        self.made: list[int] = []
        self.frames = [Frame(i, i / 25, partial(self._make, i)) for i in range(count)]

    def _make(self, index: int) -> np.ndarray:
        picture = np.zeros((4, 5, 3), np.uint8)
        self.held[index] = weakref.ref(picture)
        self.made.append(index)
        return picture

    @property
    def indices(self) -> list[int]:
        return [index for index, picture in self.held.items() if picture() is not None]


class Looking(Numbering):
    """A follower that looks at the pictures, and notes how many are held then; each test derives its own class."""

    alive: Alive
    most = 0

    def read(self, shown):
        for frame in shown:
            assert frame.picture.shape == (4, 5, 3)
        type(self).most = max(self.most, len(self.alive.indices))
        return (yield from super().read(shown))


def assert_equal(found: list[Row], expected: list[Row]) -> None:
    for row, wanted in zip(found, expected, strict=True):
        assert (row.frame, row.time_s) == (wanted.frame, wanted.time_s)
        assert (row.pose.status, row.pose.confidence) == (wanted.pose.status, wanted.pose.confidence)
        assert row.pose.people_seen == wanted.pose.people_seen
        assert (row.mesh.status, row.mesh.confidence) == (wanted.mesh.status, wanted.mesh.confidence)
        for one, other in ((row.pose.points, wanted.pose.points), (row.mesh.points, wanted.mesh.points)):
            assert (one is None) == (other is None)
            assert one is None or np.array_equal(one, other, equal_nan=True)
