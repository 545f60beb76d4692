"""Samples of every format, and where they lie in time."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from moodreel.video import sounds
from moodreel.video.container import open_media
from moodreel.video.probe import audio_start_s
from moodreel.video.samples import Pieces, samples_of

RATE_HZ, BLOCK = 8000, 400
"""Blocks of 50 ms."""

HOURS_S = 10_000.0


class Stream:
    """Stands for a stream whose frames have the given stamps in s, None for none; block n is full of n + 1 percent."""

    container = SimpleNamespace(format=SimpleNamespace(name="matroska"))

    def __init__(self, stamps):
        self.frames = []
        for number, stamp_s in enumerate(stamps):
            frame = av.AudioFrame.from_ndarray(np.full((1, BLOCK), (number + 1) / 100, np.float32), "flt", "mono")
            frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
            frame.pts = None if stamp_s is None else round(stamp_s * RATE_HZ)
            self.frames.append(frame)


@pytest.fixture
def place(monkeypatch):
    """Places frames of the given stamps; returns when each begins, the counts of wrong and missing stamps."""
    monkeypatch.setattr("moodreel.video.samples.decode", lambda stream, path, on_corrupt: iter(stream.frames))

    def run(stamps, **ends):
        pieces = Pieces(Stream(stamps), "x", **ends)
        times_s = [round(piece.time_s, 3) for piece in pieces]
        return times_s, pieces.mended, pieces.missing

    return run


def steps(count, first=0.0):
    return [round(first + 0.05 * n, 3) for n in range(count)]


def test_true_stamps_and_gaps_are_kept(place):
    assert place(steps(8, 3.0)) == (steps(8, 3.0), 0, 0)
    with_gap = steps(4) + steps(4, 30.0)
    assert place(with_gap) == (with_gap, 0, 0)
    long = steps(4) + steps(4, 500.0)
    assert place(long, picture_end_s=600.0, announced_end_s=600.0) == (long, 0, 0)


@pytest.mark.parametrize(
    "stamps",
    [
        steps(4) + steps(4, HOURS_S),
        [*steps(4), HOURS_S, *steps(3, 0.25)],
        [HOURS_S, *steps(7, 0.05)],
        steps(4, 0.0) + steps(4, -500.0),
        [0.0] * 8,
        steps(8)[::-1],
        [0.0, None, 0.1, None, None, None, 0.3, 0.35],
        [None] * 8,
    ],
    ids=["ahead from then on", "once", "first", "reset", "all equal", "backwards", "some missing", "missing"],
)
def test_stamps_that_are_not_believed(place, stamps):
    """Whatever they are, the sound goes on without a gap, and what was wrong is counted."""
    times_s, mended, missing = place(stamps, picture_end_s=2.0, announced_end_s=HOURS_S + 1)
    assert np.diff(times_s) == pytest.approx(0.05)
    assert len(times_s) == 8
    assert missing == stamps.count(None) and mended + missing > 0
    assert abs(times_s[0]) < 0.5


def test_what_overlaps_is_heard_once(place):
    """Stamps 30 ms apart of frames of 50 ms."""
    stamps = [round(0.03 * n, 3) for n in range(40)]
    times_s, mended, _ = place(stamps)
    assert mended == 0 and (np.diff(times_s) > 0).all()
    assert times_s[-1] == pytest.approx(stamps[-1], abs=0.06)


FORMATS = ["u8", "u8p", "s16", "s16p", "s32", "s32p", "s64", "s64p", "flt", "fltp", "dbl", "dblp"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "7.1", "9 channels", "22.2", "64 channels"])
def test_every_format_and_number_of_channels(name, layout):
    """Each channel holds its number, in 128ths."""
    frame = av.AudioFrame(format=name, layout=layout, samples=5)
    frame.sample_rate = RATE_HZ
    channels = frame.layout.nb_channels
    kind = name.removesuffix("p") if frame.format.is_planar else name
    dtype = {"u8": "u1", "flt": "f4", "dbl": "f8"}.get(kind) or f"i{int(kind[1:]) // 8}"
    values = np.repeat(np.arange(channels)[:, None] / 128, 5, axis=1)
    scale = 1.0 if dtype[0] == "f" else 128.0 if kind == "u8" else 2.0 ** (int(kind[1:]) - 1)
    stored = (values * scale + 128 * (kind == "u8")).astype(dtype)
    if frame.format.is_planar:
        for plane, channel in zip(frame.planes[:channels], stored, strict=True):
            plane.update(channel.tobytes().ljust(plane.buffer_size, b"\0"))
    else:
        plane = frame.planes[0]
        plane.update(stored.T.tobytes().ljust(plane.buffer_size, b"\0"))
    samples = samples_of(frame)
    assert (samples.dtype, samples.shape) == (np.float32, (channels, 5))
    assert samples == pytest.approx(values, abs=1e-6)


def test_samples_are_finite():
    frame = av.AudioFrame.from_ndarray(np.array([[np.nan, np.inf, -np.inf, 1e30, 0.5]], np.float32), "flt", "mono")
    frame.sample_rate = RATE_HZ
    assert samples_of(frame)[0].tolist() == [0, 0, 0, 2, 0.5]


@pytest.mark.parametrize("rate_hz", [0, 1, 999, 10**7, 2**31 - 1])
def test_implausible_sampling_rates_count_as_damage(rate_hz):
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 5), np.float32), "flt", "mono")
    frame.sample_rate = rate_hz
    with pytest.raises(ValueError, match=f"{rate_hz} Hz"):
        samples_of(frame)


def write(path: Path, levels, default=None) -> Path:
    """A file whose sound streams of 1 s, one for each level, begin one tenth of a second after each other; `default`
    is the number of the one that is marked so."""
    with av.open(str(path), "w", options={"default_mode": "passthrough"}) as container:
        streams = [container.add_stream("flac", RATE_HZ, layout="mono") for _ in levels]
        for number, stream in enumerate(streams):
            stream.disposition = av.stream.Disposition.default if number == default else av.stream.Disposition(0)
        for number, (stream, level) in enumerate(zip(streams, levels, strict=True)):
            sound = (level * 32767 * np.sin(np.arange(RATE_HZ) / 3)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(sound[None], "s16", "mono")
            frame.sample_rate, frame.time_base = RATE_HZ, Fraction(1, RATE_HZ)
            frame.pts = number * RATE_HZ // 10
            resampler = av.AudioResampler("s16", "mono", RATE_HZ, stream.codec_context.frame_size or 1024)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(part))
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("levels", "default", "chosen", "said"),
    [
        ([0.5], None, 0, None),
        ([0.5, 0.5], None, 0, "stream 1 of 2 is used; stream 2 is not used"),
        ([0.5, 0.5], 1, 1, "stream 2 of 2 is used; stream 1 is not used"),
        ([0.0, 0.5], None, 1, "stream 2 of 2 is used; stream 1 is silent"),
        ([0.5, 0.0], 1, 0, "stream 1 of 2 is used; stream 2 is silent"),
        ([0.0, 0.0, 0.0, 0.5], 1, 3, "stream 4 of 4 is used; streams 1, 2, 3 are silent"),
        ([0.0, 0.0], None, 0, "stream 1 of 2 is used; stream 2 is silent"),
    ],
)
def test_the_default_sound_or_the_first_unless_it_is_silent(tmp_path, levels, default, chosen, said):
    path = write(tmp_path / "a.mkv", levels, default)
    choice = sounds.choose(path)
    assert (choice.number, choice.streams) == (chosen, len(levels))
    assert choice.other_streams == (said and f"sound {said}")
    with open_media(path) as container:
        assert sounds.sound_stream(container, path) is container.streams.audio[chosen]
    assert audio_start_s(path) == pytest.approx(chosen / 10, abs=0.002)
    write(path, [0.5])
    assert sounds.choose(path).number == 0, "another file under the same name"
