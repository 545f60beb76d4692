"""Conversion of a Keras file (HDF5, Keras 2) to an ONNX file."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from moodreel.networks.convert.build import NHWC_TO_NCHW, Nodes
from moodreel.networks.convert.read import ConversionError

KERNEL_TO_ONNX = (3, 2, 0, 1)
"""Kernels are (height, width, in, out) in Keras, (out, in, height, width) in ONNX."""

DEPTHWISE_TO_ONNX = (2, 3, 0, 1)
"""Depthwise kernels are (height, width, in, multiplier) in Keras; in ONNX each channel is a group of its own."""


def convert(data: bytes, *, name: str, properties: Mapping[str, str] | None = None) -> bytes:
    """Convert the Keras network `data`, which takes one image and returns one vector; the same data give the same
    bytes.

    name: the graph's name.
    properties: what to keep in the file's metadata (source, licence).

    The input is `image` (batch, height, width, channel), the output `scores` (batch, class), both float32. Raises
    ConversionError where the file holds something unknown.
    """
    with h5py.File(io.BytesIO(data)) as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        weights = {layer["name"]: _weights(file["model_weights"][layer["name"]]) for layer in layers}
    build = Nodes()
    values: dict[str, str] = {}
    image_shape: list[int] = []
    for layer in layers:
        kind, converted = layer["class_name"], _Layer(build, layer["config"], weights[layer["name"]])
        if kind == "InputLayer":
            if values:
                raise ConversionError("only networks with one image as input are converted")
            image_shape = layer["config"]["batch_input_shape"][1:]
            values[layer["name"]] = build.node("Transpose", "image", perm=list(NHWC_TO_NCHW))
            continue
        if kind not in _CONVERTERS:
            raise ConversionError(f"layer {kind} is not known; known are InputLayer, {', '.join(sorted(_CONVERTERS))}")
        inputs = [values[source[0]] for source in layer["inbound_nodes"][0]]
        values[layer["name"]] = _CONVERTERS[kind](converted, *inputs)
    build.rename(values[layers[-1]["name"]], "scores")
    classes = next(len(arrays["bias"]) for arrays in reversed(weights.values()) if "bias" in arrays)
    return build.file(name, {"image": ["batch", *image_shape]}, {"scores": ["batch", classes]}, properties)


def _weights(group: h5py.Group) -> dict[str, np.ndarray]:
    """A layer's arrays by the last part of their names, such as `kernel`."""
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs["weight_names"]]
    return {name.split("/")[-1].split(":")[0]: np.asarray(group[name], dtype=np.float32) for name in names}


@dataclass(frozen=True)
class _Layer:
    """A layer: the graph that its nodes go to, its settings in the file, and its arrays."""

    build: Nodes
    settings: Mapping[str, Any]
    weights: Mapping[str, np.ndarray]

    def window(self, size: str) -> dict[str, Any]:
        """The attributes of a sliding window over an image. `size` names the setting with its size."""
        settings = self.settings
        if settings["data_format"] != "channels_last" or list(settings.get("dilation_rate", (1, 1))) != [1, 1]:
            raise ConversionError(f"layer {settings['name']}: only channels_last and no dilation are converted")
        padding = {"same": "SAME_UPPER", "valid": "VALID"}[settings["padding"]]
        return {"kernel_shape": settings[size], "strides": settings["strides"], "auto_pad": padding}

    def activation(self, value: str) -> str:
        """Apply the layer's own activation to `value`."""
        kind = self.settings["activation"]
        if kind == "linear":
            return value
        if kind == "softmax":
            return self.build.node("Softmax", value, axis=1)
        if kind == "relu":
            return self.build.node("Relu", value)
        raise ConversionError(f"layer {self.settings['name']}: activation {kind} is not known")

    def constants(self, *names: str) -> list[str]:
        """The layer's arrays of these names, as far as it has them."""
        return [self.build.constant(self.weights[name]) for name in names if name in self.weights]


def _convolution(layer: _Layer, image: str) -> str:
    kernel = layer.build.constant(layer.weights["kernel"].transpose(KERNEL_TO_ONNX))
    convolved = layer.build.node("Conv", image, kernel, *layer.constants("bias"), **layer.window("kernel_size"))
    return layer.activation(convolved)


def _separable_convolution(layer: _Layer, image: str) -> str:
    depthwise = layer.weights["depthwise_kernel"]
    height, width, channels, multiplier = depthwise.shape
    kernel = depthwise.transpose(DEPTHWISE_TO_ONNX).reshape(channels * multiplier, 1, height, width)
    each = layer.build.node("Conv", image, layer.build.constant(kernel), group=channels, **layer.window("kernel_size"))
    mixed = layer.build.constant(layer.weights["pointwise_kernel"].transpose(KERNEL_TO_ONNX))
    return layer.activation(layer.build.node("Conv", each, mixed, *layer.constants("bias")))


def _batch_normalization(layer: _Layer, value: str) -> str:
    if layer.settings["axis"] not in (-1, 3) or not (layer.settings["scale"] and layer.settings["center"]):
        raise ConversionError(f"layer {layer.settings['name']}: only of channels, with scale and centre")
    constants = layer.constants("gamma", "beta", "moving_mean", "moving_variance")
    return layer.build.node("BatchNormalization", value, *constants, epsilon=float(layer.settings["epsilon"]))


def _average(layer: _Layer, image: str) -> str:
    return layer.build.node("Flatten", layer.build.node("GlobalAveragePool", image))


_CONVERTERS: dict[str, Callable[..., str]] = {
    "Conv2D": _convolution,
    "SeparableConv2D": _separable_convolution,
    "BatchNormalization": _batch_normalization,
    "Activation": _Layer.activation,
    "MaxPooling2D": lambda layer, image: layer.build.node("MaxPool", image, **layer.window("pool_size")),
    "Add": lambda layer, first, second: layer.build.node("Add", first, second),
    "GlobalAveragePooling2D": _average,
}
