"""Following an object: when the detector is asked, and whom tracking goes on with."""

from __future__ import annotations

from moodreel.regions.square import Square, largest
from moodreel.regions.tracking import Tracking


class Scene:
    """Objects at places that the test sets; `asked` counts the detector's runs."""

    def __init__(self, detect_every: int) -> None:
        self.tracking = Tracking(detect_every)
        self.objects: list[Square] = []
        self.asked = 0

    def find(self) -> list[Square]:
        self.asked += 1
        return list(self.objects)

    def read(self, square: Square) -> tuple[Square | str, Square | None]:
        """An object whose centre is in the square is seen there, and followed to its own place."""
        here = [o for o in self.objects if square.distance(o) < 0.5]
        return (here[0], here[0]) if here else ("nothing here", None)

    def follow(self):
        return self.tracking.follow(self.read, self.find, largest)


def test_the_detector_is_asked_at_the_start_and_after_the_interval():
    scene = Scene(detect_every=3)
    scene.objects = [Square(0, 0, 10)]
    answers = [scene.follow() for _ in range(7)]
    assert [found is not None for _, found in answers] == [True, False, False, True, False, False, True]
    assert all(seen == Square(0, 0, 10) for seen, _ in answers)


def test_it_is_asked_in_every_picture_while_there_is_nothing():
    scene = Scene(detect_every=10)
    assert [scene.follow() for _ in range(3)] == [(None, [])] * 3
    assert scene.asked == 3


def test_a_lost_object_is_looked_for_at_once():
    scene = Scene(detect_every=10)
    scene.objects = [Square(0, 0, 10)]
    scene.follow()
    scene.objects = [Square(100, 0, 10)]
    assert scene.follow() == (Square(100, 0, 10), [Square(100, 0, 10)])


def test_where_the_detector_is_mistaken_the_last_reading_is_told():
    scene = Scene(detect_every=10)
    scene.find = lambda: [Square(5, 5, 3)]
    assert scene.follow() == ("nothing here", [Square(5, 5, 3)])


def test_the_largest_is_taken_first_and_then_kept():
    scene = Scene(detect_every=2)
    small, large = Square(0, 0, 10), Square(100, 0, 20)
    scene.objects = [small, large]
    assert scene.follow()[0] == large
    scene.objects = [Square(0, 0, 40), large]
    for _ in range(4):
        assert scene.follow()[0] == large


def test_a_followed_square_is_kept_where_the_detector_finds_the_same_object():
    scene = Scene(detect_every=2)
    scene.objects = [Square(0, 0, 10)]
    scene.follow()
    scene.find = lambda: [Square(1, 0, 11)]
    scene.follow()
    assert scene.follow()[0] == Square(0, 0, 10)


def test_tracking_goes_over_to_another_object_where_the_followed_one_is_gone_as_the_detector_looks():
    scene = Scene(detect_every=2)
    scene.objects = [Square(0, 0, 10)]
    scene.follow()
    scene.follow()
    scene.objects = [Square(50, 0, 10)]
    assert scene.follow()[0] == Square(50, 0, 10)


def test_what_is_forgotten_is_looked_for_anew():
    scene = Scene(detect_every=10)
    small, large = Square(0, 0, 10), Square(100, 0, 20)
    scene.objects = [small]
    scene.follow()
    scene.objects = [small, large]
    assert scene.follow() == (small, None)
    scene.tracking.forget()
    assert scene.follow() == (large, [small, large])
    assert scene.follow() == (large, None)
