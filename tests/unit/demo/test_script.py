import itertools

import numpy as np
import pytest

from moodreel.demo.catalogue import CLIPS, EXPRESSIONS, TAKES, Clip
from moodreel.demo.script import ACTED, FRAMES, MOTION_RANGE, MOTIONS, RATE_HZ, UNITS, eye_closure, script
from moodreel.demo.script import TAKES as ACTED_TAKES
from moodreel.demo.truth import TRANSITION, truth_table, window_truth
from moodreel.tables.truth import TRUTH


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.video)
def test_a_clip_is_neutral_at_both_ends_and_its_expressions_units_and_blinks_stay_in_bounds(clip):
    made = script(clip)
    ends = (made.time_s <= 0.32) | (made.time_s >= 4.68)
    assert ends.sum() >= 16
    assert np.all(made.activation[ends] == 0) and np.all(made.units[ends] == 0)
    assert made.units.shape == (FRAMES, len(UNITS))
    assert made.units.min() >= 0 and made.units.max() <= 1 and 0.7 <= made.activation.max() <= 1
    assert np.all(np.abs(made.motion) <= [MOTION_RANGE[name] for name in MOTIONS])
    moving = {UNITS[i] for i in np.flatnonzero(made.units.any(axis=0))}
    assert moving == set(ACTED[clip.expression]) | {"au45"}


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.video)
def test_the_apex_covers_two_whole_windows(clip):
    made = script(clip)
    apex = made.time_s[made.activation >= 0.5 * made.activation.max()]
    assert apex.min() <= 0.8 and apex.max() >= 4.2 - 1 / RATE_HZ
    assert len(apex) == round((apex.max() - apex.min()) * RATE_HZ) + 1, "the apex has a gap"
    for start_s in (1, 2):
        assert window_truth(clip.expression, made.time_s, made.activation, start_s, start_s + 2) == clip.expression


def test_takes_differ():
    for one, other in itertools.combinations((script(Clip("hopper", "smile", take)) for take in TAKES), 2):
        assert np.abs(one.activation - other.activation).max() > 0.1
        assert np.abs(one.motion - other.motion).max() > 1


def test_eyes_close_and_blinks_are_short():
    closed = script(Clip("hopper", "eyes_closed", 2)).units[:, UNITS.index("au45")]
    assert closed[35:90].min() > 0.85
    time_s = np.linspace(0, 5, 5001)
    blink = eye_closure(ACTED_TAKES[1], time_s)
    assert blink.max() == pytest.approx(0.95)
    assert np.ptp(time_s[blink > 0]) <= 0.28 + 1e-9


def test_a_window_shows_the_expression_where_the_apex_fills_six_tenths():
    time_s = np.arange(125) / 25
    activation = np.where((time_s >= 0.8) & (time_s < 3), 0.4, 0.19)
    shown = {(0, 2): "smile", (0, 1.96): TRANSITION, (1, 3): "smile", (2, 4): TRANSITION, (3, 5): TRANSITION}
    for window, expected in shown.items():  # the first has 30 of 50 frames, the second 29 of 49
        assert window_truth("smile", time_s, activation, *window) == expected
    rising = np.where(time_s < 2, 0.3, 0.9)
    of_windows = [window_truth("smile", time_s, rising, *window) for window in ((0, 2), (2, 4))]
    assert of_windows == [TRANSITION, "smile"], "the apex is half of the clip's peak, not of the window's"
    with pytest.raises(ValueError, match="no frame"):
        window_truth("smile", time_s, activation, 6, 8)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_truth_table_holds_what_was_acted(expression):
    clip = Clip("astronaut", expression, 3)
    made = script(clip)
    truth = TRUTH.conform(truth_table(clip, made)).to_pylist()
    assert [row["frame"] for row in truth] == list(range(FRAMES))
    assert {(row["expression"], row["mood"]) for row in truth} == {(expression, clip.mood)}
    for row, units, motion in zip(truth, made.units, made.motion, strict=True):
        assert [row[unit] for unit in UNITS] == pytest.approx(units.tolist(), abs=1e-6)
        assert [row[name] for name in MOTIONS] == pytest.approx(motion.tolist(), abs=1e-5)
        assert row["au25"] == row["au26"]
