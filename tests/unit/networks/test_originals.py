"""The converted models answer as the originals do (reference.json; recorded by record_reference.py)."""

import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest

from moodreel.networks import catalogue, fetch
from moodreel.networks.convert.convert import convert
from moodreel.networks.convert.read import read
from moodreel.networks.session import Session, open_session
from unit.networks.crops import given

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text())

CONVERTED = [name for name, model in catalogue.MODELS.items() if isinstance(model, catalogue.Model)]

# Of an output's largest value. Measured on one machine: 4e-8 to 3e-6; other processors round differently.
TOLERANCE = 3e-5


@pytest.fixture
def session(name: str, request: pytest.FixtureRequest) -> Session:
    """The network `name`; those of the bundle are skipped without it."""
    folder = request.getfixturevalue("models_folder" if name in catalogue.EMBEDDED else "bundle_folder")
    return open_session(folder / f"{name}.onnx")


@pytest.mark.parametrize("name", CONVERTED)
def test_answers_as_the_original(name: str, session: Session) -> None:
    model = catalogue.MODELS[name]
    assert session.outputs == [head.name for head in model.heads]
    assert session.image_shape == model.input.shape
    answer = session.run(given(model))
    for output, recorded in REFERENCE[name].items():
        values = answer[output].astype(np.float64)
        assert list(values.shape) == recorded["shape"]
        assert np.linalg.norm(values) == pytest.approx(recorded["norm"], rel=TOLERANCE)
        found, tolerance = values.ravel()[recorded["index"]], TOLERANCE * recorded["largest"]
        np.testing.assert_allclose(found, recorded["values"], rtol=0, atol=tolerance, err_msg=f"{name}: {output}")


def test_the_bundles_detector_is_the_wheels(shared: Path, models_folder: Path) -> None:
    """So one of the two is enough."""
    with zipfile.ZipFile(fetch.archive(catalogue.FACE_LANDMARKER, folder=models_folder, mirror=shared / "models")) as b:
        bundled = read(b.read("face_detector.tflite"))
    ours = read(fetch.original(catalogue.MODELS["face_detection_short_range"], folder=models_folder))
    assert [operator.kind for operator in bundled.operators] == [operator.kind for operator in ours.operators]
    for theirs, own in zip(bundled.operators, ours.operators, strict=True):
        for one, other in zip(theirs.inputs, own.inputs, strict=True):
            np.testing.assert_array_equal(bundled.constants.get(one, 0), ours.constants.get(other, 0))


@pytest.mark.parametrize("name", CONVERTED)
def test_a_batch_answers_as_its_images_alone(name: str, session: Session) -> None:
    asked = given(catalogue.MODELS[name])
    together = session.run(asked)
    for i in range(len(asked)):
        for output, values in session.run(asked[i : i + 1]).items():
            np.testing.assert_array_equal(values[0], together[output][i], err_msg=f"{name}: {output}")


def test_neither_a_fixed_batch_nor_where_a_face_lies_and_its_size_change_a_blendshape(bundle_folder: Path) -> None:
    path, asked = bundle_folder / "face_blendshapes.onnx", given(catalogue.MODELS["face_blendshapes"])
    session = open_session(path)
    scores = session.run(asked)["scores"]
    np.testing.assert_array_equal(open_session(path, batch=5).run(asked)["scores"], scores)
    elsewhere = session.run(asked * np.float32(0.5) + np.float32(40))["scores"]
    np.testing.assert_allclose(elsewhere, scores, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["face_landmark_with_attention", "face_detection_full_range_sparse"])
def test_the_same_bytes_every_time(name: str, models_folder: Path) -> None:
    model = catalogue.MODELS[name]
    data = fetch.original(model, folder=models_folder)
    assert len({convert(data, model.heads, name=name) for _ in range(2)}) == 1


def test_the_pose_model_goes_without_its_segmentation(models_folder: Path) -> None:
    """Its decoder is the only part that works at the full 128 and 256 pixels after the landmarks."""
    kinds = [node.op_type for node in onnx.load(models_folder / "pose_landmark_full.onnx").graph.node]
    assert kinds.count("Resize") == 3  # of five
    assert kinds.count("Conv") < 58 + 38  # as many as TensorFlow Lite counts


def test_the_pose_detector_stays_in_one_layout(models_folder: Path) -> None:
    """Every rearrangement of pixels is taken over by a convolution; what is left orders the six heads' results."""
    kinds = [node.op_type for node in onnx.load(models_folder / "pose_detection.onnx").graph.node]
    assert (kinds.count("DepthToSpace"), kinds.count("Transpose")) == (0, 6)


def test_weights_stay_half_precision_in_the_file(models_folder: Path) -> None:
    with zipfile.ZipFile(fetch.archive(catalogue.MEDIAPIPE, folder=models_folder)) as wheel:
        original = wheel.getinfo(catalogue.MODELS["pose_landmark_full"].member).file_size
    assert (models_folder / "pose_landmark_full.onnx").stat().st_size < original


def test_the_file_says_what_it_was_made_from(models_folder: Path) -> None:
    entries = onnx.load(models_folder / "iris_landmark.onnx").metadata_props
    properties = {entry.key: entry.value for entry in entries}
    assert properties | {"sha256": catalogue.declared_hash("iris_landmark"), "licence": "Apache-2.0"} == properties
