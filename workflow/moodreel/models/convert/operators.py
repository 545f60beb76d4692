"""One converter per built-in TensorFlow Lite operator, registered by its name; those that become convolutions are in
`convolutions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tflite

from moodreel.models.convert.build import NHWC_TO_NCHW, Builder, moves
from moodreel.models.convert.held import Enlarged, Plane, Unfolded
from moodreel.models.convert.read import ConversionError, Operator

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
    """The same for a picture of so many channels that is not itself the result of a convolution.

    onnxruntime keeps its layout for convolutions (see `convolutions`) through a Relu, but through a Clip only where a
    convolution takes it over; so there is one that changes nothing.
    """
    if function == tflite.ActivationFunctionType.RELU6:
        value = scale_channels(build, value, np.ones(channels, dtype=np.float32))
    return activate(build, value, function)


def scale_channels(build: Builder, value: str, factors: np.ndarray) -> str:
    """Multiply each channel by its factor [shape=(channels,)], as a depthwise 1x1 convolution."""
    weights = build.constant(factors.reshape(-1, 1, 1, 1))
    return build.node("Conv", value, weights, kernel_shape=[1, 1], group=factors.size)


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis of `size` under TensorFlow's padding SAME; the odd one goes behind."""
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


def _elementwise(build: Builder, operator: Operator, kind: str) -> None:
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
    value = build.node(kind, *operands)
    function = operator.options.FusedActivationFunction()
    if rank == 4:
        value = activate_sum(build, value, function, channels=build.width(operator.outputs[0]))
    else:
        value = activate(build, value, function)
    build.values[operator.outputs[0]] = value


@converter("ADD")
def _add(build: Builder, operator: Operator) -> None:
    _elementwise(build, operator, "Add")


@converter("MUL")
def _mul(build: Builder, operator: Operator) -> None:
    matrix, *_ = operator.inputs
    if isinstance(held := build.held.get(matrix), Plane):
        build.held[operator.outputs[0]] = held.times(build, build.graph.constants[operator.inputs[1]])
        return
    _elementwise(build, operator, "Mul")


@converter("RELU")
def _relu(build: Builder, operator: Operator) -> None:
    build.values[operator.outputs[0]] = build.node("Relu", build.value(operator.inputs[0]))


@converter("LOGISTIC")
def _logistic(build: Builder, operator: Operator) -> None:
    build.values[operator.outputs[0]] = build.node("Sigmoid", build.value(operator.inputs[0]))


@converter("CONCATENATION")
def _concatenation(build: Builder, operator: Operator) -> None:
    rank = len(build.shape(operator.outputs[0]))
    axis = operator.options.Axis() % rank
    if rank == 4:
        axis = NHWC_TO_NCHW.index(axis)
    value = build.node("Concat", *(build.value(tensor) for tensor in operator.inputs), axis=axis)
    build.values[operator.outputs[0]] = activate(build, value, operator.options.FusedActivationFunction())


@converter("DEPTH_TO_SPACE")
def _depth_to_space(build: Builder, operator: Operator) -> None:
    # TensorFlow reads the channels as (row in block, column in block, channel): ONNX calls this DCR.
    build.held[operator.outputs[0]] = Unfolded(operator.inputs[0], operator.options.BlockSize())


@converter("RESIZE_BILINEAR")
def _resize_bilinear(build: Builder, operator: Operator) -> None:
    before, after = (build.shape(tensors[0]) for tensors in (operator.inputs, operator.outputs))
    scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], dtype=np.float32)

    def resize(value: str) -> str:
        return build.node(
            "Resize",
            value,
            "",
            build.constant(scales),
            mode="linear",
            coordinate_transformation_mode=_resize_coordinates(operator.options),
        )

    if (scales >= 1).all():
        build.held[operator.outputs[0]] = Enlarged(operator.inputs[0], resize)
    else:
        build.values[operator.outputs[0]] = resize(build.value(operator.inputs[0]))


def _resize_coordinates(options: Any) -> str:
    if options.AlignCorners():
        return "align_corners"
    return "half_pixel" if options.HalfPixelCenters() else "asymmetric"


@converter("RESHAPE")
def _reshape(build: Builder, operator: Operator) -> None:
    before, after = (build.shape(tensors[0]) for tensors in (operator.inputs, operator.outputs))
    if before[:1] != (1,) or after[:1] != (1,):
        raise ConversionError(f"reshape of {before} to {after} mixes the batch with other axes")
    value = build.value(operator.inputs[0])
    if moves(after):
        value = build.node("Transpose", build.reshape(value, before, after), perm=list(NHWC_TO_NCHW))
    else:
        value = build.reshape(value, before, [after[axis] for axis in NHWC_TO_NCHW] if len(after) == 4 else after)
    build.values[operator.outputs[0]] = value


@converter("STRIDED_SLICE")
def _strided_slice(build: Builder, operator: Operator) -> None:
    options = operator.options
    if options.EllipsisMask() or options.NewAxisMask() or options.ShrinkAxisMask():
        raise ConversionError("a strided slice that adds or drops axes is not known")
    shape = build.shape(operator.inputs[0])
    begins, ends, strides = (build.graph.constants[tensor] for tensor in operator.inputs[1:])
    slices = []
    for axis, size in enumerate(shape):
        begin = None if options.BeginMask() >> axis & 1 else int(begins[axis])
        end = None if options.EndMask() >> axis & 1 else int(ends[axis])
        slices.append(slice(begin, end, int(strides[axis])).indices(size))
    chosen = [axis for axis, (begin, end, stride) in enumerate(slices) if (begin, end, stride) != (0, shape[axis], 1)]
    if 0 in chosen or any(stride < 0 for _, _, stride in slices):
        raise ConversionError("a strided slice of the batch, or backwards, is not known")
    value = build.value(operator.inputs[0])
    if chosen:
        axes = [NHWC_TO_NCHW.index(axis) for axis in chosen] if len(shape) == 4 else chosen
        parts = zip(*(slices[axis] for axis in chosen), strict=True)
        begin, end, stride = (build.constant(np.array(part, dtype=np.int64)) for part in parts)
        value = build.node("Slice", value, begin, end, build.constant(np.array(axes, dtype=np.int64)), stride)
    build.values[operator.outputs[0]] = value
