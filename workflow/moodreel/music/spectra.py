"""Short-time analysis of a sound: measures of each few milliseconds; no samples are kept.

An hour of sound makes about 25 MB of frames, so that files of many hours go through in bounded memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

RATE_HZ = 22050
HOP = 256
WINDOW = 1024
TONE_HOP = 2048
TONE_WINDOW = 8192
"""Samples: short frames follow the notes' onsets, long ones tell neighbouring semitones apart down to 60 Hz."""

FRAME_HZ = RATE_HZ / HOP
TONE_FRAME_HZ = RATE_HZ / TONE_HOP
BLOCK_HOPS = 8 * 128

BANDS = 32
LOWEST_BAND_HZ = 40.0
FLUX_FRAMES = 3
"""Onset strength compares the bands' levels over this many frames (35 ms), so that soft attacks count too."""

LEVEL_FLOOR_DB = -80.0
LOWEST_TONE_HZ, HIGHEST_TONE_HZ = 55.0, 2100.0
"""Partials outside are not used for key and register: lower ones cannot be resolved, higher ones are overtones."""


@dataclass(frozen=True)
class Frames:
    """A sound's short frames (`FRAME_HZ` of them a second) and long ones (`TONE_FRAME_HZ`), float32.

    `power` (n,): mean square of the samples; `centroid_hz` (n,): spectral centroid, of magnitudes; `flatness`
    (n,): spectral flatness, of powers; `onset_db` (n,): mean rise over the bands' levels; `chroma` (m, 12):
    magnitude of the partials in each pitch class, 0 = C; `height_midi` (m,): mean MIDI number of the
    partials, by magnitude, NaN where there are none.
    """

    power: np.ndarray
    centroid_hz: np.ndarray
    flatness: np.ndarray
    onset_db: np.ndarray
    chroma: np.ndarray
    height_midi: np.ndarray

    @property
    def duration_s(self) -> float:
        return len(self.power) / FRAME_HZ

    def between(self, start_s: float, end_s: float) -> Self:
        """The frames that lie in this segment of the sound, times from its beginning."""
        short = slice(max(0, round(start_s * FRAME_HZ)), max(0, round(end_s * FRAME_HZ)))
        long = slice(max(0, round(start_s * TONE_FRAME_HZ)), max(0, round(end_s * TONE_FRAME_HZ)))
        return type(self)(
            self.power[short],
            self.centroid_hz[short],
            self.flatness[short],
            self.onset_db[short],
            self.chroma[long],
            self.height_midi[long],
        )


def analyse(blocks: Iterable[np.ndarray]) -> Frames:
    """The frames of a sound given as successive blocks of samples at `RATE_HZ`, of any lengths.

    A frame's window is centred on its hop; before the beginning and after the end there is silence.
    """
    short, long = [], []
    previous_db = np.full((FLUX_FRAMES, BANDS), LEVEL_FLOOR_DB, np.float32)
    for block in _segments(blocks):
        measures, previous_db = _short_frames(block, previous_db)
        short.append(measures)
        long.append(_tone_frames(block))
    if not short:
        return Frames(*(np.zeros((0, 12) if f.name == "chroma" else 0, np.float32) for f in fields(Frames)))
    return Frames(*map(np.concatenate, zip(*short, strict=True)), *map(np.concatenate, zip(*long, strict=True)))


def _segments(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Segments of `BLOCK_HOPS` hops with half a long window of their neighbours on both sides; the last is shorter."""
    margin = TONE_WINDOW // 2
    size = BLOCK_HOPS * HOP
    waiting = [np.zeros(margin, np.float32)]
    buffered = margin
    for block in blocks:
        waiting.append(block)
        buffered += len(block)
        while buffered >= size + 2 * margin:
            joined = np.concatenate(waiting)
            yield joined[: size + 2 * margin]
            waiting = [joined[size:]]
            buffered = len(waiting[0])
    hops = -(-(buffered - margin) // HOP)  # the last may be less than a hop
    if hops > 0:
        yield np.concatenate([*waiting, np.zeros(hops * HOP + 2 * margin - buffered, np.float32)])


def _short_frames(block: np.ndarray, previous_db: np.ndarray) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    margin = TONE_WINDOW // 2
    hops = (len(block) - 2 * margin) // HOP
    power = np.mean(block[margin : margin + hops * HOP].reshape(hops, HOP) ** 2, axis=1)
    begin = margin + HOP // 2 - WINDOW // 2
    windows = np.lib.stride_tricks.sliding_window_view(block[begin:], WINDOW)[: hops * HOP : HOP]
    magnitude = np.abs(np.fft.rfft(windows * _HANN, axis=1)).astype(np.float32)
    total = magnitude.sum(axis=1) + 1e-12
    centroid_hz = magnitude @ _BIN_HZ / total
    energy = magnitude[:, 1:] ** 2 + 1e-10
    flatness = np.exp(np.log(energy).mean(axis=1)) / energy.mean(axis=1)
    band_db = 10 * np.log10(magnitude**2 @ _BAND_WEIGHTS + 10 ** (LEVEL_FLOOR_DB / 10))
    with_past = np.concatenate([previous_db, band_db])
    onset_db = np.maximum(band_db - with_past[: len(band_db)], 0).mean(axis=1)
    return (power, centroid_hz, flatness, onset_db), with_past[len(band_db) :]


def _tone_frames(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chroma and height, from the spectrum's peaks, their frequencies interpolated by a parabola (after E.
    Gómez, "Tonal description of music audio signals", thesis, 2006)."""
    frames = -(-(len(block) - TONE_WINDOW) // TONE_HOP)
    begin = TONE_HOP // 2
    padded = np.concatenate([block, np.zeros(TONE_HOP, np.float32)])[begin:]
    windows = np.lib.stride_tricks.sliding_window_view(padded, TONE_WINDOW)[: frames * TONE_HOP : TONE_HOP]
    magnitude = np.abs(np.fft.rfft(windows * _TONE_HANN, axis=1)).astype(np.float32)
    left, middle, right = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    peak = (middle > left) & (middle >= right) & _TONAL[None, 1:-1]
    peak &= middle > np.maximum(0.03 * (middle * _TONAL[1:-1]).max(axis=1, keepdims=True), _FAINTEST)
    frame, index = np.nonzero(peak)
    a, b, c = (np.log(part[frame, index] + 1e-12) for part in (left, middle, right))
    bin_number = index + 1 + 0.5 * (a - c) / (a - 2 * b + c)
    midi = 69 + 12 * np.log2(bin_number * RATE_HZ / TONE_WINDOW / 440)
    weight = middle[frame, index]
    chroma = np.zeros((len(windows), 12), np.float32)
    np.add.at(chroma, (frame, np.round(midi).astype(int) % 12), weight)
    weights = np.bincount(frame, weight, len(windows))
    heights = np.bincount(frame, weight * midi, len(windows))
    height_midi = np.divide(heights, weights, out=np.full(len(windows), np.nan), where=weights > 0)
    return chroma, height_midi.astype(np.float32)


def _band_weights() -> np.ndarray:
    """(bins, BANDS) triangles, evenly spaced on a logarithmic axis, each of sum 1: the mean power of a
    full-scale sine's band is near 1."""
    edges_hz = np.geomspace(LOWEST_BAND_HZ, RATE_HZ / 2, BANDS + 2)
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (_BIN_HZ[:, None] - low) / (centre - low)
    falling = (high - _BIN_HZ[:, None]) / (high - centre)
    weights = np.clip(np.minimum(rising, falling), 0, None)
    nearest = np.abs(_BIN_HZ[:, None] - centre).argmin(axis=0)
    weights[nearest, np.arange(BANDS)] += weights.sum(axis=0) == 0  # low bands are narrower than a bin
    return (weights / weights.sum(axis=0) * (2 / WINDOW / 0.5) ** 2).astype(np.float32)


_HANN = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_TONE_HANN = np.hanning(TONE_WINDOW + 1)[:-1].astype(np.float32)
_BIN_HZ = np.fft.rfftfreq(WINDOW, 1 / RATE_HZ).astype(np.float32)
_BAND_WEIGHTS = _band_weights()
_TONE_BIN_HZ = np.fft.rfftfreq(TONE_WINDOW, 1 / RATE_HZ)
_TONAL = (_TONE_BIN_HZ >= LOWEST_TONE_HZ) & (_TONE_BIN_HZ <= HIGHEST_TONE_HZ)
_FAINTEST = 10 ** (LEVEL_FLOOR_DB / 20) * TONE_WINDOW / 4
