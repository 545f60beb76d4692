"""The One-Euro filter."""

import math

import numpy as np
import pytest

from moodreel.crops.one_euro import OneEuro


def test_the_first_value_passes_and_so_does_the_first_after_a_reset():
    filtered = OneEuro(0.01, 10)
    assert filtered.apply(np.array([3.0]), 0, 1).tolist() == [3]
    filtered.apply(np.array([9.0]), 0.1, 1)
    filtered.reset()
    assert filtered.apply(np.array([-5.0]), 0.2, 1).tolist() == [-5]


def test_the_second_value_is_that_of_the_papers_formulas():
    # Casiez, Roussel & Vogel 2012: alpha = 1 / (1 + tau / Te), tau = 1 / (2 pi cutoff), cutoff = min + beta |speed|
    step_s, unit = 0.04, 200.0

    def alpha(cutoff_hz):
        return 1 / (1 + 1 / (2 * math.pi * cutoff_hz) / step_s)

    speed = alpha(1.0) * (10 / unit / step_s)
    expected = alpha(0.01 + 10 * speed) * 10
    filtered = OneEuro(0.01, 10)
    filtered.apply(np.array([0.0]), 0, unit)
    assert filtered.apply(np.array([10.0]), step_s, unit)[0] == pytest.approx(expected)


def test_trembling_is_damped_and_motion_tracked():
    def tracked(values: np.ndarray) -> np.ndarray:
        filtered = OneEuro(0.01, 10)
        return np.array([filtered.apply(np.array([v]), i / 30, 500.0)[0] for i, v in enumerate(values)])

    still, moving = 100 + np.random.default_rng(0).normal(0, 1, 200), 20.0 * np.arange(60)
    assert tracked(still)[20:].std() < 0.3 * still[20:].std()
    assert np.abs(tracked(moving)[30:] - moving[30:]).max() < 20  # less than one picture behind
