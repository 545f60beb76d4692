"""Stretches of a video: which frames each has, and that following them side by side comes to the same."""

from __future__ import annotations

import weakref
from dataclasses import replace
from functools import partial
from typing import ClassVar

import cv2
import matplotlib.cbook
import numpy as np
import pytest
import skimage.data
from PIL import Image

from moodreel import pose
from moodreel.extraction import stretches
from moodreel.extraction.follow import Follower, Row
from moodreel.extraction.stretches import IN_A_ROW, LENGTH, WARM_UP, Stretch, cut, joined, rows_of, tasks
from moodreel.face import mesh
from moodreel.face.mesh import Mesh
from moodreel.models.asking import answer
from moodreel.models.lanes import Lanes
from moodreel.pose import Pose
from moodreel.pose.body25 import INDEX
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings
from moodreel.settings.pose import PoseSettings
from moodreel.video.decode import Frame, frames

BLANK = np.zeros((4, 5, 3), np.uint8)


def blank(count: int) -> list[Frame]:
    return [Frame(i, i / 25, BLANK) for i in range(count)]


def numbers(shown: list[Frame]) -> list[int]:
    return [frame.index for frame in shown]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21, 30, 34, 100])
@pytest.mark.parametrize("warm_up", [0, 3, 10])
def test_stretches_are_of_all_frames_once_with_those_before_them(count, warm_up):
    made = [(numbers(stretch), before) for stretch, before in cut(iter(blank(count)), 10, warm_up)]
    assert [number for stretch, before in made for number in stretch[before:]] == list(range(count))
    for i, (stretch, before) in enumerate(made):
        assert stretch == list(range(10 * i - before, min(10 * i + 10, count)))
        assert before == min(warm_up, 10 * i)


def test_a_stretch_is_there_as_soon_as_its_frames_are():
    shown = iter(blank(100))
    stretch, _ = next(cut(shown, 10, 3))
    assert numbers(stretch) == list(range(10))
    assert next(shown).index == 10


@pytest.mark.parametrize("count", [0, 1, IN_A_ROW, IN_A_ROW + 1, 3 * IN_A_ROW + 5])
def test_rows_are_of_all_frames_with_their_pictures_made(count):
    made = []
    shown = [Frame(i, 0, lambda i=i: made.append(i) or BLANK) for i in range(count)]
    rows = []
    for row in rows_of(iter(shown)):
        rows.append(numbers(row))
        assert made == list(range(rows[-1][-1] + 1))
    assert [number for row in rows for number in row] == list(range(count))
    assert all(len(row) == IN_A_ROW for row in rows[:-1])


@pytest.mark.parametrize(("allowed", "lengths"), [(1, [1] * 6), (60, [1] * 6), (120, [2] * 3), (239, [3] * 2)])
def test_large_pictures_make_short_rows(monkeypatch, allowed, lengths):
    """Each takes 60 bytes."""
    monkeypatch.setattr(stretches, "IN_A_ROW_BYTES", allowed)
    assert [len(row) for row in rows_of(blank(6))] == lengths


class Numbering:
    """A follower that asks nothing and gives the frames' numbers, and its own as who is seen."""

    made = 0

    def __init__(self) -> None:
        Numbering.made += 1
        self.own = Numbering.made

    def read(self, shown):
        yield from ()
        return [Row(frame.index, frame.time_s, Pose("ok", self.own), Mesh("no_face")) for frame in shown]


@pytest.mark.parametrize("lanes", [1, 2, 6])
@pytest.mark.parametrize("count", [0, 1, LENGTH, LENGTH + 1, 3 * LENGTH - 1, 3 * LENGTH + WARM_UP])
def test_stretches_joined_are_the_rows_of_all_frames(monkeypatch, lanes, count):
    monkeypatch.setattr(Numbering, "made", 0)
    made = [answer(task.asking) for task in tasks(iter(blank(count)), Numbering, lanes)]
    # one lane is followed by one, others each by their own
    assert Numbering.made == (1 if lanes == 1 else len(made))
    assert all({row.pose.confidence for row in stretch.rows} == {stretch.follower.own} for stretch in made)
    assert [row.frame for stretch in made for row in stretch.rows[stretch.before :]] == list(range(count))
    assert [row.frame for row in joined(made)] == list(range(count))


def test_tasks_beside_others_tell_what_their_pictures_take():
    first, second = tasks(blank(LENGTH + 20), Numbering, 2)
    assert first.nbytes >= LENGTH * BLANK.nbytes / 2
    assert second.nbytes >= (20 + WARM_UP) * BLANK.nbytes / 2


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
    """A follower that looks at the pictures, and notes which are held then."""

    alive: Alive
    most = 0

    def read(self, shown):
        for frame in shown:
            assert frame.picture.shape == (4, 5, 3)
        Looking.most = max(Looking.most, len(self.alive.indices))
        return (yield from super().read(shown))


def test_a_stretch_beside_others_holds_one_picture(monkeypatch):
    alive = Alive(2 * LENGTH)
    monkeypatch.setattr(Looking, "alive", alive, raising=False)
    monkeypatch.setattr(Looking, "most", 0)
    drawn = list(tasks(alive.frames, Looking, 2))
    assert alive.indices == []  # also not those whose size was asked
    made = [answer(task.asking) for task in drawn]
    assert Looking.most == 1
    assert alive.indices == []
    assert len(list(joined(made))) == 2 * LENGTH
    assert all(stretch.frames == [] for stretch in made)


@pytest.mark.parametrize("lanes", [1, 2])
def test_what_was_joined_holds_no_frames_and_no_more_rows_than_needed(lanes):
    made = []

    def noted():
        for task in tasks(blank(3 * LENGTH), Numbering, lanes):
            made.append(answer(task.asking))
            yield made[-1]

    for _ in joined(noted()):
        assert all(stretch.frames == [] and len(stretch.rows) == 1 for stretch in made[:-1])


# People beside each other: who is followed is scripted

LEFT, RIGHT = "left", "right"
PLACES = {LEFT: 100.0, RIGHT: 160.0}
"""Middle of each, who are 40 px wide and sway by 5 px."""


def points_of(person: str, index: int, count: int) -> np.ndarray:
    places = np.random.default_rng(0).uniform(-20, 20, (count, 3)).astype(np.float32)
    places[:, 0] += PLACES[person] + 5 * np.sin(index / 7)
    return places


class Choosing:
    """A follower that begins with whom `chosen` gives for its first frame, and stays with them.

    `lost` tells frames in which nobody is seen, after which somebody is chosen anew.
    """

    chosen = staticmethod(lambda index: LEFT)
    faces = staticmethod(lambda index, person: True)
    lost = staticmethod(lambda index: False)
    reads: ClassVar[list[tuple[int, int]]] = []
    made = 0

    def __init__(self) -> None:
        Choosing.made += 1
        self.own, self.person = Choosing.made, None

    def read(self, shown):
        yield from ()
        rows = []
        for frame in shown:
            Choosing.reads.append((self.own, frame.index))
            anew, pose, mesh = self.person is None, Pose("no_person"), Mesh("no_person")
            if self.lost(frame.index):
                self.person = None
            else:
                self.person = self.person or self.chosen(frame.index)
                pose = Pose("ok", 0.9, points_of(self.person, frame.index, 25))
                mesh = Mesh("no_face")
                if self.faces(frame.index, self.person):
                    mesh = Mesh("ok", 0.9, points_of(self.person, frame.index, 478))
            seen = 2 if anew or frame.index % 25 == 0 else None
            rows.append(Row(frame.index, frame.time_s, replace(pose, people_seen=seen), mesh))
        return rows


@pytest.fixture
def chosen(monkeypatch):
    """Rows of the scripted follower with some lanes, and who read which frame, in order."""

    def rows(lanes: int, count: int, **script) -> tuple[list[Row], list[tuple[int, int]]]:
        for name, value in script.items():
            monkeypatch.setattr(Choosing, name, staticmethod(value))
        monkeypatch.setattr(Choosing, "made", 0)
        monkeypatch.setattr(Choosing, "reads", [])
        made = Lanes(tasks(blank(count), Choosing, lanes), lanes)
        return list(joined(made)), Choosing.reads

    return rows


def assert_equal(found: list[Row], expected: list[Row]) -> None:
    for row, wanted in zip(found, expected, strict=True):
        assert (row.frame, row.time_s) == (wanted.frame, wanted.time_s)
        assert (row.pose.status, row.pose.confidence) == (wanted.pose.status, wanted.pose.confidence)
        assert row.pose.people_seen == wanted.pose.people_seen
        assert (row.mesh.status, row.mesh.confidence) == (wanted.mesh.status, wanted.mesh.confidence)
        for one, other in ((row.pose.points, wanted.pose.points), (row.mesh.points, wanted.mesh.points)):
            assert (one is None) == (other is None)
            assert one is None or np.array_equal(one, other, equal_nan=True)


COUNT = 3 * LENGTH + 20
SECOND = LENGTH - WARM_UP
"""First frame of the second stretch's warm-up."""


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
def test_lanes_follow_whom_one_does(chosen, script, again):
    alone, _ = chosen(1, COUNT, **script)
    together, reads = chosen(6, COUNT, **script)
    assert_equal(together, alone)
    # the first follower reads the first stretch, and so on; who is before them reads what is read again
    assert sorted({index // LENGTH for own, index in reads if own <= index // LENGTH}) == list(again)


def test_each_frame_is_read_again_once_and_in_order(chosen):
    _, reads = chosen(6, COUNT, chosen=lambda i: RIGHT if i else LEFT)
    assert [index for own, index in reads if own == 1] == list(range(COUNT))


def test_who_reads_again_goes_on_until_another_fits(chosen):
    """The second and third are read by the first's follower; the last has come to follow the same as that."""
    _, reads = chosen(6, COUNT, chosen=lambda i: RIGHT if 0 < i < 2 * LENGTH else LEFT)
    assert {index // LENGTH for own, index in reads if own == 1} == {0, 1, 2}
    assert {index // LENGTH for own, index in reads if own == 4} == {2, 3}


def test_pictures_that_are_read_again_are_let_go_too(monkeypatch):
    alive = Alive(2 * LENGTH)

    class Unlike(Looking):
        """Each sees another: nobody's stretch fits the one before."""

        def read(self, shown):
            rows = yield from super().read(shown)
            return [row._replace(mesh=Mesh(f"kind {self.own}")) for row in rows]

    monkeypatch.setattr(Looking, "alive", alive, raising=False)
    monkeypatch.setattr(Looking, "most", 0)
    rows = joined([answer(task.asking) for task in tasks(alive.frames, Unlike, 2)])
    assert len({row.mesh.status for row in rows}) == 1
    assert [alive.made.count(index) for index in (1, LENGTH, 2 * LENGTH - 1)] == [1, 2, 2]
    assert Looking.most == 1
    assert alive.indices == []


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
def test_a_stretch_is_read_again_where_its_last_frame_before_is_another(one, other, again):
    first = Stretch(blank(3), Again(), 0, [seen_as(i, *one) for i in range(3)])
    second = Stretch(blank(6)[1:], Again(), 2, [seen_as(1, None), *[seen_as(i, *other) for i in range(2, 6)]])
    rows = list(joined([first, second]))
    assert [row.frame for row in rows] == list(range(6))
    assert [row.pose.confidence for row in rows] == [0.5] * 3 + [1.0 if again else 0.5] * 3


# Real networks and clips

MESH_TOLERANCE, MESH_TOLERANCE_95 = 0.002, 0.01
"""Median and 95th percentile, over frames, of the median distance of the points, in that of the eyes' outer corners."""
POSE_TOLERANCE, POSE_TOLERANCE_95 = 0.01, 0.04
"""The same of the pose's, in the length of the torso."""


@pytest.fixture
def followed(models_folder, shared):
    def rows(name: str, lanes: int, settings: dict | None = None) -> list[Row]:
        extraction = ExtractionSettings(lanes=lanes, **settings or {})
        bodies = pose.open_trackers(models_folder, PoseSettings(), extraction)
        faces = mesh.open_trackers(models_folder, FaceSettings(), extraction)

        def new_follower() -> Follower:
            return Follower(bodies(), faces(), detect_every=extraction.detect_every, min_visibility=0.5)

        shown = frames(shared / "data" / "videos" / name)
        made = Lanes(tasks(shown, new_follower, lanes), lanes, extraction.batch)
        return list(joined(made))

    return rows


def distances(one: list[Row], other: list[Row]) -> tuple[np.ndarray, np.ndarray]:
    """Of each frame the median distance of the mesh's points, in that of the eyes, and of the pose's, in the torso."""
    meshes, poses = [], []
    for a, b in zip(one, other, strict=True):
        if a.mesh.points is not None:
            eyes = np.linalg.norm(a.mesh.points[33, :2] - a.mesh.points[263, :2])
            meshes.append(np.median(np.linalg.norm(a.mesh.points - b.mesh.points, axis=1)) / eyes)
        if a.pose.points is not None:
            torso = np.linalg.norm(np.subtract(*a.pose.points[[INDEX["neck"], INDEX["mid_hip"]], :2]))
            poses.append(np.nanmedian(np.linalg.norm(a.pose.points[:, :2] - b.pose.points[:, :2], axis=1)) / torso)
    return np.array(meshes), np.array(poses)


@pytest.mark.parametrize("name", ["tfjs_pose_1.mp4", "intel_asl_please.mkv"])
def test_side_by_side_comes_to_the_same(followed, name):
    alone, together = followed(name, 1), followed(name, 6)
    for key in ("frame", "time_s"):
        assert [getattr(row, key) for row in together] == [getattr(row, key) for row in alone]
    for kind in ("pose", "mesh"):
        assert [getattr(row, kind).status for row in together] == [getattr(row, kind).status for row in alone]
    seen = [row.pose.people_seen for row in together]
    assert seen == [row.pose.people_seen for row in alone]
    assert [i for i, count in enumerate(seen) if count is not None] == list(range(0, len(seen), 25))
    meshes, poses = distances(alone, together)
    assert len(meshes) == len(poses) == len(alone) > LENGTH
    # the first stretch begins as the video does
    assert (meshes[:LENGTH] == 0).all()
    assert (poses[:LENGTH] == 0).all()
    for away, middle, high in ((meshes, MESH_TOLERANCE, MESH_TOLERANCE_95), (poses, POSE_TOLERANCE, POSE_TOLERANCE_95)):
        assert np.median(away[LENGTH:]) < middle
        assert np.percentile(away[LENGTH:], 95) < high


def two_people(count: int, side: int = 200) -> list[np.ndarray]:
    """Two portraits beside each other: the left one, at first the larger, shrinks, and the right one grows."""
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        right = np.asarray(Image.open(file).convert("RGB"))[:500, 6:506]
    left = skimage.data.astronaut()[:400, 40:440]
    pictures = np.full((count, side, 2 * side, 3), 96, np.uint8)
    for picture, part in zip(pictures, np.linspace(0, 1, count), strict=True):
        for start, person, size in ((0, left, 1 - 0.3 * part), (side, right, 0.7 + 0.3 * part)):
            px = 2 * round(side * size / 2)
            x = start + (side - px) // 2
            picture[side - px :, x : x + px] = cv2.resize(person, (px, px), interpolation=cv2.INTER_AREA)
    return list(pictures)


def test_of_two_people_lanes_follow_whom_one_does(models_folder, monkeypatch):
    """Where the second stretch begins, and the third, the other has become the larger."""
    monkeypatch.setattr(stretches, "LENGTH", 25)
    pictures = two_people(60)
    settings = ExtractionSettings(lanes=6)
    bodies = pose.open_trackers(models_folder, PoseSettings(), settings)
    faces = mesh.open_trackers(models_folder, FaceSettings(), settings)

    def read(lanes: int) -> list[Stretch]:
        shown = [Frame(i, i / 25, picture) for i, picture in enumerate(pictures)]
        made = tasks(shown, lambda: Follower(bodies(), faces(), detect_every=25, min_visibility=0.5), lanes)
        return list(Lanes(made, lanes, settings.batch))

    def left(rows: list[Row]) -> set[bool]:
        return {bool(np.median(row.mesh.points[:, 0]) < 200) for row in rows}

    alone, beside = list(joined(read(1))), read(6)
    assert [left(stretch.rows) for stretch in beside] == [{True}, {False}, {False}]
    together = list(joined(beside))
    assert left(alone) == left(together) == {True}
    assert [row.frame for row in together if row.pose.people_seen is not None] == [0, 25, 50]
    assert_equal(together, alone)
