from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from moodreel.video.timeline import Timeline


def placed(stamps, nominal_s=0.04):
    timeline = Timeline(nominal_s)
    times = [timeline.place(None if s is None else Fraction(s).limit_denominator(1000)) for s in stamps]
    assert all(a < b for a, b in itertools.pairwise(times))
    return times, timeline


def test_own_times_are_kept():
    times, timeline = placed([3.397, 3.44, 3.5, 9.0])
    assert times == pytest.approx([0, 0.043, 0.103, 5.603])
    assert timeline.mended == 0


def test_times_are_exact():
    timeline = Timeline(1001 / 24000)
    times = [timeline.place(Fraction(1001 * i, 24000)) for i in range(50_000)]
    assert times[-1] == 1001 * 49_999 / 24000


def test_repeated_and_slipped_stamps_do_not_move_later_frames():
    times, timeline = placed([0, 0.04, 0.04, 0.04, 0.08, 0.06, 0.12])
    assert times == pytest.approx([0, 0.04, 0.041, 0.042, 0.08, 0.081, 0.12])
    assert timeline.mended == 3


def test_missing_stamps():
    times, timeline = placed([None, None, 5.0, None, 5.08])
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert timeline.mended == 3


def test_a_clock_set_anew():
    times, timeline = placed([7, 7.04, 7.08, 0, 0.04, 0.12])
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16, 0.24])
    assert timeline.mended == 3


def test_one_wrong_stamp_heals():
    assert placed([10, 10.04, 3, 10.12])[0] == pytest.approx([0, 0.04, 0.08, 0.12])
    assert placed([0, 0.04, 95443, 0.12])[0] == pytest.approx([0, 0.04, 0.08, 0.12])


def test_a_clock_that_jumps_ahead_for_good():
    assert placed([0, 0.04, 95443, 95443.04])[0] == pytest.approx([0, 0.04, 0.08, 0.12])
