import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import savgol_coeffs

from moodreel.features.gaps import MAX_GAP_S, bridged_gap_s
from moodreel.features.smoothing import face_smoother, runs, smooth

RATE_HZ = 25
TIMES = np.arange(100) / RATE_HZ
ONE_RUN = np.zeros(100, int)


def test_a_parabola_passes_at_uneven_times_up_to_both_ends():
    times = np.cumsum(np.random.default_rng(3).choice([1 / 30, 1 / 15, 0.05], 100))
    values = 2 + 3 * times - 0.7 * (times - 2) ** 2
    inner = slice(1, -1)  # the range of its neighbours bounds a top between two frames
    np.testing.assert_allclose(smooth(times, values, ONE_RUN, 0.2)[inner], values[inner], atol=0.01)
    rising = 2 + 3 * times + times**2
    np.testing.assert_allclose(smooth(times, rising, ONE_RUN, 0.2), rising, atol=1e-6)


def test_noise_falls_as_the_weights_of_savitzky_and_golay_tell():
    noise = np.random.default_rng(0).normal(size=4000)
    times = np.arange(4000) / RATE_HZ
    u = np.arange(-4, 5) / 5
    weights = (1 - np.abs(u) ** 3) ** 3
    basis = np.vander(u, 3)
    kernel = np.linalg.solve(basis.T @ (weights[:, None] * basis), basis.T * weights)[-1]
    smoothed = smooth(times, noise, np.zeros(4000, int), 0.2)
    bounds = minimum_filter1d(noise, 9)[4:-4], maximum_filter1d(noise, 9)[4:-4]
    expected = np.clip(np.convolve(noise, kernel[::-1], "valid"), *bounds)
    np.testing.assert_allclose(smoothed[4:-4], expected, atol=1e-6)
    assert smoothed.std() < np.sqrt((savgol_coeffs(5, 2) ** 2).sum())


def test_nothing_comes_later():
    values = np.exp(-(((TIMES - 2) / 0.3) ** 2))
    smoothed = smooth(TIMES, values, ONE_RUN, 0.2)
    assert smoothed.argmax() == values.argmax()
    np.testing.assert_allclose(smoothed[1:100], smoothed[1:100][::-1], atol=1e-8)


def test_no_value_leaves_the_range_of_its_neighbours():
    smoothed = smooth(TIMES, (TIMES > 2).astype(float), ONE_RUN, 0.2)
    assert smoothed.min() >= 0 and smoothed.max() <= 1


@pytest.mark.parametrize("reach_s", [0.0, 0.04])
def test_a_reach_of_less_than_a_frame_changes_nothing(reach_s):
    values = np.random.default_rng(0).normal(size=100)
    np.testing.assert_allclose(smooth(TIMES, values, ONE_RUN, reach_s), values, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_frames_are_no_trouble(count):
    values = np.array([1.0, 4.0, 1.0])[:count]
    np.testing.assert_allclose(smooth(TIMES[:count], values, ONE_RUN[:count], 0.2), values, atol=1e-5)
    times = np.array([0, 0.04, 0.04, 0.08, 0.08, 0.08])
    assert np.isfinite(smooth(times, np.arange(6.0), ONE_RUN[:6], 0.2)).all(), "nor are frames at one time"


def test_a_step_between_runs_stays_a_step():
    values = np.where(TIMES < 2, 0.0, 5.0)
    run = runs(TIMES, 0.2, np.array([2.0]))
    np.testing.assert_array_equal(smooth(TIMES, values, run, 0.5), values)
    assert not np.array_equal(smooth(TIMES, values, ONE_RUN, 0.5), values)


def test_a_run_begins_where_the_grid_does_not_bridge_a_gap_and_with_the_frame_of_a_cut():
    assert runs(np.array([0, 0.04, 0.24, 0.45]), 0.2, np.empty(0)).tolist() == [0, 0, 0, 1]
    assert runs(np.arange(4) / 25, 0.2, np.array([2 / 25])).tolist() == [0, 0, 1, 1]


def test_smoothing_mixes_nothing_across_gaps_and_jumps():
    times = np.array([0, 0.04, 0.08, 0.12, 0.16, 0.6, 0.64, 0.68, 0.72, 0.76, 0.8, 0.84, 0.88])
    place = np.tile([300.0, 200, 100], (13, 1))
    place[9:, 0] += 200
    steps = np.repeat([0.0, 1.0, 5.0], [5, 4, 4])[:, None]
    assert face_smoother(times, place, 0.25)(steps) == pytest.approx(steps)
    noisy = steps + np.tile([0.1, -0.1], 7)[:13, None]
    assert np.abs(face_smoother(times, place, 0.25)(noisy) - steps).mean() < 0.09


def test_a_face_is_smoothed_at_low_frame_rates_too():
    times, place = np.arange(40) / 4, np.tile([300.0, 200, 100], (40, 1))
    noise = np.random.default_rng(5).normal(size=(40, 1))
    gap_s = bridged_gap_s(times, MAX_GAP_S)
    assert gap_s == pytest.approx(0.5) and bridged_gap_s(np.arange(40) / 25, MAX_GAP_S) == MAX_GAP_S
    assert face_smoother(times, place, 1.0, gap_s)(noise).std() < 0.8 * noise.std()
