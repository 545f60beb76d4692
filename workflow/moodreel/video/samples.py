"""The samples of a sound stream, each piece at its true time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np

from moodreel.video.container import decode

RATES_HZ = (1000, 3_072_000)
"""Plausible sampling rates: under half of the lowest that was ever sold as sound, and twice the decoder's for DSD512.
A frame with any other counts as damaged; to resample it could take gigabytes."""

LOUDEST = 2.0
"""Floating-point samples are clipped 6 dB over full scale: lossy codecs overshoot by less, damaged packets by any
amount."""

MAX_GAP_S = 0.05
"""Up to here, a difference between a frame's time stamp and the end of the frame before it is rounding."""

MAX_TAIL_GAP_S = 60.0
"""A longer gap is believed only where it ends before the picture does."""

SLACK_S = 1.0
"""By so much, announced ends may be too early."""

WITHOUT_STAMPS = {"aac", "flac", "mp3", "wav"}
"""FFmpeg's demuxers of files without times: it counts them at the first frame's sampling rate, which may change."""

_DTYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


def samples_of(frame: av.AudioFrame) -> np.ndarray:
    """The samples of a decoded frame, float32, shape (channels, samples), full scale -1..1; not-a-number and infinite
    samples are 0.

    Raises ValueError where the frame is empty, its format unknown or its sampling rate implausible.
    """
    channels, count = frame.layout.nb_channels, frame.samples
    kind = frame.format.name.removesuffix("p") if frame.format.is_planar else frame.format.name
    low, high = RATES_HZ
    if channels < 1 or count < 1 or kind not in _DTYPES or not low <= frame.sample_rate <= high:
        raise ValueError(f"{channels} channels, {count} samples, format {kind}, {frame.sample_rate} Hz")
    dtype: np.dtype[Any] = np.dtype(_DTYPES[kind])
    if frame.format.is_planar:
        # PyAV 18 lists planes that do not exist behind eight or more: `frame.to_ndarray` reads them, and crashes
        if len(frame.planes) < channels:
            raise ValueError(f"{len(frame.planes)} planes of {channels}")
        stored = np.stack([np.frombuffer(memoryview(plane), dtype, count) for plane in frame.planes[:channels]])
    else:
        stored = np.frombuffer(memoryview(frame.planes[0]), dtype, count * channels).reshape(count, channels).T
    if kind == "u8":
        return (stored.astype(np.float32) - 128) / 128
    if stored.dtype.kind == "i":
        return (stored / 2.0 ** (8 * dtype.itemsize - 1)).astype(np.float32)
    with np.errstate(over="ignore"):
        samples = stored.astype(np.float32)
    return np.clip(np.where(np.isfinite(samples), samples, 0), -LOUDEST, LOUDEST)


@dataclass(frozen=True)
class Piece:
    """Successive samples of a sound stream.

    `time_s`: of the first, on the file's own clock; `samples`: float32, shape (channels, samples), in -1..1;
    `rate_hz`: their rate; `layout`: FFmpeg's name of the channels, such as `5.1` or `9 channels`.
    """

    time_s: float
    samples: np.ndarray
    rate_hz: int
    layout: str

    @property
    def end_s(self) -> float:
        return self.time_s + self.samples.shape[1] / self.rate_hz


class Pieces(Iterator[Piece]):
    """The pieces of a sound stream in order; none overlaps the one before it.

    Time stamps are believed as long as they advance, and no further than the file and its picture last. A frame with
    any other stamp, or none, follows the one before it, and the next frames keep their distance to it until their own
    times fit again. Frames that cannot be decoded leave a gap.
    """

    corrupt: int
    """Packets and frames so far that could not be used."""
    mended: int
    """Frames so far whose time stamp is not believed."""
    missing: int
    """Frames so far without a time stamp."""

    def __init__(
        self,
        stream: av.AudioStream,
        path: str | Path,
        *,
        picture_end_s: float | None = None,
        announced_end_s: float | None = None,
    ) -> None:
        """picture_end_s, announced_end_s: the announced ends of the picture and of the whole file on its own clock;
        None where unknown."""
        self.corrupt = self.mended = self.missing = 0
        self._without_stamps = stream.container.format.name in WITHOUT_STAMPS
        self._picture_end_s = -math.inf if picture_end_s is None else picture_end_s + SLACK_S
        self._announced_end_s = math.inf if announced_end_s is None else announced_end_s + SLACK_S
        self._pieces = self._place(decode(stream, path, self._count_corrupt))

    def __next__(self) -> Piece:
        return next(self._pieces)

    def _count_corrupt(self) -> None:
        self.corrupt += 1

    def _usable(self, frames: Iterator[av.AudioFrame]) -> Iterator[tuple[float | None, Piece]]:
        """The frames that can be used, each with its own time."""
        for frame in frames:
            try:
                samples = samples_of(frame)
            except ValueError:
                self.corrupt += 1
                continue
            own_s = frame.time
            yield own_s, Piece(own_s or 0.0, samples, frame.sample_rate, frame.layout.name)

    def _place(self, frames: Iterator[av.AudioFrame]) -> Iterator[Piece]:
        due_s: float | None = None
        end: tuple[float | None, Piece] = (None, Piece(0.0, np.empty((0, 0), np.float32), 1, ""))
        last_own_s, last_length_s, shift_s = -math.inf, 0.0, 0.0
        for (own_s, piece), (next_s, _) in pairwise(chain(self._usable(frames), (end,))):
            length_s = piece.end_s - piece.time_s
            if self._without_stamps and due_s is not None:
                own_s = due_s
            self.missing += own_s is None
            jumps = own_s is not None and (due_s is None or own_s - due_s > MAX_GAP_S)
            if jumps and own_s is not None and next_s is not None and next_s < own_s:
                own_s = None  # one stamp that the next one contradicts
                self.mended += 1
            if due_s is None:
                due_s = own_s if own_s is not None else 0.0 if next_s is None else next_s - length_s
            time_s = due_s
            if own_s is not None and own_s - last_own_s > last_length_s / 2:
                time_s = next((s for s in (own_s, own_s + shift_s) if self._is_believed(s, due_s)), due_s)
            elif own_s is not None and abs(own_s - due_s) <= MAX_GAP_S:
                time_s = own_s
            if own_s is not None:
                self.mended += time_s != own_s
                shift_s, last_own_s, last_length_s = time_s - own_s, own_s, length_s
            if abs(time_s - due_s) <= MAX_GAP_S:
                time_s = due_s
            overlap = max(0, round((due_s - time_s) * piece.rate_hz))
            kept = Piece(max(time_s, due_s), piece.samples[:, overlap:], piece.rate_hz, piece.layout)
            if kept.samples.shape[1]:
                due_s = kept.end_s
                yield kept

    def _is_believed(self, time_s: float, due_s: float) -> bool:
        gap_s = time_s - due_s
        if gap_s <= MAX_GAP_S:
            return gap_s >= -SLACK_S
        if time_s > self._announced_end_s:
            return False
        return gap_s <= MAX_TAIL_GAP_S or time_s <= self._picture_end_s
