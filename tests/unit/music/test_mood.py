import pytest

from moodreel.music.mood import CUES, valence_arousal
from moodreel.tables.music import SOUNDTRACK

MIDDLE = {
    "mode": 0.0, "tempo_bpm": 110.0, "onset_rate_hz": 3.0, "loudness_lufs": -20.0, "register_midi": 65.0,
    "brightness_hz": 1000.0, "attack": 10.0,
}  # fmt: skip
VALENCE, AROUSAL = 0, 1


@pytest.mark.parametrize(
    ("measure", "value", "dimension", "sign"),
    [
        ("mode", 0.3, VALENCE, 1),
        ("mode", -0.3, VALENCE, -1),
        ("tempo_bpm", 160.0, VALENCE, 1),
        ("tempo_bpm", 160.0, AROUSAL, 1),
        ("loudness_lufs", -10.0, AROUSAL, 1),
        ("brightness_hz", 3000.0, AROUSAL, 1),
        ("attack", 3.0, AROUSAL, -1),
        ("onset_rate_hz", 0.0001, AROUSAL, -1),
    ],
)
def test_the_direction_of_each_cue(measure, value, dimension, sign):
    assert sign * valence_arousal(MIDDLE | {measure: value})[dimension] > 0.02


def test_weights_add_up_and_the_middle_is_zero():
    for dimension in ("valence", "arousal"):
        assert sum(abs(getattr(cue, dimension)) for cue in CUES.values()) == pytest.approx(1)
    assert valence_arousal(MIDDLE) == pytest.approx((0, 0))


def test_bounds():
    loud = {"mode": 1.0, "tempo_bpm": 240.0, "onset_rate_hz": 20.0, "loudness_lufs": 0.0, "register_midi": 110.0}
    for value in valence_arousal(loud | {"brightness_hz": 9000.0, "attack": 40.0}):
        assert 0.5 < value <= 1


def test_no_key_no_valence_and_silence_neither_and_what_is_missing_has_no_weight():
    assert valence_arousal(MIDDLE | {"mode": None}) == (None, pytest.approx(0))
    assert valence_arousal(dict.fromkeys(c.name for c in SOUNDTRACK.columns)) == (None, None)
    assert valence_arousal(MIDDLE | {"tempo_bpm": None, "loudness_lufs": -10.0})[AROUSAL] > 0.1
