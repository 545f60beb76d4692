import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from moodreel.demo.soundtrack import synthesise
from moodreel.errors import UserError
from moodreel.music.audio import open_sound
from moodreel.music.clock import clock
from moodreel.music.soundtrack import read, remarks
from moodreel.music.spectra import RATE_HZ
from moodreel.settings.limits import LimitsSettings
from moodreel.settings.music import MusicSettings
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


def _write_sound(path, sound, layout, *, codec="pcm_s16le", rate_hz=RATE_HZ):
    """A file without pictures of `sound`, shape (channels, samples)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate_hz, layout=layout)
        resampler = av.AudioResampler(stream.codec_context.format.name, layout, rate_hz, stream.frame_size or 1024)
        packed = np.ascontiguousarray(sound.T, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, "flt", layout)
        frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), 0
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return path


def _described(path, **limits):
    table, facts = read(path, MusicSettings(), LimitsSettings(**limits))
    return table, facts, table.row(0, named=True) if len(table) else {}


LAYOUTS = {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8, "22.2": 24}


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac"])
def test_the_same_sound_in_any_number_of_channels_is_described_alike(tmp_path, codec):
    music = synthesise("fierce", seed=1, duration_s=3, rate_hz=RATE_HZ)
    rows = []
    for layout, channels in LAYOUTS.items():
        if codec != "flac" or channels <= 8:
            path = _write_sound(tmp_path / f"{layout}.mkv", np.stack([music] * channels), layout, codec=codec)
            _, facts, row = _described(path)
            assert (facts["channels"], facts["cancelled_s"], facts["corrupt_packets"]) == (channels, 0, 0)
            rows.append(row)
    for row in rows:
        assert row["loudness_lufs"] == pytest.approx(rows[0]["loudness_lufs"], abs=0.1)
        assert row["arousal"] == pytest.approx(rows[0]["arousal"], abs=0.01)


def test_low_frequency_effects_are_left_out(tmp_path):
    """Encoders take everything but low tones from that channel."""
    music = synthesise("calm", seed=1, duration_s=3, rate_hz=RATE_HZ)
    five_one = np.stack([music, music, music, 0 * music, music, music])
    _, _, row = _described(_write_sound(tmp_path / "a.mkv", five_one, "5.1", codec="flac"))
    _, _, mono = _described(_write_sound(tmp_path / "b.mkv", music[None], "mono"))
    assert row["loudness_lufs"] == pytest.approx(mono["loudness_lufs"], abs=0.1)


@pytest.mark.parametrize("inverse_from_s", [0.0, 2.0])
def test_channels_that_cancel_each_other_are_heard(tmp_path, inverse_from_s):
    music = synthesise("joyful", seed=1, duration_s=4, rate_hz=RATE_HZ)
    other = np.where(np.arange(len(music)) < inverse_from_s * RATE_HZ, music, -music)
    _, facts, row = _described(_write_sound(tmp_path / "a.mkv", np.stack([music, other]), "stereo"))
    _, _, mono = _described(_write_sound(tmp_path / "b.mkv", music[None], "mono"))
    assert facts["reason"] is None and facts["cancelled_s"] == pytest.approx(4 - inverse_from_s, abs=1.1)
    assert row["loudness_lufs"] == pytest.approx(mono["loudness_lufs"], abs=0.2)
    assert any("cancel" in remark for remark in remarks(facts))


def test_a_wide_stereo_sound_does_not_cancel(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 3 * RATE_HZ))
    _, facts, _ = _described(_write_sound(tmp_path / "a.mkv", noise, "stereo"))
    assert facts["cancelled_s"] == 0


def test_sound_in_one_of_many_channels_is_not_silent(tmp_path):
    """40 dB under full scale in one of 64 channels; in their mean that is 76 dB under it."""
    sound = np.zeros((64, 3 * RATE_HZ))
    sound[40] = 0.0141 * np.sin(np.arange(3 * RATE_HZ) / 5)
    table, facts, row = _described(_write_sound(tmp_path / "a.mkv", sound, "64 channels"))
    assert facts["reason"] is None and len(table) > 1 and np.isfinite(row["brightness_hz"])


def test_a_damaged_sound_is_described_as_far_as_it_is_heard(tmp_path, media, tones):
    """The middle third of the sound's bytes is overwritten; then all of them."""
    path = media("a.mp4", tones([69], 6.0, 44100), duration_s=6)
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data, random = bytearray(path.read_bytes()), np.random.default_rng(0)
    for places_hit, reason in ((places[len(places) // 3 : -len(places) // 3], None), (places, "unreadable")):
        for position, size in places_hit:
            data[position : position + size] = random.integers(0, 256, size, np.uint8).tobytes()
        path.write_bytes(data)
        _, facts, row = _described(path)
        if reason is None:
            assert facts["reason"] is None and facts["corrupt_packets"] > 10
            assert row["end_s"] == pytest.approx(6, abs=0.2) and row["register_midi"] == pytest.approx(69, abs=1)
        else:
            assert facts["reason"] in (None, "unreadable", "silent")


@pytest.mark.parametrize("ahead_s", [7200.0, -7200.0])
def test_sound_whose_stamps_lie_outside_the_picture_begins_with_it(media, tones, ahead_s):
    delays = {"sound_delay_s": ahead_s} if ahead_s > 0 else {"picture_delay_s": -ahead_s}
    path = media("a.mkv", tones([69], 3.0, 44100), duration_s=3, codec="pcm_s16le", **delays)
    table, facts, row = _described(path)
    assert (row["start_s"], len(table)) == (0, 3)
    assert "assumed" in facts["sound_times_from"] and facts["sound_shift_s"] == pytest.approx(-ahead_s, abs=0.01)


def test_a_sound_that_lasts_longer_than_allowed_is_described_so_far(tmp_path, tones):
    table, facts, row = _described(_write_sound(tmp_path / "a.wav", tones([69], 9.0)[None], "mono"), max_duration_s=5)
    assert facts["cut_s"] == 5 and row["end_s"] == pytest.approx(5, abs=0.02) and len(table) == 5
    assert any("limits.max_duration_s" in remark for remark in remarks(facts))


def test_rate_and_channels_that_change_midway(tmp_path):
    """Two ADTS streams one after the other, as recorders leave them that were switched over."""
    parts = []
    for name, layout, rate_hz in (("a", "mono", 16_000), ("b", "stereo", 44_100)):
        music = synthesise("joyful", seed=1, duration_s=2, rate_hz=rate_hz)
        sound = np.stack([music] * LAYOUTS[layout])
        parts.append(_write_sound(tmp_path / f"{name}.aac", sound, layout, codec="aac", rate_hz=rate_hz).read_bytes())
    (tmp_path / "ab.aac").write_bytes(b"".join(parts))
    table, facts, row = _described(tmp_path / "ab.aac")
    assert facts["channels"] == 2 and row["end_s"] == pytest.approx(4.1, abs=0.2)
    first, second = table.filter(scope="passage")["loudness_lufs"].to_list()[:: len(table) - 2]
    assert first == pytest.approx(second, abs=1)
