import numpy as np
import pytest

from moodreel.music.spectra import FRAME_HZ, RATE_HZ, TONE_FRAME_HZ, analyse


def test_numbers_of_frames(tones):
    frames = analyse([tones([69], 4.0)])
    assert len(frames.power) == len(frames.onset_db) == pytest.approx(4 * FRAME_HZ, abs=1)
    assert frames.chroma.shape == (pytest.approx(4 * TONE_FRAME_HZ, abs=1), 12)
    assert frames.duration_s == pytest.approx(4, abs=0.02)


@pytest.mark.parametrize("block", [1, 999, 300_000])
def test_blocks_of_any_length_give_the_same(tones, block):
    """The sound is longer than what is analysed at a time (11.9 s)."""
    noise = np.random.default_rng(0).normal(0, 0.02, round(25.3 * RATE_HZ)).astype(np.float32)
    sound = tones([50, 69], 25.3) + noise
    if block == 1:
        sound = sound[: 13 * RATE_HZ]
    whole = analyse([sound])
    parts = analyse(np.array_split(sound, range(block, len(sound), block))) if block > 1 else analyse(sound[:, None])
    for name in ("power", "centroid_hz", "flatness", "onset_db", "chroma", "height_midi"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-3, atol=1e-3, err_msg=name)


def test_a_block_s_border_is_not_heard(tones):
    """A steady tone has one onset, at its beginning, although it is analysed in three segments."""
    frames = analyse([tones([57], 30.0)])
    assert frames.onset_db[50:-50].max() < 0.5 and np.ptp(frames.centroid_hz[50:-50]) < 5


@pytest.mark.parametrize("midi", [36, 45, 60, 61, 83])
def test_a_tone_is_its_pitch_class_and_height(tones, midi):
    frames = analyse([tones([midi], 3.0)])
    assert set(frames.chroma[5:-5].argmax(axis=1)) == {midi % 12}
    assert np.abs(frames.height_midi[5:-5] - midi).max() < 0.2


def test_levels_and_centroid(tones):
    frames = analyse([tones([81], 3.0)])  # 880 Hz at half of full scale
    assert np.median(frames.power) == pytest.approx(0.125, rel=0.02)
    assert np.median(frames.centroid_hz) == pytest.approx(880, rel=0.05)
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * RATE_HZ).astype(np.float32)
    flat = analyse([noise])
    assert np.median(flat.flatness) > 0.4 > 0.01 > np.median(frames.flatness)
    assert np.median(flat.centroid_hz) == pytest.approx(RATE_HZ / 4, rel=0.1)


def test_silence_and_nothing():
    silent = analyse([np.zeros(RATE_HZ, np.float32)])
    assert silent.power.max() == silent.onset_db.max() == silent.chroma.max() == 0
    assert np.isnan(silent.height_midi).all()
    nothing = analyse([])
    assert nothing.duration_s == 0 and nothing.chroma.shape == (0, 12)


def test_between_is_a_segment(tones):
    frames = analyse([np.concatenate([tones([60], 2.0), tones([67], 2.0)])])
    later = frames.between(2.3, 3.7)
    assert later.duration_s == pytest.approx(1.4, abs=0.02)
    assert set(later.chroma.argmax(axis=1)) == {7}
    assert frames.between(-1, 1).duration_s == pytest.approx(1, abs=0.02)
