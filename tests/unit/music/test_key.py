import numpy as np
import pytest

from moodreel.music import key
from moodreel.music.spectra import RATE_HZ, analyse

CADENCE = {
    "major": ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)),
    "minor": ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7)),
}


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", CADENCE)
def test_a_cadence_of_tones(tones, tonic, mode):
    sound = [tones([57 + tonic + note for note in chord], 0.8) for chord in CADENCE[mode]]
    found, value = key.find(analyse(sound).chroma.sum(axis=0))
    assert found == (57 + tonic) % 12
    assert (value > 0.05) if mode == "major" else (value < -0.05)


def test_a_profile_is_its_own_key():
    tonic, mode = key.find(np.roll(np.array(key.MAJOR_PROFILE) ** 2, 3))
    assert tonic == 3 and 0 < mode <= 1


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_silence_have_no_key(seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, 5 * RATE_HZ).astype(np.float32)
    assert key.find(analyse([noise]).chroma.sum(axis=0)) is key.find(np.zeros(12)) is None
