import numpy as np
import pytest

from moodreel.emotions.votes import CLASSES, highest, vote, winner
from moodreel.settings.emotions import EmotionsSettings
from moodreel.tables.emotions import EMOTIONS

PAPERS = EmotionsSettings().classes


def scores(**emotions: float) -> list[float]:
    """A frame's scores; what is not named shares the rest."""
    rest = (1 - sum(emotions.values())) / (len(EMOTIONS) - len(emotions))
    return [emotions.get(name, rest) for name in EMOTIONS]


NOBODY = [np.nan] * 7


def test_the_papers_classes() -> None:
    assert [PAPERS[name] for name in EMOTIONS] == ["Neg", "Neg", "Neut", "Pos", "Neut", "Pos", "Neut"]


def test_frames_vote_and_those_without_a_face_do_not() -> None:
    found = vote(np.array([scores(happy=0.6), scores(angry=0.5), scores(surprise=0.4), NOBODY, NOBODY]), PAPERS)
    assert found.frames.tolist() == [int(name in ("happy", "angry", "surprise")) for name in EMOTIONS]
    assert dict(zip(CLASSES, found.classes, strict=True)) == {"Pos": 2, "Neg": 1, "Neut": 0}
    assert found.by_votes == "Pos"


def test_votes_and_the_mean_may_say_otherwise() -> None:
    """Two frames are barely positive, one is surely negative."""
    rows = np.array([scores(happy=0.4, angry=0.35), scores(happy=0.4, angry=0.35), scores(angry=0.97)])
    found = vote(rows, PAPERS)
    assert (found.by_votes, found.by_mean) == ("Pos", "Neg")
    assert found.mean == pytest.approx(rows.mean(axis=0))


def test_rounding_makes_ties_which_go_to_the_first() -> None:
    frame = np.array([scores(fear=0.404, sad=0.396)])
    tied = np.array([scores(angry=0.4012, neutral=0.4049)])
    assert EMOTIONS[highest(frame)[0]] == EMOTIONS[highest(frame, 2)[0]] == "fear"
    assert (EMOTIONS[highest(tied)[0]], EMOTIONS[highest(tied, 2)[0]]) == ("neutral", "angry")
    assert winner(np.array([3, 3, 3])) == "Pos" and winner(np.array([0, 3, 3])) == "Neg"


def test_nobody_has_no_class() -> None:
    found = vote(np.array([NOBODY]), PAPERS)
    assert (found.by_votes, found.by_mean, found.classes.tolist()) == (None, None, [0, 0, 0])
    assert np.isnan(found.mean).all()
    assert vote(np.empty((0, 7)), PAPERS).by_votes is None
