"""Reading the sound of a media file, block by block, on the clock of its picture."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from moodreel.music.clock import clock
from moodreel.music.loudness import Levels, Meter
from moodreel.video.container import open_media
from moodreel.video.errors import VideoError
from moodreel.video.samples import Piece, Pieces
from moodreel.video.sounds import choose

SEGMENT_S = 1.0
"""The channels are mixed in segments of this length."""

CANCELLED = 0.5
"""Channels that have nothing to do with each other leave 1 / channels of their mean power in their mean. Where less
than half of this is left, they cancel each other, as a channel and its inverse do."""

CLEARLY_LOUDER = 1.26
"""1 dB: where channels cancel, another one takes the place of the loudest only if its power is so much higher."""

FADE_S = 0.01
"""Crossfade between the mean of the channels and one of them."""


@dataclass(frozen=True)
class Sound:
    """An opened soundtrack.

    `start_s`: time of the first sample since the file's first picture, negative where the sound begins earlier;
    `picture_start_s`, `sound_start_s`: presentation times stated in the file, the first None without pictures;
    `blocks`: float32 arrays of shape (samples,) in -1..1, mono, at `rate_hz`, to be iterated once. `levels` and
    `facts` are those of what has been iterated so far.
    """

    rate_hz: int
    picture_start_s: float | None
    sound_start_s: float
    blocks: Iterator[np.ndarray]
    _reading: "_Reading"

    @property
    def start_s(self) -> float:
        return 0.0 if self.picture_start_s is None else self.sound_start_s - self.picture_start_s

    @property
    def levels(self) -> Levels:
        """Levels and loudness, measured on all channels at the file's own sampling rate."""
        return self._reading.meter.levels()

    @property
    def facts(self) -> dict[str, Any]:
        """Facts of the sound for the stamp of a table made from it."""
        reading = self._reading
        return {
            "picture_start_s": self.picture_start_s,
            "sound_start_s": self.sound_start_s,
            "sound_times_from": reading.times_from,
            "sound_shift_s": reading.shift_s,
            "channels": reading.channels,
            "corrupt_packets": reading.pieces.corrupt,
            "mended_times": reading.pieces.mended,
            "missing_times": reading.pieces.missing,
            "cancelled_s": round(reading.cancelled_s, 3),
            "cut_s": reading.cut_s,
            "other_streams": reading.other_streams,
        }


@dataclass
class _Reading:
    """What is learnt while a sound is read.

    times_from: where its times come from; shift_s: by how much they differ from the file's own; channels: the largest
    number of them; cancelled_s: how much of it has channels that cancel each other; cut_s: where the reading ended
    because the sound is too long, since its beginning.
    """

    pieces: Pieces
    other_streams: str | None
    times_from: str = "presentation stamps"
    shift_s: float = 0.0
    channels: int = 0
    cancelled_s: float = 0.0
    cut_s: float | None = None
    meter: Meter = field(default_factory=Meter)


@contextmanager
def open_sound(path: str | Path, rate_hz: int, *, max_duration_s: float = math.inf) -> Iterator[Sound | None]:
    """The soundtrack of a local file (`video.sounds.choose` says which of several), or None where it has none.

    The samples are the mean of all channels but those for low-frequency effects, so that the same sound in one channel
    or in six is the same here; where the channels cancel each other, they are the loudest channel's. Gaps are silence.
    The sound ends `max_duration_s` after the first picture.

    Raises what `video.container.open_media` raises, and VideoError (`unreadable`) where nothing of the sound can be
    decoded.
    """
    choice, times = choose(path), clock(path)
    if not choice.streams:
        yield None
        return
    if choice.number is None:
        raise VideoError("unreadable", path, "there is no decoder for its sound")
    with open_media(path) as container:
        stream = container.streams.audio[choice.number]
        ends = {"picture_end_s": times.picture_end_s, "announced_end_s": times.announced_end_s}
        reading = _Reading(Pieces(stream, path, **ends), choice.other_streams)
        first = next(reading.pieces, None)
        if first is None:
            raise VideoError(
                "unreadable", path, f"no sound could be decoded; corrupt packets: {reading.pieces.corrupt}"
            )
        reading.shift_s = times.sound_shift_s(first.time_s, stream)
        if reading.shift_s:
            reading.times_from = "assumed to begin with the picture: its own time stamps lie outside the picture's"
        start_s = first.time_s + reading.shift_s
        longest_s = max_duration_s + (0.0 if times.picture_start_s is None else times.picture_start_s - start_s)
        yield Sound(rate_hz, times.picture_start_s, start_s, _mono(first, reading, rate_hz, longest_s), reading)


def _mono(first: Piece, reading: _Reading, rate_hz: int, longest_s: float) -> Iterator[np.ndarray]:
    """The samples, mixed and resampled, with silence where the stream has gaps, `longest_s` of them."""
    segments = _segments(first, reading, longest_s)
    resampler, shape, mixer = None, (0, 0), _Mixer(reading)
    for samples, own_hz in segments:
        if resampler is None or (samples.shape[0], own_hz) != shape:
            yield from _resampled(resampler, None)
            resampler, shape = av.AudioResampler("flt", "mono", rate_hz), (samples.shape[0], own_hz)
        mix, power = mixer.mix(samples, own_hz)
        reading.meter.add(mix, power, own_hz)
        frame = av.AudioFrame.from_ndarray(mix[None], "flt", "mono")  # without a time: nothing may be moved
        frame.sample_rate = own_hz
        yield from _resampled(resampler, frame)
    yield from _resampled(resampler, None)


def _segments(first: Piece, reading: _Reading, longest_s: float) -> Iterator[tuple[np.ndarray, int]]:
    """Samples (channels, samples) of `SEGMENT_S`, each with its rate; shorter where channels or rate change."""
    waiting: list[np.ndarray] = []
    shape, length_s = (0, first.rate_hz), 0.0

    def joined() -> Iterator[tuple[np.ndarray, int]]:
        nonlocal waiting, length_s
        if waiting:
            yield np.concatenate(waiting, axis=1), shape[1]
        waiting, length_s = [], 0.0

    for samples, own_hz in _without_gaps(first, reading, longest_s):
        if (samples.shape[0], own_hz) != shape:
            yield from joined()
            shape = (samples.shape[0], own_hz)
        waiting.append(samples)
        length_s += samples.shape[1] / own_hz
        if length_s >= SEGMENT_S:
            yield from joined()
    yield from joined()


def _without_gaps(first: Piece, reading: _Reading, longest_s: float) -> Iterator[tuple[np.ndarray, int]]:
    """The pieces' samples with their rate, and silence between pieces that are apart."""
    due_s, end_s = first.time_s, first.time_s + longest_s
    piece: Piece | None = first
    while piece is not None:
        last = piece.end_s >= end_s
        gap_s = min(piece.time_s, end_s) - due_s
        yield from _silence(round(gap_s * piece.rate_hz), piece)
        kept = round((end_s - piece.time_s) * piece.rate_hz) if last else piece.samples.shape[1]
        reading.channels = max(reading.channels, len(piece.samples))
        if kept > 0:
            yield piece.samples[_full_range(piece.layout, len(piece.samples)), :kept], piece.rate_hz
        if last:
            reading.cut_s = round(longest_s, 3)
            return
        due_s, piece = piece.end_s, next(reading.pieces, None)


def _silence(samples: int, like: Piece) -> Iterator[tuple[np.ndarray, int]]:
    for start in range(0, samples, like.rate_hz):
        channels = len(_full_range(like.layout, len(like.samples)))
        shape = (channels, min(like.rate_hz, samples - start))
        yield np.zeros(shape, np.float32), like.rate_hz


class _Mixer:
    """Makes one channel of several."""

    def __init__(self, reading: _Reading) -> None:
        self._reading = reading
        self._single: int | None = None

    def mix(self, samples: np.ndarray, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
        """The mean of the channels (channels, samples), or the loudest one where they cancel each other; and the mean
        of their squares. Shape (samples,) both."""
        squares = samples * samples
        mean, power = samples.mean(axis=0, dtype=np.float32), squares.mean(axis=1)
        before = self._single if self._single is None or self._single < len(samples) else None
        self._single = None
        if len(samples) > 1 and np.mean(mean * mean) < CANCELLED * power.mean() / len(samples):
            self._reading.cancelled_s += samples.shape[1] / rate_hz
            self._single = int(power.argmax())
            if before is not None and power[before] * CLEARLY_LOUDER >= power.max():
                self._single = before
        one = mean if self._single is None else samples[self._single].copy()
        if before != self._single:
            faded = min(round(FADE_S * rate_hz), samples.shape[1])
            share = np.linspace(0, 1, faded, dtype=np.float32)
            old = mean if before is None else samples[before]
            one[:faded] = share * one[:faded] + (1 - share) * old[:faded]
        return one, squares.mean(axis=0, dtype=np.float32)


@cache
def _full_range(layout: str, channels: int) -> list[int]:
    """The channels that are mixed: all but those for low-frequency effects, which BS.1770 leaves out too, and in which
    encoders keep nothing else."""
    try:
        names = [channel.name for channel in av.AudioLayout(layout).channels]
    except ValueError:  # a number of channels without names
        names = []
    kept = [number for number, name in enumerate(names) if not name.startswith("LFE")]
    return kept if kept and len(names) == channels else list(range(channels))


def _resampled(resampler: av.AudioResampler | None, frame: av.AudioFrame | None) -> Iterator[np.ndarray]:
    for made in resampler.resample(frame) if resampler else ():
        if made.samples:
            yield made.to_ndarray()[0]
