"""The time grid: true times, gaps, angles, 0/1 columns."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from moodreel.features.grid import grid_times, interpolate, seen_columns, video_features
from moodreel.tables.base import polars_schema
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE


def test_grid_of_a_clip_at_the_grids_own_rate_is_its_frames():
    frames = 0.48 + np.arange(125) / 25
    np.testing.assert_allclose(grid_times(frames, 25.0, 0.2), frames)


@pytest.mark.parametrize(
    ("rate_hz", "frames", "rows"), [(10.0, 20, 50), (30.0, 60, 50), (30000 / 1001, 60, 51), (25.0, 1, 1)]
)
def test_grid_lasts_as_long_as_the_pictures_do(rate_hz, frames, rows):
    assert len(grid_times(np.arange(frames) / rate_hz, 25.0, 0.2)) == rows


def test_grid_of_nothing_is_empty():
    assert len(grid_times(np.empty(0), 25.0, 0.2)) == 0


def test_variable_frame_rate_is_read_by_true_times():
    times = np.cumsum(np.random.default_rng(1).choice([1 / 30, 1 / 15, 0.09], 80))
    grid = grid_times(times, 25.0, 0.2)
    inside = grid <= times[-1]
    np.testing.assert_allclose(interpolate(times, 3 * times + 1, grid, 0.2)[inside], 3 * grid[inside] + 1)


def test_short_gaps_are_bridged_and_long_ones_stay_empty():
    times = np.arange(26) / 25
    values = times.copy()
    values[5:9] = np.nan  # 0.2 s from frame 4 to frame 9
    values[14:19] = np.nan  # 0.24 s from frame 13 to frame 19
    found = interpolate(times, values, times, 0.2)
    np.testing.assert_allclose(found[:14], times[:14])
    assert np.isnan(found[14:19]).all()
    np.testing.assert_allclose(found[19:], times[19:])


def test_nothing_is_invented_before_the_first_or_after_the_last_seen_frame():
    times = np.arange(10) / 25
    values = np.where((times > 0.1) & (times < 0.3), 1.0, np.nan)
    np.testing.assert_array_equal(np.isnan(interpolate(times, values, times, 0.2)), np.isnan(values))


def test_the_last_picture_stands_until_it_ends():
    times = np.arange(20) / 10
    found = interpolate(times, times, grid_times(times, 25.0, 0.2), 0.2)
    assert found[-1] == pytest.approx(1.9)
    assert not np.isnan(found).any()


def test_angles_take_the_shorter_way_round():
    found = interpolate(
        np.array([0.0, 0.1]), np.array([170.0, -170.0]), np.array([0.0, 0.04, 0.05, 0.08]), 0.2, "angle"
    )
    np.testing.assert_allclose(found, [170, 178, -180, -174], atol=1e-6)


def test_zero_one_columns_take_the_nearer_frame():
    times, values = np.array([0.0, 0.1, 0.2]), np.array([0.0, 1.0, 0.0])
    found = interpolate(times, values, np.array([0.04, 0.06, 0.14, 0.16]), 0.2, "nearest")
    np.testing.assert_array_equal(found, [0, 1, 1, 0])


def person(frames: int = 50, rate_hz: float = 25.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Shoulders 80 px apart, nose seen, AU12 rising; nothing else known."""
    times = np.arange(frames) / rate_hz
    pose = {"frame": np.arange(frames), "time_s": times, "cut": [False] * frames, "status": ["ok"] * frames}
    places = {"neck": (200, 200), "left_shoulder": (240, 200), "right_shoulder": (160, 200), "nose": (200, 140)}
    pose |= {f"{p}_{axis}": [float(v)] * frames for p, xy in places.items() for axis, v in zip("xy", xy, strict=True)}
    face = {"frame": np.arange(frames), "time_s": times, "status": ["ok"] * frames, "AU12_r": times}
    return (
        pl.DataFrame(pose, schema_overrides=polars_schema(POSE)).select(pl.all(), *_nulls(POSE, pose)),
        pl.DataFrame(face).select(pl.all(), *_nulls(FACE, face)),
    )


def _nulls(spec, there):
    return [pl.lit(None, kind).alias(name) for name, kind in polars_schema(spec).items() if name not in there]


def test_features_of_a_video():
    pose, face = person()
    assert seen_columns(pose, face) >= {"AU12_r", "nose_x", "left_shoulder_y"}
    assert not seen_columns(pose, face) & {"AU01_r", "left_knee_x", "neck_x"}
    found = video_features(pose, face, ["AU12_r", "pitch_deg", "nose_y"], rate_hz=25, max_gap_s=0.2)
    assert found.columns == ["time_s", "valid", "AU12_r", "pitch_deg", "nose_y"]
    np.testing.assert_allclose(found["AU12_r"], np.arange(50) / 25, atol=1e-6)
    assert found["pitch_deg"].null_count() == 50
    np.testing.assert_allclose(found["nose_y"], -0.75)
    assert found["valid"].all()


def test_a_row_without_a_body_is_valid_only_where_the_body_does_not_count():
    pose, face = person()
    gone = pose.with_columns(status=pl.when(pl.col("frame") < 25).then("status").otherwise(pl.lit("no_person")))
    with_body = video_features(gone, face, ["AU12_r"], rate_hz=25, max_gap_s=0.2)
    assert with_body["valid"].to_list() == [True] * 25 + [False] * 25
    face_only = video_features(gone, face, ["AU12_r"], rate_hz=25, max_gap_s=0.2, needs_body=False)
    assert face_only["valid"].all()


def test_a_close_up_without_shoulders_is_valid_and_has_no_body_columns():
    pose, face = person()
    hidden = pose.with_columns(left_shoulder_x=pl.lit(None, pl.Float32))
    found = video_features(hidden, face, ["AU12_r", "nose_y"], rate_hz=25, max_gap_s=0.2)
    assert found["valid"].all()
    assert found["nose_y"].null_count() == 50


def test_a_row_without_a_face_is_not_valid():
    pose, face = person()
    face = face.with_columns(status=pl.when(pl.col("frame") >= 40).then(pl.lit("no_face")).otherwise("status"))
    assert video_features(pose, face, ["AU12_r"], rate_hz=25, max_gap_s=0.2)["valid"].sum() == 40


def test_smoothing_takes_noise_from_signals_and_leaves_zero_one_columns():
    pose, face = person()
    noise = np.random.default_rng(2).normal(size=50)
    face = face.with_columns(
        AU12_r=pl.Series(2 + 0.3 * noise, dtype=pl.Float32),
        AU12_c=pl.Series(noise > 0, dtype=pl.Int8),
        yaw_deg=pl.Series((180 + 3 * noise + 180) % 360 - 180, dtype=pl.Float32),
    )
    columns = ["AU12_r", "AU12_c", "yaw_deg"]
    raw, smoothed = (video_features(pose, face, columns, rate_hz=25, max_gap_s=0.2, smoothing_s=s) for s in (0.0, 0.2))
    np.testing.assert_array_equal(raw["AU12_r"], face["AU12_r"])
    assert smoothed["AU12_r"].std() < 0.7 * raw["AU12_r"].std()
    np.testing.assert_array_equal(smoothed["AU12_c"], raw["AU12_c"])
    off_half_turn = [np.abs((t["yaw_deg"].to_numpy() % 360) - 180) for t in (raw, smoothed)]
    assert off_half_turn[1].mean() < 0.7 * off_half_turn[0].mean()


def test_smoothing_stops_at_gaps_and_at_cuts():
    pose, face = person()
    frame = pl.col("frame")
    pose = pose.with_columns(cut=frame == 30)
    level = pl.when(frame < 30).then(0.0).when(frame < 35).then(3.0).when(frame < 42).then(None).otherwise(1.0)
    face = face.with_columns(AU12_r=level.cast(pl.Float32))
    raw, smoothed = (
        video_features(pose, face, ["AU12_r"], rate_hz=25, max_gap_s=0.2, smoothing_s=s) for s in (0.0, 0.4)
    )
    assert raw["AU12_r"].null_count() == 7
    np.testing.assert_allclose(smoothed["AU12_r"], raw["AU12_r"], atol=1e-6)
