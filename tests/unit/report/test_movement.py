import numpy as np
import polars as pl
import pytest

from moodreel.features.groups import GROUPS
from moodreel.report import movement
from unit.report import study


def test_levels_are_over_the_rows_of_a_clusters_windows(tmp_path):
    run = study.make(tmp_path)
    units = movement.units(run.features)
    assert units == ["AU04_r", "AU12_r"]
    levels = movement.levels(movement.of_windows(run.features, run.windows, run.clusters, units), units)
    assert levels.select("cluster", "AU12_r").rows() == [(1, 2.0), (2, 0.0)]


def test_spreads_are_within_windows(tmp_path):
    run = study.make(tmp_path)
    still = pl.when(pl.col("time_s") < 1).then(100.0).otherwise(0.0)
    for pitch, spread in ((still, 0), (pl.int_range(pl.len()) % 2 * 4.0, 2)):
        features = run.features.with_columns(pitch_deg=pitch)
        rows = movement.of_windows(features, run.windows, run.clusters, ["pitch_deg"])
        assert movement.spreads(rows, ["pitch_deg"])["pitch_deg"].to_list() == [spread, spread]


def test_a_performers_own_level_goes(tmp_path):
    run = study.make(tmp_path)
    shifted = run.features.with_columns(pitch_deg=pl.col("pitch_deg") + 50)
    before, after = (
        movement.center(movement.of_windows(f, run.windows, run.clusters, ["pitch_deg"]), ["pitch_deg"])["pitch_deg"]
        for f in (run.features, shifted)
    )
    np.testing.assert_allclose(before, after, atol=1e-4)
    assert before.median() == pytest.approx(0)


def moving(run, seen: int = 10) -> pl.DataFrame:
    """The nose stands at x = 1 and goes to and fro along y by 0.1, seen in the first rows of each window."""
    step = pl.int_range(pl.len()) % study.ROWS
    y = pl.when(step < seen).then(-0.5 + 0.1 * (1 - 2 * (step % 2)))
    x = pl.when(step < seen).then(1.0)
    return run.features.select("video", "time_s", "valid", nose_x=x, nose_y=y)


def test_a_body_has_place_spread_and_path(tmp_path):
    run = study.make(tmp_path)
    bodies = movement.bodies(moving(run), run.windows, run.clusters)
    assert set(bodies) == {1, 2}
    body = bodies[1]
    np.testing.assert_allclose(body.place["neck"], [0, 0])
    np.testing.assert_allclose(body.place["nose"], [1, -0.5])
    np.testing.assert_allclose(body.spread["nose"], [[0, 0], [0, 0.01]], atol=1e-12)
    assert body.path["nose"].shape == (study.ROWS, 2)
    np.testing.assert_allclose(body.path["nose"][:2], [[0, 0.1], [0, -0.1]], atol=1e-12)
    np.testing.assert_allclose(movement.mean_place(bodies)["nose"], [1, -0.5])


def test_points_that_were_hardly_seen_are_left_out(tmp_path):
    run = study.make(tmp_path)
    body = movement.bodies(moving(run, seen=6), run.windows, run.clusters)[1]
    np.testing.assert_allclose(body.spread["nose"], [[0, 0], [0, 0.01]], atol=1e-12)
    assert np.isnan(body.path["nose"][6:]).all()
    assert movement.bodies(moving(run, seen=4), run.windows, run.clusters)[1].place == {}
    assert movement.bodies(run.features.select("video", "AU12_r"), run.windows, run.clusters) == {}


def test_the_papers_columns_are_read_in_the_figures_terms():
    px = dict.fromkeys(GROUPS["paper_pose"].columns, 0.0) | {"px_nose_x": [110.0, 0.0], "px_nose_y": [10.0, 0.0]}
    places = {"neck": 100.0, "left_shoulder": 120.0, "right_shoulder": 80.0}
    px |= {f"px_{point}_{axis}": v for point, x in places.items() for axis, v in (("x", x), ("y", 50.0))}
    raw = {f"openface_pose_R{axis}": [0.1, 0.2] for axis in "xyz"} | {"openface_AU12_r": [1.0, 2.0]}
    table = pl.DataFrame({"video": "a", "time_s": [0.0, 1.0], "valid": True, **px, **raw, "openface_x_3": 5.0})
    assert "openface_x_3" not in movement.readable_columns(table.columns)
    made = movement.readable(table.select(movement.readable_columns(table.columns)))
    found = made.select("AU12_r", "nose_x", "nose_y", "left_wrist_x").rows()
    assert found == [(1, 0.25, -1, None), (2, None, None, None)]
    assert abs(made["pitch_deg"][0]) == pytest.approx(np.degrees(0.1))
    assert movement.angles(made) == ["pitch_deg", "yaw_deg", "roll_deg"]
