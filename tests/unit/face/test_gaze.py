import numpy as np
import pytest

from moodreel.face.gaze import ARM, gaze
from moodreel.face.head_pose import CANONICAL_HEAD, head_pose
from unit.face.faces import posed

IRISES = (468, 473)


def _looking(x_deg: float, y_deg: float) -> np.ndarray:
    face = CANONICAL_HEAD.copy()
    for iris in IRISES:
        face[iris, :2] += ARM * np.sin(np.radians([x_deg, y_deg]))
    return face


@pytest.mark.parametrize(("x", "y"), [(0, 0), (20, 0), (-15, 5), (0, -12)])
def test_irises_turned_by_a_known_angle_within_the_head(x, y):
    turned = head_pose(posed(_looking(x, y), pitch=12, yaw=25, roll=8)[None])
    for face in (_looking(x, y)[None], turned.face):
        assert gaze(face)[0] == pytest.approx([x, y], abs=1e-6)


def test_squinting_inwards_is_no_gaze_nor_is_no_face():
    face = CANONICAL_HEAD.copy()
    face[468, 0] += 0.03
    face[473, 0] -= 0.03
    assert gaze(face[None])[0, 0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(gaze(np.full((1, 478, 3), np.nan))).all()
