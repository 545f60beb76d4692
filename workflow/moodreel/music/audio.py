"""Reading the sound of a media file, block by block, on the clock of its picture."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from moodreel.music.clock import announced_duration_s, clock
from moodreel.video.container import decode, open_media

MAX_GAP_S = 0.05
"""Longer gaps between a stream's frames become silence; shorter ones are the rounding of time stamps."""


@dataclass(frozen=True)
class Sound:
    """An opened soundtrack.

    `start_s`: time of the first sample since the file's first picture, negative where the sound begins earlier;
    `picture_start_s`, `sound_start_s`: presentation times stated in the file, the first None without pictures;
    `blocks`: float32 arrays of shape (samples,) in -1..1, mono, at `rate_hz`, to be iterated once.
    """

    rate_hz: int
    picture_start_s: float | None
    sound_start_s: float
    blocks: Iterator[np.ndarray]

    @property
    def start_s(self) -> float:
        return 0.0 if self.picture_start_s is None else self.sound_start_s - self.picture_start_s


@contextmanager
def open_sound(path: str | Path, rate_hz: int) -> Iterator[Sound | None]:
    """The first soundtrack of a local file, or None where it has none that can be decoded.

    Raises what `video.container.open_media` raises.
    """
    picture_start_s = clock(path).picture_start_s
    with open_media(path) as container:
        streams = [s for s in container.streams.audio if s.codec_context is not None]
        frames: Iterator[av.AudioFrame] = decode(streams[0], path) if streams else iter(())
        first = next(frames, None)
        if first is None:
            yield None
            return
        blocks = _mono(itertools.chain((first,), frames), rate_hz, announced_duration_s(container))
        yield Sound(rate_hz, picture_start_s, first.time or 0.0, blocks)


def _mono(frames: Iterator[av.AudioFrame], rate_hz: int, duration_s: float) -> Iterator[np.ndarray]:
    """The frames' samples, mixed and resampled, with silence where the stream has gaps."""
    expected_s: float | None = None
    last_s, resampler, sound_format = 0.0, None, None
    for frame in frames:
        if expected_s is None:
            expected_s = frame.time or 0.0
            last_s = expected_s + duration_s  # a time stamp beyond it is broken, not a gap
        time_s = frame.time if frame.time is not None and frame.time <= last_s else expected_s
        gap_s = time_s - expected_s
        own_format = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or gap_s > MAX_GAP_S or own_format != sound_format:
            yield from _samples(resampler.resample(None) if resampler else [])
            resampler, sound_format = av.AudioResampler("flt", "mono", rate_hz), own_format
        if gap_s > MAX_GAP_S:
            yield from _silence(round(gap_s * rate_hz), rate_hz)
            expected_s = time_s
        expected_s += frame.samples / frame.sample_rate
        frame.pts = None  # gaps are filled here: the resampler must not move anything
        yield from _samples(resampler.resample(frame))
    yield from _samples(resampler.resample(None) if resampler else [])


def _samples(frames: list[av.AudioFrame]) -> Iterator[np.ndarray]:
    for frame in frames:
        if frame.samples:
            yield frame.to_ndarray()[0]


def _silence(samples: int, block: int) -> Iterator[np.ndarray]:
    for start in range(0, samples, block):
        yield np.zeros(min(block, samples - start), np.float32)
