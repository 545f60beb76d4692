import numpy as np
import pytest

from moodreel.face.action_units import AVERAGE, MOVEMENTS, SPREAD, UNITS, intensities, movements
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.tables.face import ACTION_UNITS
from unit.face.faces import moved, posed

NUMBERS = list(ACTION_UNITS)
REST = movements(CANONICAL_HEAD[None])[0]
UP, DOWN, OUT, IN = (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)

INNER_BROW, OUTER_BROW = (107, 55, 66, 65), (70, 46, 63, 53)
UPPER_LID, LOWER_LID = (157, 158, 159, 160, 161), (144, 145, 153)
CHEEK = (117, 118, 50, 101, 24, 23, 110)
CORNER, UPPER_LIP, INNER_UPPER, INNER_LOWER, LOWER_LIP = (61,), (0, 37, 39, 40), (13, 82), (14, 87), (17, 84)
NOSTRIL, CHIN = (98, 64, 48), (18, 200, 152)

ACTED = {
    1: {INNER_BROW: UP},
    2: {OUTER_BROW: UP},
    4: {INNER_BROW: DOWN, OUTER_BROW: DOWN},
    5: {UPPER_LID: UP},
    6: {CHEEK: UP},
    7: {LOWER_LID: UP},
    9: {NOSTRIL: UP},
    10: {UPPER_LIP: UP},
    12: {CORNER: (-1, -1, 0)},
    15: {CORNER: DOWN},
    17: {LOWER_LIP: UP, CHIN: UP},
    18: {CORNER: IN},
    20: {CORNER: OUT},
    25: {INNER_LOWER: DOWN},
    26: {INNER_LOWER: DOWN, LOWER_LIP: DOWN, CHIN: DOWN},
    45: {UPPER_LID: DOWN},
}
"""What moves, and which way, when a unit acts."""

REGIONS = ({1, 2, 4}, {5, 6, 7, 45}, {9}, {10, 12, 15, 17, 18, 20, 25, 26})
FAR = {unit: set(UNITS) - next(r for r in REGIONS if unit in r) for unit in UNITS}


def _act(unit: int, far: float) -> np.ndarray:
    face = moved({points: tuple(far * np.array(way)) for points, way in ACTED[unit].items()})
    return intensities(movements(face[None]), REST)[0]


def _of(result: np.ndarray, unit: int) -> float:
    return result[NUMBERS.index(unit)]


def test_every_unit_that_is_read_is_acted_here():
    assert set(ACTED) == set(UNITS)
    assert set(UNITS) < set(ACTION_UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_moving_a_units_points_raises_it_steadily(unit):
    course = [_of(_act(unit, far), unit) for far in np.linspace(0, 0.06, 7)]
    assert course[0] == 0
    assert course[-1] >= 1
    steps = np.diff(course)
    assert (steps >= 0).all()
    assert steps.max() > 0


@pytest.mark.parametrize("unit", UNITS)
def test_units_far_away_stay_still(unit):
    result = _act(unit, 0.06)
    assert {far: _of(result, far) for far in FAR[unit] if _of(result, far) > 0.3} == {}


def test_opposite_movements_exclude_each_other():
    for unit, opposite in ((12, 15), (18, 20), (5, 45), (1, 4), (17, 26)):
        result = _act(unit, 0.05)
        assert _of(result, unit) > 0.5
        assert _of(result, opposite) == 0


def test_a_smile_is_no_stretch_and_a_dropping_jaw_no_frown():
    assert _of(_act(12, 0.06), 20) == 0
    jaw = moved(
        {
            INNER_LOWER: (0, 0.15, 0),
            LOWER_LIP: (0, 0.15, 0),
            CHIN: (0, 0.15, 0),
            CORNER: (0, 0.06, 0),
            (62, 78): (0, 0.06, 0),
        }
    )
    result = intensities(movements(jaw[None]), REST)[0]
    assert _of(result, 15) == pytest.approx(0, abs=0.1)
    assert min(_of(result, 25), _of(result, 26)) > 2


def test_a_resting_face_against_itself_is_nothing():
    result = intensities(REST[None], REST)[0]
    assert np.nanmax(result) == 0


def test_units_that_the_mesh_does_not_show_are_unknown():
    result = _act(12, 0.05)
    assert {unit for unit in ACTION_UNITS if np.isnan(_of(result, unit))} == set(ACTION_UNITS) - set(UNITS) == {14, 23}


def test_unknown_stays_unknown():
    assert np.isnan(intensities(np.full((1, len(MOVEMENTS)), np.nan), REST)).all()
    assert np.isnan(intensities(REST[None], np.full(len(MOVEMENTS), np.nan))).all()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("pose", [{"pitch": 15}, {"yaw": 30}, {"roll": 20}, {"scale": 35}, {"at": (20, 900, 40)}])
def test_where_the_head_is_does_not_matter(unit, pose):
    face = moved({points: tuple(0.04 * np.array(way)) for points, way in ACTED[unit].items()})
    here, there = (movements(head_pose(posed(face, **p)[None]).face) for p in ({}, pose))
    assert intensities(there, REST) == pytest.approx(intensities(here, REST), abs=1e-6, nan_ok=True)


def test_small_eyes_blink_as_fully_as_large_ones():
    opening = list(MOVEMENTS).index("eye_opening")
    for factor in (0.6, 1.4):
        resting = REST.copy()
        resting[opening] *= factor
        closed = resting.copy()
        closed[opening] *= 0.2
        assert _of(intensities(closed[None], resting)[0], 45) == 5


def test_slack_hides_what_may_be_the_persons_shape():
    shape = AVERAGE + 0.9 * SPREAD
    assert np.nanmax(intensities(shape[None], AVERAGE, slack=SPREAD)) == 0
    assert np.nanmax(intensities(shape[None], AVERAGE)) > 0.5
