"""The step `emotions` as it is run: a small clip in, one row per frame out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import skimage.data

from moodreel import files
from moodreel.errors import UserError
from moodreel.steps import emotions, extract
from moodreel.tables import base
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.extraction import MESH

SETTINGS = json.dumps({"emotions": {"backend": "fer", "acknowledge": True}})
FRAMES = 4
TIMES_S = [0.0, 0.1, 0.5, 0.6]
"""Of frames that are not equally far apart."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A portrait in frames 0 and 2 to 3, and none in frame 1."""
    path = tmp_path_factory.mktemp("clip") / "there.mp4"
    portrait = np.ascontiguousarray(skimage.data.astronaut()[:400, :400])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10", "bf": "0"})
        stream.width = stream.height = 400
        stream.pix_fmt = "yuv420p"
        for number, time_s in enumerate(TIMES_S):
            frame = av.VideoFrame.from_ndarray(portrait if number != 1 else np.full_like(portrait, 90), format="rgb24")
            frame.pts = round(time_s * 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def run(monkeypatch, models: Path, video: Path, out: Path, *more: str, settings: str = SETTINGS) -> Path:
    arguments = ["--video", video, "--models", models, "--out", out / "emotions.parquet", "--code", "c0de", *more]
    monkeypatch.setattr(sys, "argv", ["emotions", *map(str, arguments), "--settings", settings])
    emotions.main()
    return out / "emotions.parquet"


@pytest.mark.parametrize("detector", ["haar", "mtcnn", "facenet"])
def test_each_frame_has_a_row_and_those_without_a_face_no_scores(monkeypatch, emotion_models, clip, tmp_path, detector):
    path = run(monkeypatch, emotion_models, clip, tmp_path, "--detector", detector)
    table, stamp = base.read(path, EMOTION_SCORES), base.read_stamp(path)
    assert table["frame"].to_list() == list(range(FRAMES))
    assert table["time_s"].to_list() == pytest.approx(TIMES_S)
    assert table["status"].to_list() == ["ok", "no_face", "ok", "ok"]
    assert table.select("x", *EMOTIONS).row(1) == (None,) * 8
    seen = table.drop_nulls("x")
    assert seen.select(EMOTIONS).sum_horizontal().to_list() == pytest.approx([1] * 3, abs=1e-5)
    assert seen["x"].is_between(150, 220).all() and seen["width"].is_between(60, 130).all(), "where the face is"
    assert table["detector"].unique().to_list() == [detector]
    assert stamp["reason"] is None and stamp["frames_decoded"] == FRAMES
    assert stamp["inputs"] == {str(clip): files.sha256(clip)}
    assert stamp["models"]["fer_mini_xception"] == files.sha256(emotion_models / "fer_mini_xception.onnx")


def test_the_face_that_is_followed_is_found_without_looking_again(monkeypatch, emotion_models, clip, tmp_path):
    mesh = tmp_path / "mesh.parquet"
    arguments = [
        "--video",
        clip,
        "--models",
        emotion_models,
        "--pose-out",
        tmp_path / "pose.parquet",
        "--mesh-out",
        mesh,
    ]
    monkeypatch.setattr(sys, "argv", ["extract", *map(str, arguments)])
    extract.main()
    path = run(monkeypatch, emotion_models, clip, tmp_path, "--detector", "mesh", "--mesh", str(mesh))
    table = base.read(path, EMOTION_SCORES)
    assert table["frame"].to_list() == list(range(FRAMES))
    followed = base.read(mesh, MESH)["status"] == "ok"
    assert (table["status"] == "ok").to_list() == followed.to_list()
    assert set(base.read_stamp(path)["inputs"]) == {str(clip), str(mesh)}


def test_a_part_of_the_video_keeps_the_files_own_times(monkeypatch, emotion_models, clip, tmp_path):
    path = run(monkeypatch, emotion_models, clip, tmp_path, "--detector", "haar", "--start-s", "0.1", "--end-s", "0.55")
    assert base.read(path, EMOTION_SCORES)["frame"].to_list() == [1, 2]


def test_what_cannot_be_read_has_no_rows_and_a_reason(monkeypatch, emotion_models, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    path = run(monkeypatch, emotion_models, broken, tmp_path, "--detector", "haar")
    assert base.read(path, EMOTION_SCORES).is_empty()
    assert base.read_stamp(path)["reason"] == "unreadable"


@pytest.mark.parametrize("settings", ["{}", '{"emotions": {"backend": "none", "acknowledge": true}}'])
def test_nothing_is_scored_unasked(monkeypatch, emotion_models, clip, tmp_path, settings):
    with pytest.raises(UserError, match="scores nothing"):
        run(monkeypatch, emotion_models, clip, tmp_path, "--detector", "haar", settings=settings)
    assert not (tmp_path / "emotions.parquet").exists()


def test_importing_the_room_imports_neither_torch_nor_tensorflow():
    modules = sorted(path.stem for path in Path(emotions.__file__).parents[1].joinpath("emotions").glob("*.py"))
    finders = ("detectors.haar", "detectors.mtcnn", "detectors.mesh")
    names = [f"moodreel.emotions.{name}" for name in (*modules, *finders) if name != "__init__"]
    text = f"import sys, importlib; [importlib.import_module(n) for n in {names}]; print({{'torch', 'tensorflow', 'keras'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
