"""One converter per built-in TensorFlow Lite operator, registered by its name; those that become convolutions are in
`convolutions`, those that move, join, cut or merge axes in `axes`."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import tflite

from moodreel.networks.convert.build import NHWC_TO_NCHW, Builder
from moodreel.networks.convert.held import DeferredBlocks, DeferredResize, Plane
from moodreel.networks.convert.read import ConversionError, Operator

CONVERTERS: dict[str, Callable[[Builder, Operator], None]] = {}


def converter(kind: str) -> Callable[[Callable[[Builder, Operator], None]], Callable[[Builder, Operator], None]]:
    """Register the decorated function for the TensorFlow Lite operator `kind`."""

    def register(function: Callable[[Builder, Operator], None]) -> Callable[[Builder, Operator], None]:
        CONVERTERS[kind] = function
        return function

    return register


def activate(build: Builder, value: str, function: int) -> str:
    """Apply the activation function fused into a TensorFlow Lite operator."""
    if function == tflite.ActivationFunctionType.NONE:
        return value
    if function == tflite.ActivationFunctionType.RELU:
        return build.node("Relu", value)
    if function == tflite.ActivationFunctionType.RELU6:
        bounds = (build.constant(np.array(bound, dtype=np.float32)) for bound in (0.0, 6.0))
        return build.node("Clip", value, *bounds)
    raise ConversionError(f"fused activation function {function} is not known")


def activate_sum(build: Builder, value: str, function: int, channels: int) -> str:
    """Apply the activation to a picture with `channels` channels that is not the result of a convolution.

    onnxruntime keeps its layout for convolutions (see `convolutions`) through a Relu, but through a Clip only where it
    merges it into a convolution; so one that changes nothing is added before.
    """
    if function == tflite.ActivationFunctionType.RELU6:
        value = scale_channels(build, value, np.ones(channels, dtype=np.float32))
    return activate(build, value, function)


def scale_channels(build: Builder, value: str, factors: np.ndarray) -> str:
    """Multiply each channel by its factor [shape=(channels,)], as a depthwise 1x1 convolution."""
    weights = build.constant(factors.reshape(-1, 1, 1, 1))
    return build.node("Conv", value, weights, kernel_shape=[1, 1], group=factors.size)


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis of `size` under TensorFlow's padding SAME; an odd one is added after."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


@converter("MAX_POOL_2D")
def _max_pool_2d(build: Builder, operator: Operator) -> None:
    options = operator.options
    _, height, width, _ = build.shape(operator.inputs[0])
    kernel = (options.FilterHeight(), options.FilterWidth())
    strides = (options.StrideH(), options.StrideW())
    top, bottom, left, right = 0, 0, 0, 0
    if options.Padding() == tflite.Padding.SAME:
        top, bottom = same_padding(height, kernel[0], strides[0])
        left, right = same_padding(width, kernel[1], strides[1])
    value = build.node(
        "MaxPool",
        build.value(operator.inputs[0]),
        kernel_shape=list(kernel),
        strides=list(strides),
        pads=[top, left, bottom, right],
    )
    build.values[operator.outputs[0]] = activate(build, value, options.FusedActivationFunction())


def _operands(build: Builder, operator: Operator) -> list[str]:
    """The inputs of an elementwise operator; constants of a lower rank are broadcast along the first axes."""
    rank = len(build.shape(operator.outputs[0]))
    operands = []
    for tensor in operator.inputs:
        if tensor not in build.graph.constants:
            operands.append(build.value(tensor))
            continue
        constant = build.graph.constants[tensor]
        if rank == 4:
            constant = constant.reshape((1,) * (4 - constant.ndim) + constant.shape).transpose(NHWC_TO_NCHW)
        operands.append(build.constant(constant))
    return operands


def _elementwise(build: Builder, operator: Operator, *, kind: str) -> None:
    """Convert to the ONNX operator `kind`, which is elementwise on two inputs."""
    value = build.node(kind, *_operands(build, operator))
    function = operator.options.FusedActivationFunction()
    if len(build.shape(operator.outputs[0])) == 4:
        value = activate_sum(build, value, function, channels=build.width(operator.outputs[0]))
    else:
        value = activate(build, value, function)
    build.values[operator.outputs[0]] = value


@converter("MUL")
def _mul(build: Builder, operator: Operator) -> None:
    matrix, *_ = operator.inputs
    if isinstance(held := build.held.get(matrix), Plane):
        build.held[operator.outputs[0]] = held.times(build, build.graph.constants[operator.inputs[1]])
        return
    _elementwise(build, operator, kind="Mul")


def _unary(build: Builder, operator: Operator, *, kinds: Sequence[str]) -> None:
    """Convert to the ONNX operators `kinds`, one after the other, each elementwise on one input."""
    value = build.value(operator.inputs[0])
    for kind in kinds:
        value = build.node(kind, value)
    build.values[operator.outputs[0]] = value


CONVERTERS |= {
    "ADD": partial(_elementwise, kind="Add"),
    "SUB": partial(_elementwise, kind="Sub"),
    "DIV": partial(_elementwise, kind="Div"),
    "LOGISTIC": partial(_unary, kinds=["Sigmoid"]),
    "NEG": partial(_unary, kinds=["Neg"]),
    "RELU": partial(_unary, kinds=["Relu"]),
    "RSQRT": partial(_unary, kinds=["Sqrt", "Reciprocal"]),
    "SQRT": partial(_unary, kinds=["Sqrt"]),
}


@converter("SQUARED_DIFFERENCE")
def _squared_difference(build: Builder, operator: Operator) -> None:
    difference = build.node("Sub", *_operands(build, operator))
    build.values[operator.outputs[0]] = build.node("Mul", difference, difference)


@converter("DEPTH_TO_SPACE")
def _depth_to_space(build: Builder, operator: Operator) -> None:
    # TensorFlow reads the channels as (row in block, column in block, channel): ONNX calls this DCR.
    build.held[operator.outputs[0]] = DeferredBlocks(operator.inputs[0], operator.options.BlockSize())


@converter("RESIZE_BILINEAR")
def _resize_bilinear(build: Builder, operator: Operator) -> None:
    before, after = (build.shape(tensors[0]) for tensors in (operator.inputs, operator.outputs))
    scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], dtype=np.float32)

    coordinates = "half_pixel" if operator.options.HalfPixelCenters() else "asymmetric"
    if operator.options.AlignCorners():
        coordinates = "align_corners"

    def resize(value: str) -> str:
        size = build.constant(scales)
        return build.node("Resize", value, "", size, mode="linear", coordinate_transformation_mode=coordinates)

    if (scales >= 1).all():
        build.held[operator.outputs[0]] = DeferredResize(operator.inputs[0], resize)
    else:
        build.values[operator.outputs[0]] = resize(build.value(operator.inputs[0]))
