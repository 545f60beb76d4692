"""The rule from units to emotions, on hand-made intensities with known answers."""

import numpy as np
import pytest
from benchmarks.faces import rules

from moodreel.emotions.frames import NO_FACE
from moodreel.face.action_units import PEOPLE, UNITS, unit_scores
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS

UNIT = list(ACTION_UNITS)


def units(**intensities: float) -> np.ndarray:
    """One face with these units, `AU6=3`; 14 and 23 are read by nobody."""
    row = np.zeros((1, len(UNIT)))
    for name, value in {"AU14": np.nan, "AU23": np.nan, **intensities}.items():
        row[0, UNIT.index(int(name[2:]))] = value
    return row


@pytest.mark.parametrize(
    ("shown", "emotion"),
    [
        ({}, "neutral"),
        ({"AU6": 3, "AU12": 4}, "happy"),
        ({"AU12": 2.1}, "happy"),
        ({"AU12": 1.9}, "neutral"),
        ({"AU1": 3, "AU2": 3, "AU5": 2, "AU26": 3}, "surprise"),
        ({"AU1": 3, "AU2": 3, "AU4": 3, "AU5": 3, "AU20": 3, "AU25": 3}, "fear"),
        ({"AU1": 3, "AU4": 2, "AU15": 3}, "sad"),
        ({"AU4": 3, "AU5": 2, "AU7": 2}, "angry"),
        ({"AU9": 3, "AU10": 3}, "disgust"),
        ({"AU45": 5, "AU18": 5, "AU17": 5}, "neutral"),
        ({"AU9": np.nan, "AU10": 2, "AU12": 3}, "disgust"),
    ],
)
def test_prototypes_are_known_again(shown: dict[str, float], emotion: str) -> None:
    assert EMOTIONS[rules.emotions(units(**shown))[0]] == emotion


def test_no_units_are_no_answer() -> None:
    nothing = np.full((1, len(UNIT)), np.nan)
    found = rules.emotions(np.concatenate([nothing, units(AU6=4, AU12=4)]))
    assert found.tolist() == [NO_FACE, EMOTIONS.index("happy")]


def test_prototypes_hold_units_that_are_read_and_every_emotion_but_neutral() -> None:
    assert {*rules.PROTOTYPES, "neutral"} == set(EMOTIONS)
    assert all(unit in UNITS for prototype in rules.PROTOTYPES.values() for unit in prototype)


def test_scores_alone_are_on_the_scale_of_units() -> None:
    smile = UNITS[12].scores
    scores = np.zeros((2, len(BLENDSHAPES)))
    for side in ("Left", "Right"):
        scores[0, BLENDSHAPES.index(f"mouthSmile{side}")] = smile.average + smile.spread + 0.5 * smile.full
    found = rules.levels(unit_scores(scores).mean(axis=1))
    row = UNIT.index(12)
    assert found[0, row] == pytest.approx(2.5)
    assert found[1, row] == 0, "less than a neutral face has is nothing"
    assert np.isnan(found[:, UNIT.index(9)]).all(), "no score tells of it"
    assert found[0, UNIT.index(6)] == pytest.approx(2.5), "the same score stands for the cheek"
    assert EMOTIONS[rules.emotions(found)[0]] == "happy"
    assert PEOPLE.scores[row] == smile.average
