"""The steps `neutral` and `face`, run as a person would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from moodreel.face.displacements import read_displacements
from moodreel.face.head_pose import CANONICAL_HEAD
from moodreel.face.measure import neutral_measures, units_in
from moodreel.face.movements import MOVEMENTS as MOVEMENT_NAMES
from moodreel.face.neutral import Neutral
from moodreel.steps import face, neutral
from moodreel.tables import base, mesh_points
from moodreel.tables.extraction import BLENDSHAPES, MESH
from moodreel.tables.face import FACE, FACE_MOVEMENTS, MOVEMENTS, NEUTRAL
from unit.face.faces import displace, posed
from unit.face.meshes import write_mesh

SMILE = displace({(61,): (-0.08, -0.08, 0)})
JAW = displace({(14, 87): (0, 0.15, 0), (17, 84): (0, 0.15, 0), (18, 200): (0, 0.12, 0)})


def _run(step, *arguments):
    """Run a step in this process, as its command line would."""
    step.main([*map(str, arguments)])


def _neutral(mesh):
    """Path of the neutral face of one mesh file."""
    _run(neutral, "--performer", "p", "--meshes", mesh, "--out", mesh.with_name("neutral.parquet"))
    return mesh.with_name("neutral.parquet")


def _face(mesh, *options):
    """The table that is read against the neutral face next to the mesh file."""
    out = mesh.with_name("face.parquet")
    _run(face, "--mesh", mesh, "--neutral", mesh.with_name("neutral.parquet"), "--out", out, *options)
    return base.read(out, FACE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two clips of one performer and an unreadable one, with what the steps make of them."""
    folder = tmp_path_factory.mktemp("face")
    shown, settings = [CANONICAL_HEAD] * 15 + [SMILE] * 30 + [None] * 5, {"face": {"backend": "blendshapes"}}
    smile = write_mesh(folder / "smile.parquet", shown, width=480, settings=settings)
    write_mesh(folder / "jaw.parquet", [CANONICAL_HEAD] * 15 + [JAW] * 35)
    empty = folder / "empty.parquet"
    base.write(empty, MESH, MESH.empty(), {"reason": "unreadable"})
    named = ("--mesh-of", folder / "{video}.parquet", "--videos", "smile", "jaw", "empty")
    _run(neutral, "--performer", "p", *named, "--out", folder / "neutral.parquet")
    _run(neutral, "--performer", "nobody", "--meshes", empty, "--out", folder / "nobody.parquet")
    _face(smile)
    _run(face, "--mesh", smile, "--neutral", folder / "nobody.parquet", "--out", folder / "unmeasured.parquet")
    _run(face, "--mesh", empty, "--neutral", folder / "nobody.parquet", "--out", folder / "none.parquet")
    return folder


def test_the_neutral_face_is_between_the_expressions(made):
    row = base.read(made / "neutral.parquet", NEUTRAL).row(0, named=True)
    found = np.stack([row[axis] for axis in "xyz"], axis=1)
    assert (row["performer"], row["videos"], found) == ("p", 2, pytest.approx(CANONICAL_HEAD, abs=3e-3))


def test_one_row_per_frame_and_the_files_facts_are_kept(made):
    table = base.read(made / "face.parquet", FACE)
    assert table["status"].to_list() == ["ok"] * 45 + ["no_face"] * 5
    assert table["AU12_r"].null_count() == 5 and table["AU12_r"][:12].max() < 0.3
    assert table["AU12_r"][18:45].min() > 2
    stamp = base.read_stamp(made / "face.parquet")
    assert (stamp["width"], stamp["face_backend"]) == (480, "blendshapes")


def test_a_performer_who_was_never_seen(made):
    row = base.read(made / "nobody.parquet", NEUTRAL).row(0, named=True)
    assert (row["performer"], row["frames"], row["videos"]) == ("nobody", 0, 0)
    assert {row[name] for name in ("x", "y", "z", "blendshapes", "zero")} == {None}
    table = base.read(made / "unmeasured.parquet", FACE)
    assert (table["AU12_r"].null_count(), table["AU12_raw"].null_count()) == (50, 5)


def test_a_video_that_cannot_be_read_keeps_its_reason(made):
    assert len(base.read(made / "none.parquet", FACE)) == 0
    assert base.read_stamp(made / "none.parquet")["reason"] == "unreadable"


def test_a_neutral_face_per_video(made):
    settings, out = json.dumps({"action_units": {"neutral": "video", "presence": 4.9}}), made / "per_video.parquet"
    _run(face, "--mesh", made / "smile.parquet", "--out", out, "--settings", settings)
    table = base.read(out, FACE)
    assert table["AU12_r"].null_count() == 5 and np.ptp(table["AU12_r"].drop_nulls().to_numpy()) > 2
    assert (table["AU12_c"] == (table["AU12_r"] >= 4.9)).all()


def test_blendshapes_come_into_the_neutral_face_and_the_table(tmp_path):
    mesh = write_mesh(tmp_path / "scored.parquet", [CANONICAL_HEAD] * 20 + [SMILE] * 10 + [None] * 2, score=0.25)
    assert base.read(_neutral(mesh), NEUTRAL)["blendshapes"].to_list() == [[0.25] * len(BLENDSHAPES)]
    table = _face(mesh)
    assert table["blendshape_jawOpen"].to_list() == [0.25] * 30 + [None] * 2
    assert 0.5 < table["AU12_r"][25] < 5


def test_a_blink_is_seen_where_it_is_and_survives_smoothing(tmp_path):
    """One of 0.2 s in the middle of two seconds."""
    times = np.arange(50) / 25
    lids = displace({(157, 158, 159, 160, 161): (0, 0.11, 0)}) - CANONICAL_HEAD
    closed = np.clip(1 - np.abs(times - 1.0) / 0.1, 0, 1)
    mesh = write_mesh(tmp_path / "blink.parquet", [CANONICAL_HEAD + share * lids for share in closed])
    _neutral(mesh)
    settings = [json.dumps({"action_units": {"smoothing_s": reach}}) for reach in (0.0, 0.25)]
    tables = [_face(mesh, "--settings", each) for each in settings]
    for table in tables:
        assert times[table["AU45_r"].arg_max()] == pytest.approx(1.0, abs=0.04)
        assert table["AU45_r"].filter(np.abs(times - 1) > 0.25).max() < 0.5
    assert tables[0]["AU45_r"].max() > 4.5
    assert tables[1]["AU45_r"].to_list() == tables[0]["AU45_r"].to_list()
    jitter = [np.diff(t["AU12_raw"].to_numpy()).std() + np.diff(t["AU02_r"].to_numpy()).std() for t in tables]
    assert jitter[1] < 0.7 * jitter[0]


def test_a_missing_mesh_is_explained_at_the_command_line(tmp_path):
    arguments = ["--performer", "p", "--meshes", tmp_path / "no.parquet", "--out", tmp_path / "out.parquet"]
    command = [sys.executable, "-m", "moodreel.steps.neutral", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no.parquet: there is no such file" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("neutral_of", ["video", "performer"])
def test_pandas_is_not_imported(made, tmp_path, neutral_of):
    """It takes longer than the rest of the step, and pyarrow imports it where it is asked for an array."""
    arguments = ["--mesh", made / "smile.parquet", "--neutral", made / "neutral.parquet"]
    arguments += ["--out", tmp_path / "face.parquet", "--movements-out", tmp_path / "movements.parquet"]
    arguments += ["--settings", json.dumps({"action_units": {"neutral": neutral_of}})]
    code = "import sys; from moodreel.steps import face; face.main(sys.argv[1:]); sys.exit('pandas' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(face.__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=environment, timeout=60)
    assert base.read(tmp_path / "face.parquet", FACE).height == 50


def test_videos_are_named_with_the_place_of_their_meshes(tmp_path, capsys):
    with pytest.raises(SystemExit):
        _run(neutral, "--performer", "p", "--mesh-of", "{video}.parquet", "--out", tmp_path / "out.parquet")
    assert "--mesh-of and --videos go together" in capsys.readouterr().err


def test_points_come_back_by_row(made):
    rows = np.array([0, 14, 15, 46])
    points, scores = mesh_points.at(made / "smile.parquet", rows)
    assert np.isnan(scores).all()
    assert points[:3] == pytest.approx(np.stack([posed(f) for f in (CANONICAL_HEAD, CANONICAL_HEAD, SMILE)]), abs=0.2)
    assert np.isnan(points[3]).all()
    assert mesh_points.sure(made / "smile.parquet", 0.9).tolist() == [True] * 45 + [False] * 5
    assert not mesh_points.sure(made / "smile.parquet", 0.99).any()
    points, scores = mesh_points.at(made / "empty.parquet", np.empty(0, int))
    assert (points.shape, scores.shape) == ((0, 478, 3), (0, 52))


def test_a_long_video_is_read_piece_by_piece_to_the_same(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    shares = np.clip(np.convolve(rng.normal(0.5, 1, 90), np.ones(8) / 8, "same"), 0, 1)
    faces = [CANONICAL_HEAD + share * (SMILE - CANONICAL_HEAD) for share in shares]
    faces[40:43] = [None] * 3
    mesh, kept = write_mesh(tmp_path / "mesh.parquet", faces), tmp_path / "movements.parquet"
    _neutral(mesh)
    tables = []
    for rows in (2048, 25):
        monkeypatch.setattr(base, "ROW_GROUP_ROWS", rows)
        tables.append((_face(mesh, "--movements-out", kept), base.read(kept, MOVEMENTS)))
    (whole, whole_movements), (pieces, movements_of_pieces) = tables
    assert whole.equals(pieces) and whole_movements.equals(movements_of_pieces)
    assert whole["AU12_r"].null_count() == 3


@pytest.mark.parametrize("score", [None, 0.25])
def test_units_come_from_the_kept_movements_as_from_the_mesh(tmp_path, score):
    mesh = write_mesh(tmp_path / "mesh.parquet", [CANONICAL_HEAD] * 20 + [None] * 2 + [SMILE] * 10, score=score)
    neutral_face, kept = neutral_measures(Neutral.read(_neutral(mesh))), tmp_path / "movements.parquet"
    found, table = _face(mesh, "--movements-out", kept), base.read(kept, MOVEMENTS)
    assert table.select("frame", "time_s").equals(found.select("frame", "time_s"))
    assert table["movements_left"].is_null().to_list() == [False] * 20 + [True] * 2 + [False] * 10
    assert table["scores_left"].null_count() == (32 if score is None else 2)
    for name, values in units_in(read_displacements(table), neutral_face, presence=1.0).items():
        assert values == pytest.approx(found[name].cast(float).to_numpy(), abs=1e-4, nan_ok=True), name
    assert len(MOVEMENT_NAMES) == FACE_MOVEMENTS
