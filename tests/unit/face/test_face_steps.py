"""The steps `neutral` and `face`, run as a person would."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from moodreel.face.head_pose import CANONICAL_HEAD
from moodreel.tables import base, mesh_points
from moodreel.tables.extraction import MESH
from moodreel.tables.face import FACE, NEUTRAL
from unit.face.faces import moved, posed

SMILE = moved({(61,): (-0.08, -0.08, 0)})
JAW = moved({(14, 87): (0, 0.15, 0), (17, 84): (0, 0.15, 0), (18, 200): (0, 0.12, 0)})


def _write_mesh(path, faces, **facts):
    """A mesh file; None stands for a frame without a face."""
    absent = pa.array([face is None for face in faces], pa.bool_())
    points = np.stack([np.zeros((478, 3)) if face is None else posed(face) for face in faces])
    points = (points + np.random.default_rng(0).normal(0, 0.02, points.shape)).astype(np.float32)
    columns = {
        "frame": pa.array(range(len(faces)), pa.int32()),
        "time_s": pa.array(np.arange(len(faces)) / 25),
        "status": pa.array(["no_face" if face is None else "ok" for face in faces]),
        "confidence": pa.array([0.0 if face is None else 0.95 for face in faces], pa.float32()),
    }
    for axis, name in enumerate("xyz"):
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(points[:, :, axis].ravel()), 478, mask=absent)
    base.write(path, MESH, pa.table(columns, schema=MESH.schema), {"reason": None, **facts})
    return path


def _run(step, *arguments):
    return subprocess.run(
        [sys.executable, "-m", f"moodreel.steps.{step}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two clips of one performer and an unreadable one, with what the steps make of them."""
    folder = tmp_path_factory.mktemp("face")
    smile = _write_mesh(folder / "smile.parquet", [CANONICAL_HEAD] * 15 + [SMILE] * 30 + [None] * 5, width=480)
    jaw = _write_mesh(folder / "jaw.parquet", [CANONICAL_HEAD] * 15 + [JAW] * 35)
    empty = folder / "empty.parquet"
    base.write(empty, MESH, MESH.empty(), {"reason": "unreadable"})
    listed = folder / "meshes.txt"
    listed.write_text(f"{smile}\n{jaw}\n{empty}\n")
    for arguments in (
        ("neutral", "--performer", "p", "--meshes-from", listed, "--out", folder / "neutral.parquet"),
        ("neutral", "--performer", "nobody", "--meshes", empty, "--out", folder / "nobody.parquet"),
        ("face", "--mesh", smile, "--neutral", folder / "neutral.parquet", "--out", folder / "face.parquet"),
        ("face", "--mesh", smile, "--neutral", folder / "nobody.parquet", "--out", folder / "unmeasured.parquet"),
        ("face", "--mesh", empty, "--neutral", folder / "nobody.parquet", "--out", folder / "none.parquet"),
    ):
        done = _run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


def test_the_neutral_face_is_between_the_expressions(made):
    row = base.read(made / "neutral.parquet", NEUTRAL).row(0, named=True)
    found = np.stack([row[axis] for axis in "xyz"], axis=1)
    assert (row["performer"], row["videos"]) == ("p", 2)
    assert found == pytest.approx(CANONICAL_HEAD, abs=3e-3)


def test_one_row_per_frame_and_the_files_facts_are_kept(made):
    face = base.read(made / "face.parquet", FACE)
    assert face["status"].to_list() == ["ok"] * 45 + ["no_face"] * 5
    assert face["AU12_r"].null_count() == 5
    assert face["AU12_r"][:15].max() < 0.3
    assert face["AU12_r"][15:45].min() > 2
    assert base.read_stamp(made / "face.parquet")["width"] == 480


def test_a_performer_who_was_never_seen(made):
    row = base.read(made / "nobody.parquet", NEUTRAL).row(0, named=True)
    assert row == {"performer": "nobody", "frames": 0, "videos": 0, "x": None, "y": None, "z": None}
    face = base.read(made / "unmeasured.parquet", FACE)
    assert face["AU12_r"].null_count() == 50
    assert face["AU12_raw"].null_count() == 5


def test_a_video_that_cannot_be_read_keeps_its_reason(made):
    assert len(base.read(made / "none.parquet", FACE)) == 0
    assert base.read_stamp(made / "none.parquet")["reason"] == "unreadable"


def test_a_neutral_face_per_video(made):
    settings = json.dumps({"action_units": {"neutral": "video", "presence": 4.9}})
    out = made / "per_video.parquet"
    done = _run(
        "face",
        "--mesh",
        made / "smile.parquet",
        "--neutral",
        made / "nobody.parquet",
        "--out",
        out,
        "--settings",
        settings,
    )
    assert done.returncode == 0, done.stderr
    face = base.read(out, FACE)
    assert face["AU12_r"].null_count() == 5
    assert np.ptp(face["AU12_r"].drop_nulls().to_numpy()) > 2
    assert (face["AU12_c"] == (face["AU12_r"] >= 4.9)).all()


def test_a_missing_mesh_is_explained(tmp_path):
    done = _run("neutral", "--performer", "p", "--meshes", tmp_path / "no.parquet", "--out", tmp_path / "out.parquet")
    assert done.returncode == 1
    assert "no.parquet: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_points_come_back_by_row(made):
    rows = np.array([0, 14, 15, 46])
    points = mesh_points.at(made / "smile.parquet", rows)
    assert points[:3] == pytest.approx(np.stack([posed(f) for f in (CANONICAL_HEAD, CANONICAL_HEAD, SMILE)]), abs=0.2)
    assert np.isnan(points[3]).all()
    assert mesh_points.sure(made / "smile.parquet", 0.9).tolist() == [True] * 45 + [False] * 5
    assert not mesh_points.sure(made / "smile.parquet", 0.99).any()
    assert mesh_points.at(made / "empty.parquet", np.empty(0, int)).shape == (0, 478, 3)
