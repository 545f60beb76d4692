import numpy as np
import polars as pl
import pytest

from moodreel.features.gaps import bridged_gap_s
from moodreel.features.grid import grid_of, interpolate, nearest_frames, rates
from moodreel.features.per_video import valid_rows
from moodreel.features.windows import index
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from unit.steps.calls import table_of


def grid_times(frame_times: np.ndarray, **settings) -> np.ndarray:
    return grid_of(frame_times, WindowsSettings(**settings))[0]


def test_grid_lasts_as_long_as_the_pictures_do():
    frames = 0.48 + np.arange(125) / 25
    np.testing.assert_allclose(grid_times(frames), frames)
    for rate_hz, count, rows in ((10, 20, 50), (30, 60, 50), (30000 / 1001, 60, 51), (25, 1, 1), (25, 0, 0)):
        assert len(grid_times(np.arange(count) / rate_hz)) == rows


def test_variable_frame_rate_is_read_by_true_times():
    times = np.cumsum(np.random.default_rng(1).choice([1 / 30, 1 / 15, 0.09], 80))
    grid = grid_times(times)
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
    found = interpolate(times, times, grid_times(times), 0.2)
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
    grid = grid_times(times)
    frames = nearest_frames(times, visible, grid, 0.2)
    alone = interpolate(times, np.where(visible, np.arange(200), np.nan), grid, 0.2, "nearest")
    np.testing.assert_array_equal(frames, np.nan_to_num(alone, nan=-1).astype(int))
    assert set(nearest_frames(times, np.zeros(200, bool), grid, 0.2)) == {-1}


def test_a_whole_video_is_resampled_to_its_steps():
    settings = WindowsSettings(per="video", steps=20)
    grid, step_s = grid_of(1.0 + np.arange(500) / 25, settings)  # 20 s
    np.testing.assert_allclose(grid, 1.0 + np.arange(20))
    assert step_s == pytest.approx(1.0)
    np.testing.assert_allclose(grid_of(np.arange(26) / 25, settings)[0], np.arange(20) * 1.04 / 20)
    assert [len(grid_of(np.arange(frames) / 25, settings)[0]) for frames in (0, 1)] == [0, 20]


def former_rows(times: np.ndarray, rate_hz: float) -> np.ndarray:
    """Grid times without a row left out: to the end of the last frame, which lasts as long as the median one."""
    length = times[-1] + np.median(np.diff(times)) - times[0]
    return times[0] + np.arange(int(np.floor((length - 1e-6) * rate_hz)) + 1) / rate_hz


RANDOM = np.random.default_rng(7)
ORDINARY = {
    "even": np.arange(400) / 25,
    "NTSC, begins late": 0.48 + np.arange(400) * 1001 / 30000,
    "from a webcam": np.cumsum(RANDOM.choice([1 / 30, 1 / 15, 0.11], 400)),
    "milliseconds": np.round(np.arange(400) / 29.97, 3),
    "5 Hz": np.arange(60) / 5,
    "a pause of 3.8 s": np.concatenate([np.arange(100) / 25, 7.76 + np.arange(100) / 25]),
}


@pytest.mark.parametrize("times", ORDINARY.values(), ids=ORDINARY.keys())
@pytest.mark.parametrize(
    "settings", [{}, {"stride_s": 0.4}, {"stride_s": 5.0}, {"rate_hz": 30, "stride_s": 1.5}], ids=str
)
def test_ordinary_videos_keep_every_row_and_window(times, settings):
    windows = WindowsSettings(**settings)
    grid, expected = grid_times(times, **settings), former_rows(times, windows.rate_hz)
    np.testing.assert_array_equal(grid, expected)
    length, stride = round(windows.length_s * windows.rate_hz), round(windows.stride_s * windows.rate_hz)
    valid = np.arange(len(grid)) % 7 > 0
    found, starts = index(grid, valid, 1000, windows), np.arange(0, len(expected), stride)
    assert found["window"].to_list() == list(range(len(starts)))
    assert found["first_row"].to_list() == (1000 + starts).tolist()
    assert found["start_s"].to_list() == expected[starts].tolist()
    assert found["rows"].to_list() == np.minimum(length, len(expected) - starts).tolist()
    assert found["valid_share"].to_list() == [valid[a : a + length].mean() for a in starts]


HOLES = {
    "1,000 frames, 3,000 s apart": 3000.0 * np.arange(1000),
    "two frames every hour": (3600.0 * np.arange(300)[:, None] + [0, 0.04]).ravel(),
    "a day between two scenes": np.concatenate([np.arange(100) / 25, 86_400.013 + np.arange(100) / 25]),
}


@pytest.mark.parametrize("times", HOLES.values(), ids=HOLES.keys())
@pytest.mark.parametrize("settings", [{}, {"stride_s": 0.4}, {"stride_s": 5.0}, {"length_s": 0.04}], ids=str)
def test_the_grid_has_rows_only_where_frames_are(times, settings):
    windows = WindowsSettings(**settings)
    grid = grid_times(times, **settings)
    assert len(grid) <= len(times) * (25 * max(0.2, windows.length_s) + 2 * 25 * windows.length_s + 2)
    assert (np.diff(grid) > 0).all() and grid[0] == times[0] and grid[-1] >= times[-1] - 0.04
    rows = (grid - grid[0]) * 25
    np.testing.assert_allclose(rows, np.round(rows), atol=1e-4)
    valid = nearest_frames(times, np.ones(len(times), bool), grid, bridged_gap_s(times, 0.2, windows.length_s)) >= 0
    found = index(grid, valid, 0, windows)
    assert len(found) <= len(grid)
    for number, start_s, end_s, first, count in found.select("window", "start_s", "end_s", "first_row", "rows").rows():
        assert start_s == pytest.approx(times[0] + number * windows.stride_s)
        np.testing.assert_allclose(grid[first : first + count], start_s + np.arange(count) / 25, atol=1e-6)
        assert grid[first + count - 1] < end_s - 1e-6
    near = np.abs(times - found["start_s"].to_numpy()[:, None]).min(axis=1)
    assert (near <= 2 * windows.length_s + windows.stride_s).all()


def test_windows_on_both_sides_of_a_hole_are_those_of_a_grid_without_one():
    times = HOLES["a day between two scenes"]
    whole = former_rows(times, 25.0)
    grid = grid_times(times)
    visible = np.ones(len(times), bool)
    found, expected = (
        index(rows, nearest_frames(times, visible, rows, 0.2) >= 0, 0, WindowsSettings(min_valid_share=0.01)).filter(
            pl.col("valid_share") > 0
        )
        for rows in (grid, whole)
    )
    assert len(grid) < 500 and len(found) == 5
    same = ["window", "start_s", "end_s", "rows", "valid_share", "reason"]
    assert found.select(same).equals(expected.select(same))


@pytest.mark.parametrize("hz", [0.6, 1, 2, 3, 4, 4.99, 5, 5.01, 9, 25])
@pytest.mark.parametrize("per", ["time", "video"])
def test_a_low_frame_rate_is_no_gap(hz, per):
    times = np.arange(round(12 * hz)) / hz
    frames = {"frame": np.arange(len(times)), "time_s": times}
    tables = (table_of(spec, frames, status="ok") for spec in (POSE, FACE))
    windows = WindowsSettings(per=per)
    grid, valid = valid_rows(*tables, windows, FeaturesSettings())
    assert valid.all()
    kept = index(grid, valid, 0, windows)["reason"].null_count()
    assert kept == (1 if per == "video" else 6 if hz >= 1 else 5)


@pytest.mark.parametrize("hz", [2, 5, 25])
def test_one_missing_frame_is_bridged_at_any_rate_and_more_are_not(hz):
    times = np.arange(12 * hz) / hz
    one, many = np.ones(len(times), bool), np.ones(len(times), bool)
    one[10] = many[10 : 10 + max(2, round(0.2 * hz))] = False
    gap_s = bridged_gap_s(times, 0.2)
    assert (nearest_frames(times, one, grid_times(times), gap_s) >= 0).all()
    assert (nearest_frames(times, many, grid_times(times), gap_s) < 0).any()


@pytest.mark.parametrize("unread", ["not_imported", "not_read"])
@pytest.mark.parametrize("every", [2, 10, 15])
def test_frames_that_nobody_read_are_no_gap(unread, every):
    """Every so many frames of 30 per second were read by another program, which saw a face in all but two in a row."""
    frame = np.arange(600)
    read = frame % every == 0
    nobody = (frame // every >= 30 // every) & (frame // every < 30 // every + max(2, round(6 / every) + 1))
    face = table_of(FACE, {"frame": frame, "time_s": frame / 30}, status=np.where(read, "ok", unread))
    pose = table_of(POSE, {"frame": frame, "time_s": frame / 30}, status="ok")
    grid, valid = valid_rows(pose, face, WindowsSettings(), FeaturesSettings())
    assert len(grid) == 500 and valid.all()
    absent = face.with_columns(status=pl.when(pl.Series(read & nobody)).then(pl.lit("no_face")).otherwise("status"))
    assert not valid_rows(pose, absent, WindowsSettings(), FeaturesSettings())[1].all()


def test_a_table_of_which_no_frame_was_read_shows_nothing():
    frames = {"frame": np.arange(50), "time_s": np.arange(50) / 25}
    pose, face = (
        table_of(spec, frames, status=status) for spec, status in ((POSE, "not_read"), (FACE, "not_imported"))
    )
    assert not valid_rows(pose, face, WindowsSettings(), FeaturesSettings(groups=["action_units"]))[1].any()


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
    two_scenes = np.append(np.arange(4), 1000 + np.arange(4)) / 25
    assert np.isnan(rates(two_scenes, two_scenes)).tolist() == [True, False, False, True] * 2
