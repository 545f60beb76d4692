import numpy as np
import pytest

from moodreel.face.action_units import NeutralMeasures, intensities, unit_scores
from moodreel.face.displacements import Displacements
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.face.measure import neutral_measures, units_in
from moodreel.face.movements import AVERAGE, MOVEMENTS, SPREAD, movements, movements_by_side
from moodreel.face.neutral import MAX_FRAMES, Sample, candidate_rows, candidates, find, frontal, neutral_measures_among
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS
from unit.face.faces import displace, posed

SMILE = displace({(61,): (-0.08, -0.08, 0), (0, 37, 39): (0, 0.01, 0)})
FROWN = displace({(61,): (0, 0.08, 0)})
JAW = displace({(14, 87): (0, 0.15, 0), (17, 84): (0, 0.15, 0), (18, 200): (0, 0.12, 0)})
RAISED = displace({(107, 55, 66, 65, 70, 46, 63, 53): (0, -0.07, 0)})
CLOSED = displace({(157, 158, 159, 160, 161): (0, 0.09, 0)})
REST = displace({(61,): (-0.04, 0.03, 0)})
"""Of somebody whose face is not the average one; the expressions are the same movements from it."""
EXPRESSIONS = [face - CANONICAL_HEAD + REST for face in (SMILE, FROWN, JAW, RAISED)]

_WEIGHTS = np.stack([movements(unit.reshape(1, 478, 3))[0] for unit in np.eye(478 * 3)], axis=1)
USUAL = CANONICAL_HEAD + (np.linalg.pinv(_WEIGHTS) @ (AVERAGE - movements(CANONICAL_HEAD[None])[0])).reshape(478, 3)
"""The average head (one of its two people smiles) changed so that it has the neutral values of `AVERAGE`."""

SILENT = np.full((1, len(ACTION_UNITS)), np.nan)


def _video(*parts: tuple[np.ndarray, int], seed: int = 0) -> Sample:
    """Frames of faces, each shown so many times, with the mesh's jitter."""
    faces = np.concatenate([np.repeat(face[None], n, axis=0) for face, n in parts])
    faces = faces + np.random.default_rng(seed).normal(0, 0.002, faces.shape)
    return Sample(faces, np.full((len(faces), len(BLENDSHAPES)), np.nan))


def _read(face: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Intensities of one face against another."""
    return intensities(movements(face[None]), SILENT, NeutralMeasures(movements(rest[None])[0], SILENT[0]))[0]


def _error(found: np.ndarray, rest: np.ndarray) -> float:
    """Largest intensity of any unit that the true neutral face would get against the found one."""
    return np.nanmax(_read(rest, found))


def _clips(neutral: np.ndarray, expressions: list[np.ndarray]) -> list[Sample]:
    """A clip of each expression, with the neutral face before and after it."""
    return [_video((neutral, 15), (face, 70), (neutral, 15), seed=s) for s, face in enumerate(expressions)]


def test_clips_that_show_expression_most_of_the_time():
    clips = _clips(REST, EXPRESSIONS)
    found = find(clips)
    assert (find(clips).face == found.face).all() and _error(found.face, REST) < 0.5
    assert _error(np.concatenate([c.face for c in clips]).mean(axis=0), REST) > 0.5  # the plain mean would not do
    assert np.nanmax(_read(EXPRESSIONS[0], found.face)) > 2


@pytest.mark.parametrize("face", [SMILE, JAW, RAISED, CLOSED], ids=["smile", "jaw", "raised brows", "closed eyes"])
def test_one_video_of_one_long_expression(face):
    acted = face - CANONICAL_HEAD + USUAL
    assert _error(find([_video((acted, 50), (USUAL, 20), (acted, 30))]).face, USUAL) < 0.5


def test_an_unusual_neutral_face_is_found_also_where_other_clips_look_more_ordinary():
    smiler = USUAL + (SMILE - CANONICAL_HEAD)
    lip = list(MOVEMENTS).index("mouth_corner_up")
    assert (movements(smiler[None])[0] - AVERAGE)[lip] > 2 * SPREAD[lip]
    assert _error(find([_video((smiler, 100), (smiler + RAISED - CANONICAL_HEAD, 10))]).face, smiler) < 0.5
    clips = _clips(smiler, [smiler + face - CANONICAL_HEAD for face in (FROWN, JAW, RAISED)])
    assert _error(find(clips).face, smiler) < 0.5


def test_nobody_seen():
    nothing = Displacements(np.empty((0, 2, len(MOVEMENTS))), np.empty((0, 2, len(ACTION_UNITS))))
    assert neutral_measures_among([]) is neutral_measures_among([nothing]) is None
    for samples in ([], [Sample(np.empty((0, 478, 3)), np.empty((0, 52)))]):
        found = find(samples)
        assert (found.frames, found.videos) == (0, 0) and np.isnan(found.face).all()


def test_only_sure_frames_are_looked_at_and_memory_is_bounded():
    sure = np.zeros(100_000, bool)
    sure[::2] = True
    rows = candidates(sure, videos=3)
    assert sure[rows].all()
    assert (len(rows), rows[0], rows[-1]) == (4 * MAX_FRAMES // 3, 0, 99_998)
    assert len(candidates(np.zeros(5, bool), videos=1)) == 0
    assert len(candidates(sure, videos=10 * MAX_FRAMES)) == 4


def test_turned_heads_do_not_speak_for_rest():
    meshes = np.stack([posed(CANONICAL_HEAD, pitch=p, yaw=y) for p, y in ((0, 0), (5, -15), (0, 40), (-35, 0))])
    scores = np.arange(4.0)[:, None] * np.ones(52)
    sample = frontal(head_pose(meshes), scores, 1, max_turn_deg=20)
    assert (len(sample.face), sample.scores[:, 0].tolist()) == (2, [0, 1])


def test_a_unit_that_is_below_rest_most_of_the_time_gets_a_lower_zero():
    lowered = displace({(107, 55, 66, 65, 105, 63, 52, 53): (0, 0.012, 0)}) - CANONICAL_HEAD + USUAL
    raiser, lowerer = list(ACTION_UNITS).index(1), list(ACTION_UNITS).index(4)
    found = find([_video((lowered, 60), (USUAL, 40))])
    true = _read(lowered, found.face)[lowerer]
    assert found.zero[raiser] < 0 or true < 0.3
    assert ((found.zero >= -1) & (found.zero <= 0)).all()
    rested = find([_video((USUAL, 60), (lowered, 40))])
    assert rested.zero[lowerer] == pytest.approx(0, abs=0.1)


def test_the_scores_of_the_resting_frames_are_kept():
    video = _video((USUAL + SMILE - CANONICAL_HEAD, 60), (USUAL, 40))
    video.scores[:] = np.repeat([0.9, 0.1], [60, 40])[:, None]
    assert find([video]).scores == pytest.approx(0.1)
    assert np.isnan(find([_video((USUAL, 40))]).scores).all()


@pytest.mark.parametrize("score", [np.nan, 0.3])
def test_movements_alone_give_nearly_the_same_rest_as_meshes(score):
    clips = _clips(REST, EXPRESSIONS)
    for clip in clips:
        clip.scores[:] = score
    samples = [Displacements(movements_by_side(clip.face), unit_scores(clip.scores)) for clip in clips]
    of_meshes, found = neutral_measures(find(clips)), neutral_measures_among(samples)
    assert np.isnan(found.scores).all() == np.isnan(score)
    for sample in samples:
        one, other = (units_in(sample, neutral, presence=1.0) for neutral in (of_meshes, found))
        apart = np.abs([one[name] - other[name] for name in one if not name.endswith("_c")])
        assert np.nanmedian(apart) < 0.02 and np.nanmax(apart) < 0.2


def test_the_frames_looked_at_are_sure_frontal_and_the_videos_share():
    sure, turn_deg = np.arange(20_000) % 2 == 0, np.where(np.arange(20_000) % 4 == 0, 30.0, 10.0)
    turn_deg[2] = np.nan
    rows = candidate_rows(sure, turn_deg, 3, max_turn_deg=20)
    assert len(rows) == MAX_FRAMES // 3 and (sure & (turn_deg == 10))[rows].all()
