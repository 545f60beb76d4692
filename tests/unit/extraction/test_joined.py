"""Segments joined: the person whom the first tracks is tracked throughout. Who is seen is scripted."""

from dataclasses import replace

import numpy as np
import pytest

from moodreel.extraction.person_tracker import Row
from moodreel.extraction.segments import LENGTH, WARM_UP, Segment, join_rows, tasks
from moodreel.face.mesh import Mesh
from moodreel.networks.requests import resolve
from moodreel.networks.scheduler import BatchScheduler
from moodreel.pose import Pose
from unit.extraction.followers import Alive, Looking, assert_equal, blank

LEFT, RIGHT = "left", "right"
PLACES = {LEFT: 100.0, RIGHT: 160.0}
"""Middle of each, who are 40 px wide and sway by 5 px."""


def points_of(person: str, index: int, count: int) -> np.ndarray:
    places = np.random.default_rng(0).uniform(-20, 20, (count, 3)).astype(np.float32)
    places[:, 0] += PLACES[person] + 5 * np.sin(index / 7)
    return places


class Choosing:
    """A follower that begins with whom `chosen` gives for its first frame, and stays with them.

    `lost` tells frames in which nobody is seen, after which somebody is chosen again.
    """

    chosen = staticmethod(lambda index: LEFT)
    faces = staticmethod(lambda index, person: True)
    lost = staticmethod(lambda index: False)
    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.own, self.person = self.made, None

    def read(self, shown):
        yield from ()
        rows = []
        for frame in shown:
            self.reads.append((self.own, frame.index))
            new, pose, mesh = self.person is None, Pose("no_person"), Mesh("no_person")
            if self.lost(frame.index):
                self.person = None
            else:
                self.person = self.person or self.chosen(frame.index)
                pose = Pose("ok", 0.9, points_of(self.person, frame.index, 25))
                mesh = Mesh("no_face")
                if self.faces(frame.index, self.person):
                    mesh = Mesh("ok", 0.9, points_of(self.person, frame.index, 478))
            seen = 2 if new or frame.index % 25 == 0 else None
            rows.append(Row(frame.index, frame.time_s, replace(pose, people_seen=seen), mesh))
        return rows


def chosen(slots: int, count: int, **script) -> tuple[list[Row], list[tuple[int, int]]]:
    """Rows of the scripted follower with some slots, and who read which frame, in order."""
    own = type("Own", (Choosing,), {"reads": [], **{name: staticmethod(value) for name, value in script.items()}})
    made = BatchScheduler(tasks(blank(count), own, slots), slots)
    return list(join_rows(made)), own.reads


COUNT = 3 * LENGTH + 20
SECOND = LENGTH - WARM_UP
"""First frame of the second segment's warm-up."""


@pytest.mark.parametrize(
    ("script", "again"),
    [
        ({}, ()),
        # the second chooses another and is read again by the first's follower, the third then fits the first
        ({"chosen": lambda i: RIGHT if i == SECOND else LEFT}, (1,)),
        # so does the last
        ({"chosen": lambda i: RIGHT if i >= 2 * LENGTH else LEFT}, (3,)),
        # from the second on each chooses another
        ({"chosen": lambda i: RIGHT if i else LEFT}, (1, 2, 3)),
        # a face that only the first's follower finds, and one that only it does not
        ({"chosen": lambda i: RIGHT if i == SECOND else LEFT, "faces": lambda i, person: person == LEFT}, (1,)),
        ({"chosen": lambda i: RIGHT if i == SECOND else LEFT, "faces": lambda i, person: person == RIGHT}, (1,)),
        # nobody is there where the second begins, until after its warm-up: what is chosen then is the same
        ({"lost": lambda i: SECOND <= i < LENGTH + 5, "chosen": lambda i: RIGHT if i else LEFT}, ()),
    ],
    ids=["same", "second", "last", "all", "face found", "face not found", "nobody"],
)
def test_slots_track_whom_one_does(script, again):
    alone, _ = chosen(1, COUNT, **script)
    together, reads = chosen(6, COUNT, **script)
    assert_equal(together, alone)
    # the first follower reads the first segment, and so on; who is before them reads what is read again
    assert sorted({index // LENGTH for own, index in reads if own <= index // LENGTH}) == list(again)


def test_each_frame_is_read_again_once_and_in_order():
    _, reads = chosen(6, COUNT, chosen=lambda i: RIGHT if i else LEFT)
    assert [index for own, index in reads if own == 1] == list(range(COUNT))


def test_reading_again_goes_on_until_another_fits():
    """The second and third are read by the first's follower; the last has come to follow the same as that."""
    _, reads = chosen(6, COUNT, chosen=lambda i: RIGHT if 0 < i < 2 * LENGTH else LEFT)
    assert {index // LENGTH for own, index in reads if own == 1} == {0, 1, 2}
    assert {index // LENGTH for own, index in reads if own == 4} == {2, 3}


def test_pictures_that_are_read_again_are_let_go_too():
    class Unlike(Looking):
        """Each sees another: nobody's segment fits the one before."""

        alive = Alive(2 * LENGTH)

        def read(self, shown):
            rows = yield from super().read(shown)
            return [row._replace(mesh=Mesh(f"kind {self.own}")) for row in rows]

    alive = Unlike.alive
    rows = join_rows([resolve(task.inference) for task in tasks(alive.frames, Unlike, 2)])
    assert len({row.mesh.status for row in rows}) == 1
    assert [alive.made.count(index) for index in (1, LENGTH, 2 * LENGTH - 1)] == [1, 2, 2]
    assert (Unlike.most, alive.indices) == (1, [])


class Again:
    """A follower that says by confidence 1 that it read again."""

    def read(self, shown):
        yield from ()
        return [Row(frame.index, frame.time_s, Pose("no_person", 1.0), Mesh("no_person")) for frame in shown]


def seen_as(index: int, points: np.ndarray | None, face: np.ndarray | None = None) -> Row:
    pose = Pose("low_confidence" if points is None else "ok", 0.5, points)
    return Row(index, index / 25, pose, Mesh("no_face" if face is None else "ok", 0.5, face))


BODY, FACE = (np.random.default_rng(seed).uniform(0, 30, (count, 3)) for seed, count in ((0, 25), (1, 478)))
NOWHERE = np.full((25, 3), np.nan)
HALF = np.where(np.arange(25)[:, None] < 12, BODY, np.nan)
"""The diagonal of the box around them is about 42 px."""


@pytest.mark.parametrize(
    ("one", "other", "again"),
    [
        ((BODY,), (BODY + 1,), False),
        ((BODY,), (BODY + 4,), True),
        ((BODY, FACE), (BODY + 1, FACE + 1), False),
        ((BODY, FACE), (BODY + 1, FACE + 4), True),
        ((BODY, FACE), (BODY + 1, None), True),
        ((BODY,), (None,), True),
        ((None,), (None,), False),
        ((BODY,), (HALF,), False),
        ((HALF + 4,), (BODY,), True),
        ((BODY,), (NOWHERE,), False),
        ((NOWHERE, FACE), (NOWHERE, FACE + 4), True),
        # depth, or how sure a point is, is not where it lies
        ((BODY,), (BODY * (1, 1, 5),), False),
    ],
)
def test_a_segment_is_read_again_where_its_last_frame_before_is_another(one, other, again):
    first = Segment(blank(3), Again(), 0, [seen_as(i, *one) for i in range(3)])
    second = Segment(blank(6)[1:], Again(), 2, [seen_as(1, None), *[seen_as(i, *other) for i in range(2, 6)]])
    rows = list(join_rows([first, second]))
    assert [row.frame for row in rows] == list(range(6))
    assert [row.pose.confidence for row in rows] == [0.5] * 3 + [1.0 if again else 0.5] * 3
