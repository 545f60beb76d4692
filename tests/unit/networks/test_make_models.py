"""The step that makes the ONNX files, and what it says when it cannot."""

import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from moodreel.errors import UserError
from moodreel.networks import catalogue
from moodreel.networks.catalogue import Download, PublishedNetwork
from moodreel.networks.convert.convert import convert
from moodreel.networks.convert.read import ConversionError
from moodreel.networks.making import make
from moodreel.networks.signature import Head
from moodreel.settings.models import ModelsSettings
from moodreel.storage import atomic


def test_what_is_up_to_date_is_left_alone(models_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "sources").symlink_to((models_folder / "sources").resolve())
    (path,) = make(["face_detection_short_range"], tmp_path, ModelsSettings())
    before = path.stat().st_mtime_ns
    make(["face_detection_short_range"], tmp_path, ModelsSettings())
    assert path.stat().st_mtime_ns == before
    path.write_bytes(b"old")
    make(["face_detection_short_range"], tmp_path, ModelsSettings())
    assert path.stat().st_size > 200_000


def test_what_is_published_as_onnx_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"published"
    archive = tmp_path / "published.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("day/end2end.onnx", content)
    source = Download(url="https://example.invalid/published.zip", sha256=atomic.sha256(archive))
    model = PublishedNetwork("published", source, "end2end.onnx", sha256(content).hexdigest(), "Apache-2.0")
    monkeypatch.setitem(catalogue.MODELS, "published", model)
    made_at = set()
    for _ in range(2):
        (path,) = make(["published"], tmp_path / "models", ModelsSettings(mirror=str(tmp_path)))
        assert (path, path.read_bytes()) == (tmp_path / "models" / "published.onnx", content)
        made_at.add(path.stat().st_mtime_ns)
    assert len(made_at) == 1, "made again"


def test_every_name_is_checked_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'iris_landmark'"):
        make(["pose_detection", "iris_landmarks"], tmp_path, ModelsSettings())
    assert list(tmp_path.iterdir()) == []


def test_the_command_ends_in_one_line_and_status_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "moodreel.steps.models", "--out", str(tmp_path / "face_landmark.onnx")]
    command += ["--settings", '{"models": {"mirror": "nowhere"}}']
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        "moodreel: models.mirror: the folder nowhere does not exist; make it, or set models.mirror: null"
    ]


def test_what_is_no_tensorflow_lite_file_is_refused() -> None:
    with pytest.raises(ConversionError, match="not a TensorFlow Lite model"):
        convert(b"PK\x03\x04 a zip file", [Head("boxes", "Identity", (1,))], name="zip")
