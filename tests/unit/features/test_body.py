"""Body points relative to the torso."""

import numpy as np
import polars as pl
import pytest

from moodreel.features.body import SHOULDERS_PER_TORSO, relative_to_torso, torso_scale
from moodreel.tables.extraction import BODY_25


def pose(**points: tuple[float, float]) -> pl.DataFrame:
    """One frame with these keypoints; the others are null."""
    row = {f"{p}_{axis}": None for p in BODY_25 for axis in "xy"}
    for name, (x, y) in points.items():
        row |= {f"{name}_x": x, f"{name}_y": y}
    return pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float32))


HALF_BODY = {
    "neck": (200, 200), "left_shoulder": (240, 200), "right_shoulder": (160, 200), "nose": (200, 140),
    "left_wrist": (280, 320),
}  # fmt: skip


def test_a_half_body_is_measured_in_shoulder_widths_from_the_neck():
    found = relative_to_torso(pose(**HALF_BODY))
    assert found["left_wrist_x"] == pytest.approx(1.0)
    assert found["left_wrist_y"] == pytest.approx(1.5)
    assert found["nose_y"] == pytest.approx(-0.75)
    assert np.isnan(found["left_knee_x"]).all()


def test_place_and_size_in_the_picture_do_not_matter():
    near = relative_to_torso(pose(**HALF_BODY))
    far = relative_to_torso(pose(**{n: (x / 4 + 37, y / 4 - 11) for n, (x, y) in HALF_BODY.items()}))
    assert far["left_wrist_x"] == pytest.approx(near["left_wrist_x"])
    assert far["nose_y"] == pytest.approx(near["nose_y"])


def test_a_turned_torso_keeps_its_scale_where_the_hips_are_seen():
    turned = HALF_BODY | {
        "left_shoulder": (225, 200),
        "right_shoulder": (175, 200),
        "mid_hip": (200, 200 + 80 / SHOULDERS_PER_TORSO),
    }
    assert torso_scale(pose(**turned)) == pytest.approx(80)


def test_a_profile_without_hips_has_no_scale():
    profile = HALF_BODY | {"left_shoulder": (210, 200), "right_shoulder": (190, 200)}
    assert np.isnan(torso_scale(pose(**profile))).all()
    assert torso_scale(pose(**HALF_BODY)) == pytest.approx(80)


def test_shoulders_at_one_point_are_no_scale():
    assert np.isnan(torso_scale(pose(neck=(5, 5), left_shoulder=(5, 5), right_shoulder=(5, 5)))).all()
