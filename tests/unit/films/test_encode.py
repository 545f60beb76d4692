"""Times, sound and the word of a film, read back from its file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from moodreel.films import encode, word
from moodreel.films.encode import Soundtrack
from moodreel.films.word import Word
from moodreel.video.decode import frames
from unit.films import material

SIZE = (64, 48)
WORD = Word("r", "v", "c0de", ("mesh",))


def pictures(times_s):
    return [(time_s, np.full((SIZE[1], SIZE[0], 3), 90 + 5 * n, np.uint8)) for n, time_s in enumerate(times_s)]


def film(path: Path, times_s=material.TIMES_S, clock=Fraction(1, 90_000), **more) -> Path:
    count = encode.write(path, pictures(times_s), size=SIZE, clock=clock, rate_hz=25.0, word=WORD, **more)
    assert count == len(times_s)
    return path


def times(path: Path) -> list[float]:
    with frames(path) as decoding:
        found = [frame.time_s for frame in decoding]
        assert decoding.first_pts_s == 0
    return found


@pytest.mark.parametrize("base", [Fraction(1, 25), Fraction(1001, 30_000), Fraction(1, 1000), Fraction(1, 90_000)])
def test_times_are_the_source_s_to_the_tick(tmp_path, base):
    """Frames a whole, odd number of the source's ticks apart."""
    given = np.cumsum([0, 1, 3, 1, 1, 7, 2, 1, 5]) * base
    clock = encode.ticks(base)
    assert base % clock == 0 and clock <= Fraction(1, encode.LEAST_TICKS)
    found = times(film(tmp_path / "v.mp4", [float(time_s) for time_s in given], clock))
    assert found == pytest.approx([float(time_s) for time_s in given], abs=1e-9)


def test_a_clock_that_mp4_cannot_hold_is_replaced():
    assert encode.ticks(Fraction(1, 10**9)) == encode.ticks(None) == Fraction(1, 90_000)


def test_a_part_begins_at_nought_and_times_never_stand_still(tmp_path):
    assert times(film(tmp_path / "v.mp4", [7.5, 7.54, 7.7])) == pytest.approx([0.0, 0.04, 0.2], abs=1e-5)
    close = times(film(tmp_path / "w.mp4", [0.0, 1e-6, 2e-6, 1.0]))
    assert (np.diff(close) > 0).all() and close[-1] == pytest.approx(1.0)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    video = material.write_video(tmp_path / "source.mp4")
    one, other = (film(tmp_path / name, soundtrack=Soundtrack(video, 0.0)) for name in ("a.mp4", "b.mp4"))
    assert one.read_bytes() == other.read_bytes()
    again = {film(tmp_path / "again.mp4").read_bytes() for _ in range(30)}
    assert len(again) == 1, "x264's AVX-512 gave other bytes in one of about thirty"
    assert one.read_bytes().index(b"moov") < one.read_bytes().index(b"mdat"), "browsers can begin to play it"


def test_the_word_stands_in_the_file(tmp_path):
    path = film(tmp_path / "v.mp4")
    assert word.read(path) == {"run": "r", "video": "v", "code": "c0de", "layers": ["mesh"]}
    with av.open(str(path)) as container:
        assert container.metadata["comment"].startswith("Made by moodreel: the video v with what was read of it")
        assert container.metadata["title"] == "v (r)"


KINDS = [("mp4", "aac"), ("mkv", "aac"), ("mp4", "libmp3lame"), ("mkv", "flac"), ("mkv", "libopus"),
         ("mov", "pcm_s16le"), ("avi", "pcm_s16le"), ("mkv", "mp2"), ("ts", "aac")]  # fmt: skip


@pytest.mark.parametrize(("suffix", "codec"), KINDS)
@pytest.mark.parametrize("start_s", [0.0, 0.6])
def test_sound_keeps_step_with_the_picture(tmp_path, suffix, codec, start_s):
    video = material.write_video(tmp_path / f"source.{suffix}", codec=codec)
    with frames(video, start_s=start_s) as decoding:
        times_s = [frame.time_s for frame in decoding]
        zero_s = (decoding.first_pts_s or 0.0) + times_s[0]
    path = film(tmp_path / "v.mp4", times_s, soundtrack=Soundtrack(video, zero_s))
    with av.open(str(path)) as container:
        kept = container.streams.audio[0].codec_context.codec.canonical_name
    assert kept == {"libmp3lame": "mp3", "flac": "flac", "libopus": "opus"}.get(codec, "aac")
    late, alike = material.lag(video, path, times_s[0])
    assert abs(late) <= 48, "a millisecond, to which some containers round"
    assert alike > 0.98 or late != 0


@pytest.mark.parametrize("begins", [{"sound_s": 0.3}, {"picture_s": 0.25}, {"picture_s": 0.25, "sound_s": 0.5}])
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_begins_before_or_after_the_picture(tmp_path, begins, codec):
    video = material.write_video(tmp_path / "source.mkv", codec=codec, **begins)
    with frames(video) as decoding:
        zero_s = decoding.first_pts_s
    path = film(tmp_path / "v.mp4", soundtrack=Soundtrack(video, zero_s))
    assert times(path) == pytest.approx(material.TIMES_S, abs=1e-5)
    late, _ = material.lag(video, path, 0.0)
    assert abs(late) <= 48
    first_s, _ = material.heard(path)
    assert first_s == pytest.approx(max(begins.get("sound_s", 0.0) - begins.get("picture_s", 0.0), 0.0), abs=0.025)


def test_a_late_sound_is_not_moved_to_the_next_millisecond(tmp_path):
    video = material.write_video(tmp_path / "source.mp4", sound_s=0.30083)
    late, alike = material.lag(video, film(tmp_path / "v.mp4", soundtrack=Soundtrack(video, 0.0)), 0.0)
    assert abs(late) <= 1 and alike > 0.99


def test_sound_ends_with_the_part(tmp_path):
    video = material.write_video(tmp_path / "source.mp4")
    path = film(tmp_path / "v.mp4", [0.2, 0.3], soundtrack=Soundtrack(video, 0.2, 0.5))
    first_s, samples = material.heard(path)
    assert first_s + len(samples) / material.RATE_HZ == pytest.approx(0.5, abs=0.03)


def test_a_video_without_sound_has_a_film_without(tmp_path):
    video = material.write_video(tmp_path / "source.mp4", codec=None)
    with av.open(str(film(tmp_path / "v.mp4", soundtrack=Soundtrack(video, 0.0)))) as container:
        assert not container.streams.audio


def write_odd(path: Path, kind: str) -> Path:
    """A video of 1.2 s with noise for sound: in nine channels, damaged, hours ahead, or second after silence."""
    if kind == "damaged":
        path = material.write_video(path.with_suffix(".mp4"))
        with av.open(str(path)) as container:
            places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
        data = bytearray(path.read_bytes())
        for position, size in places[len(places) // 2 :]:
            data[position : position + size] = np.random.default_rng(position).integers(0, 256, size, "u1").tobytes()
        path.write_bytes(data)
        return path
    if kind == "hours ahead":
        return material.write_video(path, sound_s=9000.0)
    layouts = {"nine channels": ["9 channels"], "second": ["mono", "mono"]}[kind]
    bare_path = material.write_video(path.with_name("bare.mkv"), codec=None)
    with av.open(str(bare_path)) as bare, av.open(str(path), "w") as container:
        video = container.add_stream_from_template(bare.streams.video[0])
        streams = [container.add_stream("pcm_s16le", material.RATE_HZ, layout=layout) for layout in layouts]
        for packet in bare.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                container.mux(packet)
        for number, stream in enumerate(streams):
            channels = stream.codec_context.channels
            sound = material.noise() * (number + 1 == len(streams))
            samples = np.repeat((sound * 10_000).astype(np.int16), channels)[None]
            frame = av.AudioFrame.from_ndarray(samples, "s16", stream.layout.name)
            frame.sample_rate, frame.pts, frame.time_base = material.RATE_HZ, 0, Fraction(1, material.RATE_HZ)
            for packet in [*stream.encode(frame), *stream.encode()]:
                container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("kind", "least_s"), [("nine channels", 1.5), ("second", 1.5), ("damaged", 0.5), ("hours ahead", 1.5)]
)
def test_odd_sounds_are_heard_as_far_as_they_can_be(tmp_path, kind, least_s):
    video = write_odd(tmp_path / "source.mkv", kind)
    path = film(tmp_path / "v.mp4", soundtrack=Soundtrack(video, 0.0))
    assert times(path) == pytest.approx(material.TIMES_S, abs=1e-5)
    first_s, samples = material.heard(path)
    assert abs(first_s) < 0.05 and np.abs(samples[round((least_s - 0.1) * material.RATE_HZ) :]).max() > 0.01
    assert least_s < len(samples) / material.RATE_HZ < 2


def test_sound_ends_soon_after_the_last_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(encode, "TAIL_S", 0.1)
    video = material.write_video(tmp_path / "source.mp4")
    first_s, samples = material.heard(film(tmp_path / "v.mp4", [0.0, 0.2], soundtrack=Soundtrack(video, 0.0)))
    assert first_s + len(samples) / material.RATE_HZ == pytest.approx(0.3, abs=0.05)
