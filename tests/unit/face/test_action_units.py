import numpy as np
import pytest

from moodreel.face.action_units import PEOPLE, UNITS, NeutralMeasures, intensities, levels, unit_scores
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.face.movements import MOVEMENTS, VIEWERS_LEFT, VIEWERS_RIGHT, movements, movements_by_side
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS
from unit.face.faces import displace, posed

NUMBERS = list(ACTION_UNITS)
SILENT = np.full(len(ACTION_UNITS), np.nan)
"""Without blendshapes."""
REST = NeutralMeasures(movements(CANONICAL_HEAD[None])[0], SILENT)
UP, DOWN, OUT, IN = (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)

INNER_BROW, OUTER_BROW = (107, 55, 66, 65), (105, 52, 70, 46, 63, 53)
EYE_CORNERS = (33, 133)  # the mesh lowers them when lids narrow the eye
UPPER_LID, LOWER_LID = (157, 158, 159, 160, 161), (144, 145, 153)
CHEEK = (117, 118, 50, 101)
CORNER, UPPER_LIP, INNER_UPPER, INNER_LOWER, LOWER_LIP = (61,), (0, 37, 39, 40), (13, 82), (14, 87), (17, 84)
NOSTRIL, CHIN = (98, 64, 48), (18, 200, 152)

ACTED = {
    1: {INNER_BROW: UP},
    2: {OUTER_BROW: UP},
    4: {INNER_BROW: DOWN, OUTER_BROW: DOWN},
    5: {UPPER_LID: UP},
    6: {CHEEK: UP},
    7: {LOWER_LID: UP, EYE_CORNERS: DOWN},
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


def _read(face: np.ndarray, neutral: NeutralMeasures = REST) -> np.ndarray:
    return intensities(movements(face[None]), SILENT[None], neutral)[0]


def _act(unit: int, far: float) -> np.ndarray:
    return _read(displace({points: tuple(far * np.array(way)) for points, way in ACTED[unit].items()}))


def _of(result: np.ndarray, unit: int) -> float:
    return result[NUMBERS.index(unit)]


def test_every_unit_that_is_read_is_acted_here():
    assert set(ACTED) == set(UNITS) < set(ACTION_UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_moving_a_units_points_raises_it_steadily(unit):
    course = [_of(_act(unit, far), unit) for far in np.linspace(0, 0.06, 7)]
    assert course[0] == 0 and course[-1] >= 1 and (np.diff(course) >= 0).all()


@pytest.mark.parametrize("unit", UNITS)
def test_units_far_away_stay_still(unit):
    result = _act(unit, 0.06)
    assert {far: _of(result, far) for far in FAR[unit] if _of(result, far) > 0.3} == {}


@pytest.mark.parametrize(("unit", "opposite"), [(12, 15), (18, 20), (5, 45), (1, 4), (17, 26)])
def test_opposite_movements_exclude_each_other(unit, opposite):
    result = _act(unit, 0.05)
    assert _of(result, unit) > 0.5 and _of(result, opposite) == 0


def test_a_smile_is_no_stretch_and_a_dropping_jaw_no_frown():
    assert _of(_act(12, 0.06), 20) == 0
    dropped = dict.fromkeys((INNER_LOWER, LOWER_LIP, CHIN), (0, 0.15, 0))
    result = _read(displace(dropped | dict.fromkeys((CORNER, (62, 78)), (0, 0.06, 0))))
    assert _of(result, 15) == pytest.approx(0, abs=0.1) and min(_of(result, 25), _of(result, 26)) > 2


def test_a_resting_face_against_itself_is_nothing_and_units_that_the_mesh_does_not_show_are_unknown():
    result = _read(CANONICAL_HEAD)
    assert np.nanmax(result) == 0
    assert {unit for unit in ACTION_UNITS if np.isnan(_of(result, unit))} == set(ACTION_UNITS) - set(UNITS) == {14, 23}


def test_unknown_stays_unknown():
    nothing = np.full((1, len(MOVEMENTS)), np.nan)
    loud = np.ones((1, len(ACTION_UNITS)))
    assert np.isnan(intensities(nothing, loud, PEOPLE)).all()
    assert np.isnan(intensities(REST.movements[None], loud, NeutralMeasures(nothing[0], 0 * loud[0]))).all()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("pose", [{"pitch": 15}, {"yaw": 30}, {"roll": 20}, {"scale": 35}, {"at": (20, 900, 40)}])
def test_where_the_head_is_does_not_matter(unit, pose):
    face = displace({points: tuple(0.04 * np.array(way)) for points, way in ACTED[unit].items()})
    here, there = (_read(head_pose(posed(face, **p)[None]).face[0]) for p in ({}, pose))
    assert there == pytest.approx(here, abs=1e-6, nan_ok=True)


def test_small_eyes_blink_as_fully_as_large_ones():
    opening = list(MOVEMENTS).index("eye_opening")
    for factor in (0.6, 1.4):
        lids = REST.movements.copy()
        lids[opening] *= factor
        course = np.repeat(lids[None], 5, axis=0)
        course[:, opening] *= [1, 0.8, 0.5, 0.2, 1.1]
        blink = intensities(course, np.tile(SILENT, (5, 1)), NeutralMeasures(lids, SILENT))[:, NUMBERS.index(45)]
        assert blink[[0, 4]].tolist() == [0, 0] and 0 < blink[1] < blink[2] < blink[3] == 5


def test_slack_hides_what_may_be_the_persons_shape():
    shape = (PEOPLE.movements + 0.9 * PEOPLE.slack)[None]
    assert np.nanmax(intensities(shape, SILENT[None], PEOPLE)) == 0
    assert np.nanmax(intensities(shape, SILENT[None], NeutralMeasures(PEOPLE.movements, SILENT))) > 0.5


def test_a_lowered_zero_raises_intensities_and_never_above_five():
    smile = displace({CORNER: (-0.05, -0.05, 0)})
    lowered = NeutralMeasures(REST.movements, SILENT, zero=np.full(len(ACTION_UNITS), -1.0))
    assert _of(_read(smile, lowered), 12) == pytest.approx(_of(_read(smile), 12) + 1)
    assert _of(_read(CANONICAL_HEAD, lowered), 12) == 1
    assert _of(_read(displace({CORNER: (-0.5, -0.5, 0)}), lowered), 12) == 5
    assert _of(levels(movements(smile[None]), SILENT[None], lowered)[0], 15) < 0


def _scored(**scores: float) -> np.ndarray:
    return np.array([scores.get(name, 0.0) for name in BLENDSHAPES])


def test_every_score_is_the_networks_and_counts_for_its_unit():
    for number, unit in UNITS.items():
        if unit.scores:
            names = {unit.scores.name + side for side in ("", "Left", "Right")} & set(BLENDSHAPES)
            assert len(names) in (1, 2)
            shown = unit_scores(_scored(**dict.fromkeys(names, unit.scores.full))[None]).mean(axis=1)
            quiet = NeutralMeasures(REST.movements, unit_scores(_scored()[None]).mean(axis=(0, 1)))
            read = _of(intensities(REST.movements[None], shown, quiet)[0], number)
            by_geometry = -5 * unit.start / (unit.full - unit.start)
            assert read == pytest.approx(5 * unit.scores.share + (1 - unit.scores.share) * by_geometry)


def test_the_performers_left_score_is_on_the_viewers_right():
    shown = unit_scores(_scored(mouthSmileLeft=0.8)[None])[0, :, NUMBERS.index(12)]
    assert shown[[VIEWERS_RIGHT, VIEWERS_LEFT]].tolist() == [0.8, 0]


def test_without_scores_geometry_speaks_alone():
    smile, unscored = displace({CORNER: (-0.05, -0.05, 0)}), NeutralMeasures(REST.movements, np.zeros(len(NUMBERS)))
    assert _of(_read(smile, unscored), 12) == _of(_read(smile), 12) > 1


def test_one_side_of_the_face_moves_alone():
    face = CANONICAL_HEAD.copy()
    face[61] += (-0.05, -0.05, 0)  # on the viewer's left
    silent = np.tile(SILENT, (2, 1))
    neutral = NeutralMeasures(movements_by_side(CANONICAL_HEAD[None])[0], silent)
    sides = intensities(movements_by_side(face[None])[0], silent, neutral)[:, NUMBERS.index(12)]
    assert sides[VIEWERS_LEFT] > 1.4 and sides[VIEWERS_RIGHT] == pytest.approx(0, abs=1e-9)
    assert _of(_read(face), 12) == pytest.approx(sides.mean())
