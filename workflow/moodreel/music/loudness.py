"""Level and loudness of a sound, in steps of 20 ms.

Loudness follows Recommendation ITU-R BS.1770-4 (10/2015), as EBU R 128 uses it: K-weighting, blocks of 400 ms with an
overlap of 75 %, an absolute gate and a relative one. It is that of the mean of all channels, played by one
loudspeaker; BS.1770 adds the channels up, so that two equal ones would be 3 LU louder than one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

STEP_HZ = 50
BLOCK_STEPS, HOP_STEPS = 20, 5
"""Gating blocks of 400 ms, one each 100 ms (BS.1770-4, annex 1)."""

OFFSET_LU = -0.691
"""BS.1770-4, annex 1, equation 2: K-weighting raises a sine of 1 kHz by so much."""

ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU = -70.0, -10.0

FAINTEST_LUFS = -120.0
"""What K-weighting takes away entirely, such as a direct current, is so loud."""

SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
"""The analogue filters of which BS.1770-4's tables 1 and 2 are the bilinear transforms at 48 kHz: the constants of
libebur128 (ebur128.c, ebur128_init_filter), after B. De Man, "Evaluation of implementations of the EBU R128 loudness
measurement", AES Convention 145, 2018. They give the filter at other sampling rates."""

SHELF_VB = 0.4996667741545416
"""Exponent of the shelf's gain at its middle (De Man, libebur128)."""


STANDARD_HZ = 48_000
"""The sampling rate of BS.1770-4's tables."""

SHELF_RATE_HZ = 2.5 * SHELF_HZ
"""Sounds of lower sampling rates end below the shelf."""


@dataclass(frozen=True)
class Levels:
    """Mean squares of a sound's successive steps of 1 / `STEP_HZ` s, float64, shape (steps,) each.

    `power`: of the samples, mean over the channels; `weighted`: of the channels' mean, K-weighted.
    """

    power: np.ndarray
    weighted: np.ndarray

    def between(self, start_s: float, end_s: float) -> "Levels":
        """The steps that lie in this segment of the sound, times from its beginning."""
        part = slice(max(0, round(start_s * STEP_HZ)), max(0, round(end_s * STEP_HZ)))
        return Levels(self.power[part], self.weighted[part])

    def loudness_lufs(self) -> float | None:
        """Integrated loudness, gated; not gated where no block passes the absolute gate; None without steps."""
        if not len(self.weighted):
            return None
        blocks = self._blocks()
        gated = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
        if len(gated):
            gated = gated[_lufs(gated) > _lufs(gated.mean()) + RELATIVE_GATE_LU]
        return float(_lufs((gated if len(gated) else blocks).mean()))

    def _blocks(self) -> np.ndarray:
        if len(self.weighted) < BLOCK_STEPS:
            return self.weighted.mean(keepdims=True)
        sums = np.concatenate([[0.0], np.cumsum(self.weighted)])
        starts = np.arange(0, len(self.weighted) - BLOCK_STEPS + 1, HOP_STEPS)
        return np.maximum(sums[starts + BLOCK_STEPS] - sums[starts], 0) / BLOCK_STEPS


class Meter:
    """Measures the levels of a sound, segment by segment."""

    def __init__(self) -> None:
        self._base_s = 0.0
        self._rate_hz = self._samples = 0
        self._filters: np.ndarray = np.empty(0)
        self._state: np.ndarray = np.empty(0)
        self._steps: list[np.ndarray] = []  # of shape (3, steps): number of samples, and both sums of squares
        self._open: np.ndarray = np.zeros((3, 1))  # of the last step, which the next segment may continue
        self._first = 0  # its number

    def add(self, mix: np.ndarray, power: np.ndarray, rate_hz: int) -> None:
        """The next segment: the channels' mean and the mean of their squares, float32, shape (samples,) each, at
        `rate_hz`."""
        if not len(mix):
            return
        if rate_hz != self._rate_hz:
            self._base_s += self._samples / self._rate_hz if self._rate_hz else 0.0
            self._rate_hz, self._samples = rate_hz, 0
            self._filters = k_weighting(rate_hz)
            self._state = np.zeros((len(self._filters), 2))
        weighted, self._state = sosfilt(self._filters, mix.astype(float), zi=self._state)
        places = self._samples + np.arange(len(mix))
        step = np.floor((self._base_s + places / rate_hz) * STEP_HZ + 1e-6).astype(int) - self._first
        counts = np.bincount(step).astype(float)
        sums: np.ndarray = np.stack([counts, np.bincount(step, power), np.bincount(step, weighted**2)])
        sums[:, :1] += self._open
        self._steps.append(sums[:, :-1])
        self._open, self._first = sums[:, -1:], self._first + sums.shape[1] - 1
        self._samples += len(mix)

    def levels(self) -> Levels:
        """The levels of what has been added so far."""
        count, power, weighted = np.concatenate([*self._steps, self._open], axis=1)
        known = count > 0
        return Levels(power[known] / count[known], weighted[known] / count[known])


def levels(blocks: Iterator[np.ndarray] | list[np.ndarray], rate_hz: int) -> Levels:
    """The levels of a sound of one channel, given as successive blocks of samples."""
    meter = Meter()
    for block in blocks:
        meter.add(block, block**2, rate_hz)
    return meter.levels()


def k_weighting(rate_hz: float) -> np.ndarray:
    """The filter of K-weighting at a sampling rate, second-order sections, shape (2, 6); without the shelf, shape
    (1, 6), at rates that hold no sound so high."""
    k = np.tan(np.pi * SHELF_HZ / rate_hz)
    high = 10 ** (SHELF_DB / 20)
    middle = high**SHELF_VB
    norm = 1 + k / SHELF_Q + k * k
    shelf = [
        (high + middle * k / SHELF_Q + k * k) / norm,
        2 * (k * k - high) / norm,
        (high - middle * k / SHELF_Q + k * k) / norm,
        1.0,
        2 * (k * k - 1) / norm,
        (1 - k / SHELF_Q + k * k) / norm,
    ]
    k, norm = _high_pass(rate_hz)
    gain = _high_pass(STANDARD_HZ)[1] / norm  # table 2 has 1, -2, 1, not divided by the norm
    high_pass = [gain, -2 * gain, gain, 1.0, 2 * (k * k - 1) / norm, (1 - k / HIGH_PASS_Q + k * k) / norm]
    return np.array([shelf, high_pass] if rate_hz > SHELF_RATE_HZ else [high_pass])


def _high_pass(rate_hz: float) -> tuple[float, float]:
    """The prewarped frequency of the high-pass filter at a sampling rate, and the norm of its coefficients."""
    k = float(np.tan(np.pi * HIGH_PASS_HZ / rate_hz))
    return k, 1 + k / HIGH_PASS_Q + k * k


def _lufs(power: np.ndarray) -> np.ndarray:
    return OFFSET_LU + 10 * np.log10(np.maximum(power, 10 ** ((FAINTEST_LUFS - OFFSET_LU) / 10)))
