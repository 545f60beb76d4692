"""Reading the sound of a media file, block by block, on the clock of its picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

MAX_GAP_S = 0.05
"""Longer gaps between a stream's packets become silence; shorter ones are rounding of the time stamps."""


@dataclass(frozen=True)
class Sound:
    """An opened soundtrack.

    `start_s`: the first sample's time since the file's first picture, negative where the sound begins earlier;
    `picture_start_s`, `sound_start_s`: presentation times as the file says them; `blocks`: float32 arrays of shape
    (samples,) in -1..1, mono, at `rate_hz`, without gaps, to be gone through once.
    """

    rate_hz: int
    start_s: float
    picture_start_s: float
    sound_start_s: float
    blocks: Iterator[np.ndarray]


@contextmanager
def opened(path: str | Path, rate_hz: int) -> Iterator[Sound | None]:
    """The soundtrack of a local file, or None where it has none that can be decoded.

    Only the protocol `file` is followed, so that a playlist inside the file reaches nothing else. Raises
    av.FFmpegError or OSError when the file cannot be opened at all.
    """
    with av.open(f"file:{Path(path).resolve()}", options={"protocol_whitelist": "file"}) as container:
        if not container.streams.audio:
            yield None
            return
        picture_start_s = _picture_start_s(container)
        stream = container.streams.audio[0]
        frames = _decoded(container, stream)
        first = next(frames, None)
        if first is None:
            yield None
            return
        sound_start_s = first.time if first.time is not None else 0.0
        if picture_start_s is None:
            picture_start_s = sound_start_s
        yield Sound(
            rate_hz,
            sound_start_s - picture_start_s,
            picture_start_s,
            sound_start_s,
            _mono(first, frames, rate_hz, _duration_s(container)),
        )


def _picture_start_s(container: av.container.InputContainer) -> float | None:
    """Presentation time of the first picture; None where there is no picture."""
    videos = [v for v in container.streams.video if not v.disposition & av.stream.Disposition.attached_pic]
    if not videos:
        return None
    if videos[0].start_time is not None:
        return float(videos[0].start_time * videos[0].time_base)
    first = next(_decoded(container, videos[0]), None)
    container.seek(0)
    return first.time if first is not None else None


def _duration_s(container: av.container.InputContainer) -> float:
    return container.duration / av.time_base if container.duration else 0.0


def _decoded(container: av.container.InputContainer, stream: av.stream.Stream) -> Iterator[av.AudioFrame]:
    """Frames of a stream; broken packets are passed over, a stream that breaks off ends."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue


def _mono(
    first: av.AudioFrame, others: Iterator[av.AudioFrame], rate_hz: int, duration_s: float
) -> Iterator[np.ndarray]:
    """The frames' samples, mixed and resampled, with silence where the stream has gaps."""
    last_s = (first.time or 0.0) + duration_s  # a time stamp beyond it is broken, not a gap
    expected_s = first.time or 0.0
    resampler, sound_format = None, None
    for frame in itertools.chain((first,), others):
        gap_s = frame.time - expected_s if frame.time is not None and frame.time <= last_s else 0.0
        is_gap = gap_s > MAX_GAP_S
        if is_gap or sound_format != (frame.format.name, frame.layout.name, frame.sample_rate):
            yield from _samples(resampler.resample(None) if resampler else [])
            resampler = av.AudioResampler("flt", "mono", rate_hz)
            sound_format = (frame.format.name, frame.layout.name, frame.sample_rate)
        if is_gap:
            yield from _silence(round(gap_s * rate_hz), rate_hz)
            expected_s = frame.time
        expected_s += frame.samples / frame.sample_rate
        frame.pts = None  # gaps are filled here: the resampler shall not move anything
        yield from _samples(resampler.resample(frame))
    yield from _samples(resampler.resample(None) if resampler else [])


def _samples(frames: list[av.AudioFrame]) -> Iterator[np.ndarray]:
    for frame in frames:
        if frame.samples:
            yield frame.to_ndarray()[0]


def _silence(samples: int, block: int) -> Iterator[np.ndarray]:
    for start in range(0, samples, block):
        yield np.zeros(min(block, samples - start), np.float32)
