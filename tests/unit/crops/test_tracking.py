"""Following an object: when the detector runs, and whom tracking goes on with."""

import pytest

from moodreel.crops.square import Square, largest
from moodreel.crops.tracking import PATIENCE, Track
from moodreel.networks.requests import Inference, resolve

ONE, LARGE = Square(0, 0, 10), Square(100, 0, 20)


class Scene:
    """Objects at places that the test sets; `asked` counts the detector's runs."""

    def __init__(self, *objects: Square) -> None:
        self.tracking = Track()
        self.objects = list(objects)
        self.false: list[Square] = []
        self.asked = 0

    def find(self) -> Inference[list[Square]]:
        yield from ()
        self.asked += 1
        return self.objects + self.false

    def read(self, square: Square) -> Inference[tuple[Square | str, Square | None]]:
        """An object whose centre is in the square is seen there, and followed to its own place."""
        yield from ()
        here = [o for o in self.objects if square.distance(o) < 0.5]
        return (here[0], here[0]) if here else ("nothing here", None)

    def track(self, *, look: bool = False):
        return resolve(self.tracking.track(self.read, self.find, largest, look=look))


def test_the_detector_is_asked_at_the_start_and_where_it_shall_look():
    scene = Scene(Square(0, 0, 10))
    answers = [scene.track(look=i == 3) for i in range(7)]
    assert [found is not None for _, found in answers] == [True, False, False, True, False, False, False]
    assert all(seen == Square(0, 0, 10) for seen, _ in answers)
    assert scene.asked == 2


def test_it_is_asked_in_every_picture_while_there_is_nothing():
    scene = Scene()
    assert [scene.track(look=look) for look in (False, True, False)] == [(None, [])] * 3
    assert scene.asked == 3


@pytest.mark.parametrize("look", [False, True])
def test_a_lost_object_is_looked_for_at_once_and_only_once(look):
    scene = Scene(Square(0, 0, 10))
    scene.track()
    scene.objects = [Square(100, 0, 10)]
    assert scene.track(look=look) == (Square(100, 0, 10), [Square(100, 0, 10)])
    assert scene.asked == 2


def test_where_the_detector_is_mistaken_the_last_reading_is_given():
    scene = Scene()
    scene.false = [Square(5, 5, 3)]
    assert scene.track() == ("nothing here", [Square(5, 5, 3)])


def test_the_chosen_one_is_kept_where_another_comes():
    scene = Scene(ONE, LARGE)
    assert scene.track()[0] == LARGE
    scene.objects = [Square(0, 0, 40), LARGE]
    assert [scene.track(look=i % 2 == 0)[0] for i in range(4)] == [LARGE] * 4


def test_a_tracked_square_is_kept_where_the_detector_finds_the_same_object():
    scene = Scene(ONE)
    scene.track()
    scene.objects, scene.false = [], [Square(1, 0, 11)]
    scene.read = lambda square: (yield from ()) or (square, square)
    assert scene.track(look=True) == (ONE, [Square(1, 0, 11)]) and scene.track()[0] == ONE


@pytest.mark.parametrize(
    ("gone", "near", "expected"),
    [
        (3, Square(4, 0, 10), Square(4, 0, 10)),
        (1, Square(6, 0, 10), LARGE),
        (PATIENCE - 1, Square(1, 0, 10), Square(1, 0, 10)),
        (PATIENCE, Square(1, 0, 10), LARGE),
    ],
)
def test_a_lost_object_is_taken_up_again_where_it_was_unless_it_is_too_far_or_gone_too_long(gone, near, expected):
    """The place is forgotten as long after the object is gone."""
    scene = Scene(ONE)
    scene.track()
    scene.objects = []
    assert [scene.track() for _ in range(gone)] == [(None, [])] * gone
    scene.objects = [LARGE, near]
    assert scene.track()[0] == expected


def test_a_false_detection_in_the_lost_ones_place_does_not_hide_the_others_for_good():
    scene = Scene(ONE)
    scene.track()
    scene.objects, scene.false = [LARGE], [Square(1, 0, 10)]
    seen = [scene.track()[0] for _ in range(PATIENCE + 1)]
    assert seen == ["nothing here"] * PATIENCE + [LARGE]


def test_what_is_forgotten_is_looked_for_again():
    scene = Scene(ONE)
    scene.track()
    scene.objects = [ONE, LARGE]
    assert scene.track() == (ONE, None)
    scene.tracking.forget()
    assert [scene.track() for _ in range(2)] == [(LARGE, [ONE, LARGE]), (LARGE, None)]
