"""The One-Euro filter (Casiez, Roussel & Vogel 2012): smooth for slow motion, little lag for fast motion."""

import math

import numpy as np


class OneEuro:
    """A low-pass filter whose cut-off rises with speed, for arrays of one shape.

    `min_cutoff_hz` is the cut-off at speed 0, `beta` its increase per unit of speed, `speed_cutoff_hz` the cut-off for
    the speed itself.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.0) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        """Forget all values: the next one is returned unchanged."""
        self._time_s: float | None = None
        self._raw: np.ndarray

    def apply(self, value: np.ndarray, time_s: float, unit: float) -> np.ndarray:
        """The filtered `value` at `time_s`, which is later than the last one; speeds are in `unit` per second."""
        if self._time_s is None:
            self._smooth, self._speed = value, np.zeros_like(value)
        else:
            step_s = time_s - self._time_s
            speed = (value - self._raw) / (unit * step_s)
            self._speed = _towards(self._speed, speed, self._speed_cutoff_hz, step_s)
            cutoff_hz = self._min_cutoff_hz + self._beta * np.abs(self._speed)
            self._smooth = _towards(self._smooth, value, cutoff_hz, step_s)
        self._time_s, self._raw = time_s, value
        return self._smooth


def _towards(old: np.ndarray, new: np.ndarray, cutoff_hz: np.ndarray | float, step_s: float) -> np.ndarray:
    pace = cutoff_hz * (2 * math.pi * step_s)
    return old + pace / (1 + pace) * (new - old)
