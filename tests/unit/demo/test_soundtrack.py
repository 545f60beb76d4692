import numpy as np
import pytest

from moodreel.demo.soundtrack import MOODS, synthesise

RATE_HZ = 44100


def _level_db(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(sound.astype(float) ** 2))


@pytest.mark.parametrize("mood", MOODS)
def test_fills_the_duration_at_the_level_of_its_mood(mood):
    sound = synthesise(mood, seed=1, duration_s=5, rate_hz=RATE_HZ)
    assert sound.dtype == np.float32 and sound.shape == (5 * RATE_HZ,) and np.abs(sound).max() <= 1
    assert _level_db(sound) == pytest.approx(MOODS[mood].level_db, abs=1.5)
    halves = sound.reshape(10, -1)
    assert min(map(_level_db, halves)) > MOODS[mood].level_db - 15, "a half second is nearly silent"


@pytest.mark.parametrize("mood", MOODS)
def test_a_seed_is_a_melody(mood):
    first, again, other = (synthesise(mood, seed=seed, duration_s=2) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.3


@pytest.mark.parametrize("mood", ["joyful", "fierce"])
def test_the_pulse_of_the_notes_is_the_tempo(mood):
    """The level of a piece with drums rises at the beats: its autocorrelation peaks at a beat's length."""
    sound = synthesise(mood, seed=3, duration_s=10, rate_hz=RATE_HZ)
    step = RATE_HZ // 200
    level = np.abs(sound[: len(sound) // step * step]).reshape(-1, step).mean(axis=1)
    rise = np.maximum(np.diff(level), 0)
    rise -= rise.mean()
    correlation = np.correlate(rise, rise, "full")[len(rise) - 1 :]
    beat = 200 * 60 / MOODS[mood].tempo_bpm
    near = np.arange(round(beat * 0.7), round(beat * 1.3))
    assert near[correlation[near].argmax()] == pytest.approx(beat, rel=0.05)


def test_brighter_moods_have_more_of_the_high_frequencies():
    def share_above_1_khz(mood):
        power = np.abs(np.fft.rfft(synthesise(mood, seed=5, duration_s=5))) ** 2
        return power[5000:].sum() / power.sum()

    assert share_above_1_khz("fierce") > 3 * share_above_1_khz("sad") > 0


def test_says_what_is_allowed_and_may_be_shorter_than_a_note():
    for mood, duration_s, word in (("angry", 1, "joyful"), ("", 1, "joyful"), ("calm", 0, "holds no sample")):
        with pytest.raises(ValueError, match=word):
            synthesise(mood, seed=0, duration_s=duration_s)
    assert synthesise("calm", seed=0, duration_s=0.01).shape == (441,)
