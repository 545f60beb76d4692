import numpy as np
import pytest

from moodreel.features.grid import grid_of, grid_times, interpolate, nearest_frames, rates
from moodreel.settings.windows import WindowsSettings


def test_grid_lasts_as_long_as_the_pictures_do():
    frames = 0.48 + np.arange(125) / 25
    np.testing.assert_allclose(grid_times(frames, 25.0, 0.2), frames)
    for rate_hz, count, rows in ((10, 20, 50), (30, 60, 50), (30000 / 1001, 60, 51), (25, 1, 1), (25, 0, 0)):
        assert len(grid_times(np.arange(count) / rate_hz, 25.0, 0.2)) == rows


def test_variable_frame_rate_is_read_by_true_times():
    times = np.cumsum(np.random.default_rng(1).choice([1 / 30, 1 / 15, 0.09], 80))
    grid = grid_times(times, 25.0, 0.2)
    inside = grid <= times[-1]
    np.testing.assert_allclose(interpolate(times, 3 * times + 1, grid, 0.2)[inside], 3 * grid[inside] + 1)


def test_short_gaps_are_bridged_and_long_ones_stay_empty():
    times = np.arange(26) / 25
    expected = times.copy()
    expected[14:19] = np.nan  # 0.24 s from frame 13 to frame 19
    values = expected.copy()
    values[5:9] = np.nan  # 0.2 s from frame 4 to frame 9
    np.testing.assert_allclose(interpolate(times, values, times, 0.2), expected)


def test_nothing_is_invented_before_the_first_or_after_the_last_seen_frame():
    times = np.arange(10) / 25
    values = np.where((times > 0.1) & (times < 0.3), 1.0, np.nan)
    np.testing.assert_array_equal(interpolate(times, values, times, 0.2), values)


def test_the_last_picture_stands_until_it_ends():
    times = np.arange(20) / 10
    found = interpolate(times, times, grid_times(times, 25.0, 0.2), 0.2)
    assert found[-1] == pytest.approx(1.9) and not np.isnan(found).any()


def test_angles_take_the_shorter_way_round():
    times, grid = np.array([0.0, 0.1]), np.array([0.0, 0.04, 0.05, 0.08])
    found = interpolate(times, np.array([170.0, -170.0]), grid, 0.2, "angle")
    np.testing.assert_allclose(found, [170, 178, -180, -174], atol=1e-6)


def test_zero_one_columns_take_the_nearer_frame():
    times, values = np.array([0.0, 0.1, 0.2]), np.array([0.0, 1.0, 0.0])
    found = interpolate(times, values, np.array([0.04, 0.06, 0.14, 0.16]), 0.2, "nearest")
    np.testing.assert_array_equal(found, [0, 1, 1, 0])


def test_the_nearest_frames_are_those_that_single_columns_take():
    random = np.random.default_rng(3)
    times = np.cumsum(random.choice([0.03, 0.05, 0.3], 200))
    visible = random.random(200) < 0.8
    grid = grid_times(times, 25.0, 0.2)
    frames = nearest_frames(times, visible, grid, 0.2)
    alone = interpolate(times, np.where(visible, np.arange(200), np.nan), grid, 0.2, "nearest")
    np.testing.assert_array_equal(frames, np.nan_to_num(alone, nan=-1).astype(int))
    assert set(nearest_frames(times, np.zeros(200, bool), grid, 0.2)) == {-1}


def test_a_whole_video_is_resampled_to_its_steps_and_bridges_gaps_of_a_step():
    settings = WindowsSettings(per="video", steps=20)
    grid, gap_s = grid_of(1.0 + np.arange(500) / 25, settings)  # 20 s
    np.testing.assert_allclose(grid, 1.0 + np.arange(20))
    assert gap_s == pytest.approx(1.0)
    grid, gap_s = grid_of(np.arange(26) / 25, settings)
    np.testing.assert_allclose(grid, np.arange(20) * 1.04 / 20)
    assert gap_s == settings.max_gap_s
    assert grid_of(np.arange(3.0), WindowsSettings())[1] == 0.2


def test_rates_are_central_differences_and_empty_next_to_gaps():
    grid = np.arange(8) / 25
    values = grid**2
    values[5] = np.nan
    found = rates(grid, values)
    np.testing.assert_allclose(found[1:4], 2 * grid[1:4])
    assert np.isnan(found[[0, 4, 5, 6, 7]]).all()
    np.testing.assert_allclose(rates(grid[:3], np.array([178.0, -180.0, -178.0]), "angle")[1], 50)
    assert np.isnan(rates(grid[:2], values[:2])).all()
    assert np.isnan(rates(np.zeros(4), np.arange(4.0))).all()
