import numpy as np
import pytest

from moodreel.face.action_units import AVERAGE, MOVEMENTS, SPREAD, intensities, movements
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from moodreel.face.neutral import MAX_FRAMES, Neutral, candidates, find, frontal
from unit.face.faces import moved, posed

SMILE = moved({(61,): (-0.08, -0.08, 0), (0, 37, 39): (0, 0.01, 0)})
FROWN = moved({(61,): (0, 0.08, 0)})
JAW = moved({(14, 87): (0, 0.15, 0), (17, 84): (0, 0.15, 0), (18, 200): (0, 0.12, 0)})
RAISED = moved({(107, 55, 66, 65, 70, 46, 63, 53): (0, -0.07, 0)})
REST = moved({(61,): (-0.04, 0.03, 0)})
"""Of somebody whose face is not the average one; the expressions are the same movements from it."""
EXPRESSIONS = [face - CANONICAL_HEAD + REST for face in (SMILE, FROWN, JAW, RAISED)]


def _video(*parts: tuple[np.ndarray, int], seed: int = 0) -> np.ndarray:
    """Frames of faces, each shown so many times, with the mesh's jitter."""
    faces = np.concatenate([np.repeat(face[None], n, axis=0) for face, n in parts])
    return faces + np.random.default_rng(seed).normal(0, 0.002, faces.shape)


def _error(found: Neutral, rest: np.ndarray) -> float:
    """Largest intensity of any unit that the true resting face would get against the found one."""
    return np.nanmax(intensities(movements(rest[None]), movements(found.face[None])[0]))


def test_clips_that_show_expression_most_of_the_time():
    clips = [_video((REST, 20), (face, 60), (REST, 20), seed=s) for s, face in enumerate(EXPRESSIONS)]
    found = find(clips)
    assert _error(found, REST) < 0.5
    assert _error(Neutral(np.concatenate(clips).mean(axis=0), 0, 0), REST) > 0.5  # the plain mean would not do
    smile = intensities(movements(EXPRESSIONS[0][None]), movements(found.face[None])[0])[0]
    assert np.nanmax(smile) > 2


@pytest.mark.parametrize("face", [SMILE, JAW, RAISED])
def test_one_video_of_one_long_expression(face):
    average = CANONICAL_HEAD + _towards_the_average()
    acted = face - CANONICAL_HEAD + average
    assert _error(find([_video((acted, 50), (average, 20), (acted, 30))]), average) < 0.5


def _towards_the_average() -> np.ndarray:
    """A change of the average head (one of its two people smiles) that gives it the resting values of `AVERAGE`."""
    weights = np.stack([movements(unit.reshape(1, 478, 3))[0] for unit in np.eye(478 * 3)], axis=1)
    return (np.linalg.pinv(weights) @ (AVERAGE - movements(CANONICAL_HEAD[None])[0])).reshape(478, 3)


def test_an_unusual_face_that_rests_is_its_own_neutral():
    smiler = CANONICAL_HEAD + _towards_the_average() + (SMILE - CANONICAL_HEAD)
    lip = list(MOVEMENTS).index("mouth_corner_up")
    assert (movements(smiler[None])[0] - AVERAGE)[lip] > 2 * SPREAD[lip]
    assert _error(find([_video((smiler, 100), (smiler + RAISED - CANONICAL_HEAD, 10))]), smiler) < 0.5


def test_a_resting_smile_is_found_though_other_clips_look_more_ordinary():
    smiler = CANONICAL_HEAD + _towards_the_average() + (SMILE - CANONICAL_HEAD)
    clips = [
        _video((smiler, 15), (smiler + face - CANONICAL_HEAD, 70), (smiler, 15), seed=s)
        for s, face in enumerate((FROWN, JAW, RAISED))
    ]
    assert _error(find(clips), smiler) < 0.5


def test_the_same_frames_give_the_same_face():
    clips = [_video((REST, 20), (face, 60), seed=s) for s, face in enumerate(EXPRESSIONS)]
    assert (find(clips).face == find(clips).face).all()


def test_nobody_seen():
    for samples in ([], [np.empty((0, 478, 3))]):
        found = find(samples)
        assert (found.frames, found.videos) == (0, 0)
        assert np.isnan(found.face).all()


def test_only_sure_frames_are_looked_at_and_memory_is_bounded():
    sure = np.zeros(100_000, bool)
    sure[::2] = True
    rows = candidates(sure, videos=3)
    assert sure[rows].all()
    assert len(rows) == 4 * MAX_FRAMES // 3
    assert (rows[0], rows[-1]) == (0, 99_998)
    assert len(candidates(np.zeros(5, bool), videos=1)) == 0
    assert len(candidates(sure, videos=10 * MAX_FRAMES)) == 4


def test_turned_heads_do_not_speak_for_rest():
    meshes = np.stack([posed(CANONICAL_HEAD, pitch=p, yaw=y) for p, y in ((0, 0), (5, -15), (0, 40), (-35, 0))])
    assert len(frontal(head_pose(meshes), 1, max_turn_deg=20)) == 2
