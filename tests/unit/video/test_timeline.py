import itertools
from fractions import Fraction

import pytest

from moodreel.video.timeline import Timeline


@pytest.mark.parametrize(
    ("stamps", "times", "mended"),
    [
        ([3.397, 3.44, 3.5, 9.0], [0, 0.043, 0.103, 5.603], 0),
        ([0, 0.04, 0.04, 0.04, 0.08, 0.06, 0.12], [0, 0.04, 0.041, 0.042, 0.08, 0.081, 0.12], 3),
        ([None, None, 5.0, None, 5.08], [0, 0.04, 0.08, 0.12, 0.16], 3),
        ([7, 7.04, 7.08, 0, 0.04, 0.12], [0, 0.04, 0.08, 0.12, 0.16, 0.24], 3),
        ([10, 10.04, 3, 10.12], [0, 0.04, 0.08, 0.12], 1),
        ([0, 0.04, 95443, 0.12], [0, 0.04, 0.08, 0.12], 1),
        ([0, 0.04, 95443, 95443.04], [0, 0.04, 0.08, 0.12], 2),
        ([0, 0.04, 100.08, 0.12, 0.16], [0, 0.04, 0.08, 0.12, 0.16], 1),
        ([0, 0.04, 100.08, 100.12], [0, 0.04, 100.08, 100.12], 0),
        ([0, 0.04, 0.12, 0.08, 0.16], [0, 0.04, 0.12, 0.121, 0.16], 1),
        ([7, 7.04, 0, 0.04, 50, 0.12], [0, 0.04, 0.08, 0.12, 0.16, 0.2], 4),
    ],
    ids=[
        "own",
        "repeated and slipped",
        "missing",
        "set again",
        "one too early",
        "one too late",
        "jumps for good",
        "a lone one ahead",
        "a gap",
        "two exchanged",
        "a lone one after the clock was set again",
    ],
)
def test_times_increase_and_are_the_files_own_where_they_can_be(stamps, times, mended):
    timeline = Timeline(0.04)
    exact = [None if s is None else Fraction(s).limit_denominator(1000) for s in stamps]
    placed = [timeline.place(*pair) for pair in itertools.pairwise([*exact, None])]
    assert all(a < b for a, b in itertools.pairwise(placed))
    assert (placed, timeline.mended) == (pytest.approx(times), mended)


def test_times_are_exact():
    timeline = Timeline(1001 / 24000)
    times = [timeline.place(Fraction(1001 * i, 24000)) for i in range(50_000)]
    assert times[-1] == 1001 * 49_999 / 24000
