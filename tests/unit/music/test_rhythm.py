import numpy as np
import pytest

from moodreel.music import rhythm
from moodreel.music.spectra import FRAME_HZ, RATE_HZ, analyse


@pytest.mark.parametrize(
    ("tempo_bpm", "found_bpm"), [(60, 60), (72, 72), (90, 90), (110, 110), (128, 128), (150, 150), (200, 100)]
)
def test_tempo_of_a_click_track_of_which_a_very_fast_one_counts_as_half(clicks, tempo_bpm, found_bpm):
    assert rhythm.tempo_bpm(analyse([clicks(tempo_bpm, 8.0)]).onset_db) == pytest.approx(found_bpm, rel=0.015)


@pytest.mark.parametrize("tempo_bpm", [75, 133])
def test_onsets_are_the_clicks(clicks, tempo_bpm):
    frames = analyse([clicks(tempo_bpm, 6.0)])
    expected_s = np.arange(0, 6, 60 / tempo_bpm)
    found_s = rhythm.onsets(frames.onset_db) / FRAME_HZ
    assert len(found_s) == len(expected_s)
    assert np.abs(found_s - expected_s).max() < 0.04


def test_a_louder_attack_is_larger(clicks):
    soft, hard = (analyse([scale * clicks(120, 4.0)]).onset_db for scale in (0.01, 1.0))
    assert hard[rhythm.onsets(hard)].mean() > soft[rhythm.onsets(soft)].mean() + 5


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_tempo(seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, 8 * RATE_HZ).astype(np.float32)
    assert rhythm.tempo_bpm(analyse([noise]).onset_db) is None


def test_too_little_has_no_tempo(tones):
    assert rhythm.tempo_bpm(analyse([tones([60], 0.3)]).onset_db) is None
    assert rhythm.tempo_bpm(np.zeros(0)) is None
    assert rhythm.tempo_bpm(np.zeros(1000)) is None
    assert len(rhythm.onsets(np.zeros(0))) == len(rhythm.onsets(np.zeros(100))) == 0
