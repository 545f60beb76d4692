import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from moodreel.errors import UserError
from moodreel.music.audio import open_sound
from moodreel.music.clock import clock
from moodreel.music.spectra import RATE_HZ
from moodreel.video.errors import VideoError


def _samples(path):
    with open_sound(path, RATE_HZ) as sound:
        return np.concatenate(list(sound.blocks)), sound


def test_the_samples_are_those_that_were_written(media, tones):
    written = tones([60], 2.0, 44100)
    samples, sound = _samples(media("a.mov", written, duration_s=2, codec="pcm_s16le"))
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(2 * RATE_HZ, abs=50)
    assert np.abs(samples[1000:40000] - tones([60], 2.0)[1000:40000]).max() < 0.01
    assert sound.start_s == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(("sound_delay_s", "picture_delay_s", "start_s"), [(1.0, 0.0, 1.0), (0.0, 0.8, -0.8)])
def test_times_count_from_the_first_picture(media, clicks, sound_delay_s, picture_delay_s, start_s):
    delays = {"sound_delay_s": sound_delay_s, "picture_delay_s": picture_delay_s}
    samples, sound = _samples(media("a.mkv", clicks(60, 3.0, 44100), duration_s=3, codec="pcm_s16le", **delays))
    assert sound.start_s == pytest.approx(start_s, abs=0.002)
    assert np.flatnonzero(np.abs(samples) > 0.05)[0] / RATE_HZ < 0.01, "the first click is the first sample"


def test_gaps_in_the_stream_are_silence(tmp_path, tones):
    """Two seconds of sound of which the packets of half a second are missing."""
    sound = (tones([69], 2.0, 44100) * 32767).astype(np.int16)
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        stream = container.add_stream("pcm_s16le", 44100, layout="mono")
        for start in range(0, len(sound), 2205):
            frame = av.AudioFrame.from_ndarray(sound[None, start : start + 2205], "s16", "mono")
            frame.sample_rate, frame.time_base, frame.pts = 44100, Fraction(1, 44100), start
            if not 0.5 <= start / 44100 < 1.0:
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    samples, _ = _samples(tmp_path / "a.mkv")
    assert len(samples) == pytest.approx(2 * RATE_HZ, abs=100)
    level = np.abs(samples[: 2 * RATE_HZ // 100 * 100]).reshape(-1, RATE_HZ // 10).max(axis=1)
    assert (level[6:9] == 0).all() and (level[[1, 3, 12, 18]] > 0.4).all()


def test_a_file_without_pictures_counts_from_its_own_beginning(tmp_path, tones):
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes((tones([60], 1.0, 8000).repeat(2) * 32767).astype("<i2").tobytes())
    samples, sound = _samples(tmp_path / "a.wav")
    assert (sound.picture_start_s, sound.start_s) == (None, 0)
    assert len(samples) == pytest.approx(RATE_HZ, abs=50)


def test_no_soundtrack_is_none_and_what_is_no_media_file_is_refused(media, tmp_path):
    with open_sound(media("a.mp4", None, duration_s=1), RATE_HZ) as sound:
        assert sound is None
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n")
    with pytest.raises(VideoError), open_sound(tmp_path / "list.m3u8", RATE_HZ):
        pass
    with pytest.raises(UserError, match="no such file"), open_sound(tmp_path / "none.mp4", RATE_HZ):
        pass


def test_the_clock_knows_what_ffmpeg_counts_from(media, tones):
    """In the file the sound begins 0.8 s before the first picture, so ffmpeg's 0 is there."""
    found = clock(media("a.mkv", tones([60], 3, 44100), duration_s=2, picture_delay_s=0.8, codec="pcm_s16le"))
    assert found.picture_start_s == pytest.approx(0.8, abs=0.002)
    assert found.seek_s(1.0) == pytest.approx(1.8, abs=0.002)
    assert found.end_s == pytest.approx(2.2, abs=0.05)
