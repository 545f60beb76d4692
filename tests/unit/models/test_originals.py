"""The converted models answer as the originals do (reference.json; recorded by record_reference.py)."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest

from moodreel.models import catalogue, fetch
from moodreel.models.convert.convert import convert
from moodreel.models.session import Session, open_session
from moodreel.settings.models import ModelsSettings
from moodreel.steps.models import make
from unit.models.crops import images

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text())

# Of an output's largest value. Measured on one machine: 4e-8 to 3e-6; other processors round differently.
TOLERANCE = 3e-5


def answers(name: str, session: Session) -> dict[str, np.ndarray]:
    model = catalogue.MODELS[name]
    return session.run(images(name, model.input_px, model.input_range))


def assert_as_recorded(name: str, answer: dict[str, np.ndarray]) -> None:
    for output, recorded in REFERENCE[name].items():
        values = answer[output].astype(np.float64)
        assert list(values.shape) == recorded["shape"]
        assert np.linalg.norm(values) == pytest.approx(recorded["norm"], rel=TOLERANCE)
        np.testing.assert_allclose(
            values.ravel()[recorded["index"]],
            recorded["values"],
            rtol=0,
            atol=TOLERANCE * recorded["largest"],
            err_msg=f"{name}: {output}",
        )


@pytest.mark.parametrize("name", catalogue.EMBEDDED)
def test_answers_as_the_original(name: str, models_folder: Path) -> None:
    session = open_session(models_folder / f"{name}.onnx")
    assert session.outputs == [head.name for head in catalogue.MODELS[name].heads]
    assert_as_recorded(name, answers(name, session))


def test_the_bundle_in_the_mirror_answers_as_the_original(shared: Path, tmp_path: Path) -> None:
    (path,) = make(["face_landmarks_detector"], tmp_path, ModelsSettings(mirror=str(shared / "models")))
    assert_as_recorded("face_landmarks_detector", answers("face_landmarks_detector", open_session(path)))


@pytest.mark.parametrize("name", catalogue.EMBEDDED)
def test_a_batch_answers_as_its_images_alone(name: str, models_folder: Path) -> None:
    session = open_session(models_folder / f"{name}.onnx")
    model = catalogue.MODELS[name]
    pictures = images(name, model.input_px, model.input_range)
    together = session.run(pictures)
    for i in range(len(pictures)):
        for output, values in session.run(pictures[i : i + 1]).items():
            np.testing.assert_array_equal(values[0], together[output][i], err_msg=f"{name}: {output}")


@pytest.mark.parametrize("name", ["face_landmark_with_attention", "face_detection_full_range_sparse"])
def test_the_same_bytes_every_time(name: str, models_folder: Path) -> None:
    model = catalogue.MODELS[name]
    data = fetch.original(model, folder=models_folder)
    first, second = (convert(data, model.heads, name=name) for _ in range(2))
    assert sha256(first).hexdigest() == sha256(second).hexdigest()


def test_the_pose_model_goes_without_its_segmentation(models_folder: Path) -> None:
    """Its decoder is the only part that works at the full 128 and 256 pixels after the landmarks."""
    model = onnx.load(models_folder / "pose_landmark_full.onnx")
    assert sum(node.op_type == "Resize" for node in model.graph.node) == 3  # of five
    # TensorFlow Lite counts 58 + 38 convolutions.
    assert sum(node.op_type == "Conv" for node in model.graph.node) < 58 + 38


def test_the_pose_detector_stays_in_one_layout(models_folder: Path) -> None:
    """Every rearrangement of pixels is taken over by a convolution; what is left orders the six heads' results."""
    model = onnx.load(models_folder / "pose_detection.onnx")
    kinds = [node.op_type for node in model.graph.node]
    assert "DepthToSpace" not in kinds
    assert kinds.count("Transpose") == 6


def test_weights_stay_half_precision_in_the_file(models_folder: Path) -> None:
    with zipfile.ZipFile(fetch.archive(catalogue.MEDIAPIPE, folder=models_folder)) as wheel:
        original = wheel.getinfo(catalogue.MODELS["pose_landmark_full"].member).file_size
    assert (models_folder / "pose_landmark_full.onnx").stat().st_size < original


def test_the_file_says_what_it_was_made_from(models_folder: Path) -> None:
    model = onnx.load(models_folder / "iris_landmark.onnx")
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["sha256"] == catalogue.sha256("iris_landmark")
    assert properties["licence"] == "Apache-2.0"


def test_the_irises_lie_between_the_lids(models_folder: Path) -> None:
    """Which points a branch refines is read from the file; mixed-up eyes would put an iris on the other side."""
    name = "face_landmark_with_attention"
    mesh = answers(name, open_session(models_folder / f"{name}.onnx"))["mesh"]
    for iris, (corner, other) in {468: (33, 133), 473: (362, 263)}.items():
        assert (mesh[:, corner, 0] < mesh[:, iris, 0]).all()
        assert (mesh[:, iris, 0] < mesh[:, other, 0]).all()
