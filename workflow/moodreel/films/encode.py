"""A film as a file: H.264 at the frames' own times, with the video's sound, in MP4."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from moodreel.films import sound
from moodreel.films.word import Word

PRESET, CRF, KEY_FRAMES = "veryfast", "23", 120
"""Options of x264: fast, its default quality, and a key frame every few seconds."""

AVX_512F = 13
"""The number of AVX-512F for `cv2.checkHardwareSupport` (OpenCV, core/cvdef.h)."""

CONTAINER = {"movflags": "faststart", "movie_timescale": "90000"}
"""FFmpeg's options for MP4: the index first, so that browsers start to play at once; and a finer clock than the default
of milliseconds for sound that starts later than the picture."""

LEAST_TICKS = 10_000
"""Least ticks a second of a clock: the clock of files with one tick a frame is subdivided."""

MOST_TICKS = 10_000_000

TAIL_S = 10.0
"""A film's sound ends at the latest so long after its last picture."""

RATES_HZ = (1.0, 1000.0)
"""Limits of a plausible announced rate; it only guides the encoder, times are the frames' own."""


@dataclass(frozen=True)
class Soundtrack:
    """The source of a film's sound: the part of `source` from `zero_s` on, on its own clock, for `length_s`; None: to
    its end."""

    source: Path
    zero_s: float
    length_s: float | None = None


def ticks(time_base: Fraction | None) -> Fraction:
    """The tick in s of the film's clock for a source's clock: a source's tick is a whole number of the film's."""
    per_s = time_base.denominator if time_base else 90_000
    if per_s > MOST_TICKS:
        per_s = 90_000
    while per_s < LEAST_TICKS:
        per_s *= 2
    return Fraction(1, per_s)


def write(
    path: Path,
    pictures: Iterable[tuple[float, np.ndarray]],
    *,
    size: tuple[int, int],
    clock: Fraction,
    rate_hz: float | None,
    word: Word,
    soundtrack: Soundtrack | None = None,
) -> int:
    """Write the film, and return its number of frames.

    pictures: times in s, rising, the first of which is the film's start, and pictures, RGB uint8 of `size` (width,
        height), even.
    clock: its tick in s; times are rounded to it.
    rate_hz: approximate frames a second; None: not known.

    The same input gives the same file, byte for byte, with the same libraries. The file is not written atomically:
    give a temporary path (`atomic.replacement`).
    """
    with av.open(f"file:{path.absolute()}", "w", format="mp4", options=CONTAINER) as film:
        film.flags |= av.container.Flags.bitexact.value  # type: ignore[operator]  # its type is int
        film.metadata.update(title=f"{word.video} ({word.run})", comment=word.comment)
        stream = _picture_stream(film, size, clock, rate_hz)
        sounds: AbstractContextManager[Iterator[tuple[float, av.Packet]]] = (
            sound.packets(soundtrack.source, film, zero_s=soundtrack.zero_s, length_s=soundtrack.length_s)
            if soundtrack
            else nullcontext(iter(()))
        )
        with sounds as waiting:
            return _mux(film, stream, pictures, waiting, clock)


def _picture_stream(
    film: av.container.OutputContainer, size: tuple[int, int], clock: Fraction, rate_hz: float | None
) -> av.VideoStream:
    rate = Fraction(min(max(rate_hz or 25.0, RATES_HZ[0]), RATES_HZ[1])).limit_denominator(1001)
    stream = film.add_stream("libx264", rate=rate, options=_x264())
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = clock
    context = stream.codec_context
    context.gop_size, context.thread_count = KEY_FRAMES, 1
    context.flags |= av.codec.context.Flags.bitexact.value
    # as cv2 converts RGB: BT.601, 16 to 235
    context.colorspace, context.color_range = (
        av.video.reformatter.Colorspace.SMPTE170M,
        av.video.reformatter.ColorRange.MPEG,
    )
    return stream


def _x264() -> dict[str, str]:
    """x264's options. Its code for AVX-512 is not deterministic: of 75 encodings of the same film, 1 to 9 differed, at
    each of five sizes; without it none of 240 did, in the same time."""
    options = {"preset": PRESET, "crf": CRF}
    return {**options, "x264-params": "asm=avx2"} if cv2.checkHardwareSupport(AVX_512F) else options


def _mux(
    film: av.container.OutputContainer,
    stream: av.VideoStream,
    pictures: Iterable[tuple[float, np.ndarray]],
    sounds: Iterator[tuple[float, av.Packet]],
    clock: Fraction,
) -> int:
    count, first, last, pending = 0, None, -1, next(sounds, None)
    for time_s, picture in pictures:
        tick = round(time_s / clock)
        first = tick if first is None else first
        last = max(last + 1, tick - first)
        planes: np.ndarray = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = last, clock
        frame.colorspace, frame.color_range = stream.codec_context.colorspace, stream.codec_context.color_range
        film.mux(stream.encode(frame))
        count += 1
        while pending is not None and pending[0] <= last * clock:
            film.mux(pending[1])
            pending = next(sounds, None)
    film.mux(stream.encode())
    while pending is not None and pending[0] <= last * clock + TAIL_S:
        film.mux(pending[1])
        pending = next(sounds, None)
    return count
