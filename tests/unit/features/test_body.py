import numpy as np
import polars as pl
import pytest

from moodreel.features.body import SHOULDERS_PER_TORSO, relative_to_torso, torso_scale
from moodreel.tables.extraction import BODY_25


def pose(**points: tuple[float, float]) -> pl.DataFrame:
    """One frame with these keypoints; the others are null."""
    row = {f"{p}_{axis}": v for p in BODY_25 for axis, v in zip("xy", points.get(p, (None, None)), strict=True)}
    return pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float32))


HALF_BODY = {
    "neck": (200, 200), "left_shoulder": (240, 200), "right_shoulder": (160, 200), "nose": (200, 140),
    "left_wrist": (280, 320),
}  # fmt: skip


@pytest.mark.parametrize(("scale", "right", "down"), [(1, 0, 0), (1 / 4, 37, -11)])
def test_a_half_body_is_measured_in_shoulder_widths_from_the_neck_wherever_it_is_and_however_large(scale, right, down):
    found = relative_to_torso(pose(**{n: (x * scale + right, y * scale + down) for n, (x, y) in HALF_BODY.items()}))
    measured = [found[name].item() for name in ("left_wrist_x", "left_wrist_y", "nose_y")]
    assert measured == pytest.approx([1.0, 1.5, -0.75])
    assert np.isnan(found["left_knee_x"]).all()


HIPS = {"mid_hip": (200, 200 + 80 / SHOULDERS_PER_TORSO)}


@pytest.mark.parametrize(
    ("points", "scale"),
    [
        pytest.param(HALF_BODY, 80, id="from the front"),
        pytest.param(HALF_BODY | {"left_shoulder": (225, 200), "right_shoulder": (175, 200)} | HIPS, 80, id="turned"),
        pytest.param(HALF_BODY | {"left_shoulder": (210, 200), "right_shoulder": (190, 200)}, np.nan, id="profile"),
        pytest.param(dict.fromkeys(("neck", "left_shoulder", "right_shoulder"), (5, 5)), np.nan, id="one point"),
    ],
)
def test_a_turned_torso_keeps_its_scale_only_where_the_hips_are_visible(points, scale):
    assert torso_scale(pose(**points)) == pytest.approx(scale, nan_ok=True)
