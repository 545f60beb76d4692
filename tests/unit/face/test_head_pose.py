import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import moodreel.demo
from moodreel.face.head_pose import CANONICAL_HEAD, MIRROR, head_pose
from unit.face.faces import posed


@pytest.mark.parametrize(("pitch", "yaw", "roll"), [(20, 0, 0), (0, 30, 0), (0, 0, 15), (-12, 25, -8)])
def test_a_known_rotation_is_found(pitch, yaw, roll):
    pose = head_pose(posed(CANONICAL_HEAD, pitch, yaw, roll)[None])
    assert pose.angles_deg[0] == pytest.approx([pitch, yaw, roll], abs=1e-9)
    assert pose.face[0] == pytest.approx(CANONICAL_HEAD, abs=1e-9)


def test_signs_are_those_of_the_table():
    nose, right_eye = 1, 263
    down = posed(CANONICAL_HEAD, pitch=20)[nose, 1] - posed(CANONICAL_HEAD)[nose, 1]
    to_the_right = posed(CANONICAL_HEAD, yaw=20)[nose, 0] - posed(CANONICAL_HEAD)[nose, 0]
    right_eye_sinks = posed(CANONICAL_HEAD, roll=20)[right_eye, 1] - posed(CANONICAL_HEAD)[right_eye, 1]
    assert min(down, to_the_right, right_eye_sinks) > 0


def test_frames_without_a_face_stay_unknown_and_leave_others_alone():
    meshes = np.stack([posed(CANONICAL_HEAD, yaw=10), np.full((478, 3), np.nan), np.zeros((478, 3))])
    pose = head_pose(meshes)
    assert pose.angles_deg[0, 1] == pytest.approx(10)
    assert np.isnan(pose.angles_deg[1:]).all() and np.isnan(pose.face[1:]).all()
    assert head_pose(meshes[:0]).face.shape == (0, 478, 3)


def test_a_mirrored_mesh_is_turned_not_mirrored_back():
    mesh = posed(CANONICAL_HEAD * (-1, 1, 1))
    face = head_pose(mesh[None]).face[0]
    map_to_face = np.linalg.lstsq(mesh - mesh.mean(axis=0), face - face.mean(axis=0), rcond=None)[0]
    assert np.linalg.det(map_to_face) > 0


def test_the_average_head_is_symmetric_and_upright():
    assert (MIRROR[MIRROR] == np.arange(478)).all()
    assert np.allclose(CANONICAL_HEAD[MIRROR] * (-1, 1, 1), CANONICAL_HEAD, atol=1e-3)
    left, right = CANONICAL_HEAD[[33, 133]].mean(axis=0), CANONICAL_HEAD[[263, 362]].mean(axis=0)
    assert np.linalg.norm(right - left) == pytest.approx(1, abs=1e-3)
    assert CANONICAL_HEAD[10, 2] == pytest.approx(CANONICAL_HEAD[152, 2], abs=1e-3)


def _aligned(points: np.ndarray, to: np.ndarray) -> np.ndarray:
    """`points` under the similarity transform that brings them nearest to `to` (Umeyama 1991)."""
    a, b = points - points.mean(axis=0), to - to.mean(axis=0)
    u, s, vt = np.linalg.svd(a.T @ b)
    return s.sum() / (a**2).sum() * a @ u @ vt + to.mean(axis=0)


def _upright(head: np.ndarray) -> np.ndarray:
    left, right = head[[33, 133]].mean(axis=0), head[[263, 362]].mean(axis=0)
    unit = np.linalg.norm(right - left)
    x = (right - left) / unit
    y = head[152] - head[10]
    y = (y - y @ x * x) / np.linalg.norm(y - y @ x * x)
    return (head - (left + right) / 2) @ np.stack([x, y, np.cross(x, y)]).T / unit


def test_the_average_head_is_made_as_its_file_says():
    meshes = json.loads(Path(moodreel.demo.__path__[0], "meshes.json").read_text())
    heads = []
    for name in ("hopper", "astronaut"):
        head = np.array(meshes[name]["points_px"])
        mirrored = _aligned(head[MIRROR] * (-1, 1, 1), head)
        pairs = linear_sum_assignment(((mirrored[:, None] - head[None]) ** 2).sum(axis=-1))[1]
        assert (pairs == np.arange(478)).all()
        heads.append(_upright((head + mirrored) / 2))
    assert _upright(np.mean(heads, axis=0)) == pytest.approx(CANONICAL_HEAD, abs=2e-3)
