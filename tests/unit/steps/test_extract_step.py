"""The step `extract` as it is run: a small clip in, two tables out."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from moodreel.steps import extract
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from moodreel.workflow import program
from unit.steps.calls import call, command_line
from unit.steps.test_extract_bad_input import views, write

FRAMES = 6
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(extract.__file__).parents[2])}


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Six frames of a portrait that moves to the left by 4 px a frame, at 10 Hz."""
    return write(tmp_path_factory.mktemp("clip") / "moving.mp4", views(count=FRAMES), crf="10")


def run(video: Path, models: Path, folder: Path, **more: object) -> tuple[Path, Path]:
    pose, mesh = folder / "pose.parquet", folder / "mesh.parquet"
    call(extract, video=video, models=models, pose_out=pose, mesh_out=mesh, **more)
    return pose, mesh


def test_a_moving_face_is_followed_in_both_tables(clip, models_folder, tmp_path, capsys):
    pose, mesh = map(base.read, run(clip, models_folder, tmp_path), (POSE, MESH))
    assert pose["time_s"].to_list() == mesh["time_s"].to_list() == pytest.approx([i / 10 for i in range(FRAMES)])
    assert pose["status"].to_list() == mesh["status"].to_list() == ["ok"] * FRAMES
    assert pose["people_seen"].to_list() == [1, *[None] * (FRAMES - 1)]
    # the tip of the nose is point 1 of the mesh
    assert np.abs(np.diff(mesh["x"].to_numpy()[:, 1]) + 4).max() < 1.5
    assert np.abs(pose["nose_x"].to_numpy() - mesh["x"].to_numpy()[:, 1]).max() < 15
    assert str(FRAMES) in capsys.readouterr().out


def test_the_face_is_followed_without_a_body_too(clip, models_folder, tmp_path):
    """In the same places: the networks are the same, only the crop of the first detection differs."""
    _, with_body = run(clip, models_folder, tmp_path)
    alone = tmp_path / "alone.parquet"
    call(extract, video=clip, models=models_folder, mesh_out=alone, settings={"pose": {"backend": "none"}})
    mesh, other = base.read(alone, MESH), base.read(with_body, MESH)
    assert mesh["status"].to_list() == ["ok"] * FRAMES
    assert np.abs(mesh["x"].to_numpy() - other["x"].to_numpy()).max() < 3
    stamp = base.read_stamp(alone)
    assert len(stamp["models"]) == 2 and stamp["settings"]["pose"]["backend"] == "none"


def test_the_stamp_says_what_made_the_tables(clip, models_folder, tmp_path):
    for path in run(clip, models_folder, tmp_path, settings={"pose": {"min_visibility": 0.7}}):
        stamp = base.read_stamp(path)
        facts = {"reason": None, "code": "c0de", "frames_decoded": FRAMES, "inputs": {str(clip): atomic.sha256(clip)}}
        facts |= {"width": 400, "height": 400, "rotation": 0, "picture_start_s": 0, "sound_start_s": None}
        assert {name: stamp[name] for name in facts} == facts
        assert stamp["settings"]["pose"]["min_visibility"] == 0.7
        assert stamp["models"]["pose_detection"] == atomic.sha256(models_folder / "pose_detection.onnx")
        assert len(stamp["models"]) == 4
        assert {"av", "numpy", "opencv-contrib-python-headless"} < set(stamp["libraries"])


def test_a_part_of_the_video_keeps_the_files_own_times(clip, models_folder, tmp_path):
    pose_file, _ = run(clip, models_folder, tmp_path, start_s=0.2, end_s=0.4)
    pose = base.read(pose_file, POSE)
    assert pose["frame"].to_list() == [2, 3]
    assert pose["time_s"].to_list() == pytest.approx([0.2, 0.3])


def test_a_video_that_cannot_be_used_gives_empty_tables_and_the_reason(clip, models_folder, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    for video, more, reason in ((broken, {}, "unreadable"), (clip, {"start_s": 9}, "empty_segment")):
        for path, spec in zip(run(video, models_folder, tmp_path, **more), (POSE, MESH), strict=True):
            assert base.read(path, spec).is_empty()
            assert base.read_stamp(path)["reason"] == reason


@pytest.fixture
def stopped(clip, models_folder, tmp_path, monkeypatch, capsys):
    """Runs the step as a program, which has to end early without any file; what it says of it."""
    monkeypatch.chdir(tmp_path)

    def message(**changes: object) -> str:
        given = {"video": clip, "models": models_folder, "pose_out": "p", "mesh_out": "m", **changes}
        with pytest.raises(SystemExit) as ended:
            program.run(lambda: extract.main(command_line(**given)))
        assert ended.value.code == 1 and list(tmp_path.iterdir()) == []
        return capsys.readouterr().err

    return message


def test_what_is_missing_stops_the_step(stopped, tmp_path):
    assert "pose_detection.onnx" in stopped(models=tmp_path)
    assert "none.mp4" in stopped(video="none.mp4")


def test_a_gpu_that_is_not_there_stops_the_step(stopped):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime can use CUDA")
    assert "cuda" in stopped(device="cuda")


HEAVY = ("umap", "tslearn", "librosa", "matplotlib", "sklearn", "scipy", "snakemake", "onnx", "skimage")


def test_the_step_imports_nothing_that_only_later_stages_need():
    """Imports are paid once per video."""
    code = (
        "import sys, moodreel.steps.extract, moodreel.pose.blazepose, moodreel.face.mesh.facemesh; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(HEAVY)


@pytest.mark.parametrize("readable", [True, False])
def test_pandas_is_not_imported(clip, models_folder, tmp_path, readable):
    """It takes longer than the rest of a job's start, and pyarrow imports it where it is asked for an array."""
    video = clip if readable else tmp_path / "broken.mp4"
    if not readable:
        video.write_bytes(b"no video at all")
    out = {f"{name}_out": tmp_path / f"{name}.parquet" for name in ("pose", "mesh")}
    arguments = command_line(video=video, models=models_folder, **out)
    code = (
        f"import sys; from moodreel.steps import extract; extract.main({arguments}); sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT, timeout=120)
    assert base.read(tmp_path / "mesh.parquet", MESH).height == (FRAMES if readable else 0)
