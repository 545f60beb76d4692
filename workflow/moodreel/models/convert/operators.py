"""One converter per built-in TensorFlow Lite operator, registered by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tflite

from moodreel.models.convert.build import NHWC_TO_NCHW, Builder, Padded, moves
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


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis of `size` under TensorFlow's padding SAME; the odd one goes behind."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def _convolution(build: Builder, operator: Operator, weights: np.ndarray, groups: int) -> None:
    """Add a convolution with `weights` (out, in / groups, height, width) and its bias, padding and activation."""
    options = operator.options
    data = operator.inputs[0]
    strides = (options.StrideH(), options.StrideW())
    dilations = (options.DilationHFactor(), options.DilationWFactor())
    if options.Padding() == tflite.Padding.SAME:
        source = build.value(data)
        (top, bottom), (left, right) = (
            same_padding(build.shape(data)[axis + 1], weights.shape[axis + 2], strides[axis], dilations[axis])
            for axis in (0, 1)
        )
    elif data in build.padded:
        padded = build.padded[data]
        source = build.value(padded.source)
        (top, bottom), (left, right) = padded.height, padded.width
    else:
        source = build.value(data)
        top = bottom = left = right = 0
    inputs = [source, build.constant(weights)]
    if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
        inputs.append(build.constant(build.graph.constants[operator.inputs[2]]))
    value = build.node(
        "Conv",
        *inputs,
        kernel_shape=list(weights.shape[2:]),
        strides=list(strides),
        dilations=list(dilations),
        pads=[top, left, bottom, right],
        group=groups,
    )
    build.values[operator.outputs[0]] = activate(build, value, options.FusedActivationFunction())


@converter("CONV_2D")
def _conv_2d(build: Builder, operator: Operator) -> None:
    weights = build.graph.constants[operator.inputs[1]].transpose(NHWC_TO_NCHW)
    groups, remainder = divmod(build.shape(operator.inputs[0])[3], weights.shape[1])
    if remainder:
        raise ConversionError(f"{build.graph.names[operator.outputs[0]]}: channels do not fit the weights")
    _convolution(build, operator, weights, groups)


@converter("DEPTHWISE_CONV_2D")
def _depthwise_conv_2d(build: Builder, operator: Operator) -> None:
    weights = build.graph.constants[operator.inputs[1]].transpose(3, 0, 1, 2)
    _convolution(build, operator, weights, groups=build.shape(operator.inputs[0])[3])


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


@converter("PAD")
def _pad(build: Builder, operator: Operator) -> None:
    amounts = build.graph.constants[operator.inputs[1]].astype(np.int64)
    if len(amounts) == 4 and not amounts[0].any() and not amounts[3].any():
        height, width = (tuple(int(n) for n in amounts[axis]) for axis in (1, 2))
        build.padded[operator.outputs[0]] = Padded(operator.inputs[0], height, width)
        return
    if len(amounts) != 4 or amounts[:3].any():
        raise ConversionError(f"padding {amounts.tolist()} of other axes than height and width, or the channels")
    # More channels come from a convolution with the identity and not from a Pad: onnxruntime computes convolutions in a
    # layout of its own, and whatever is no convolution or pooling throws all that follows out of it.
    before, _ = amounts[3]
    channels, wanted = build.shape(operator.inputs[0])[3], build.shape(operator.outputs[0])[3]
    weights = np.eye(wanted, channels, k=-int(before), dtype=np.float16).reshape(wanted, channels, 1, 1)
    source = build.value(operator.inputs[0])
    build.values[operator.outputs[0]] = build.node("Conv", source, build.constant(weights), kernel_shape=[1, 1])


@converter("PRELU")
def _prelu(build: Builder, operator: Operator) -> None:
    """x + (1 - slope) relu(-x), as two depthwise 1x1 convolutions, because onnxruntime's own PRelu is slow on a CPU.

    Holds for every slope, also outside [0, 1], and is exact for x >= 0. onnxruntime merges the Relu into the first
    convolution and the sum into the second.
    """
    slopes = build.graph.constants[operator.inputs[1]].astype(np.float32)
    channels = build.shape(operator.inputs[0])[3]
    if slopes.size != channels:
        raise ConversionError(f"{build.graph.names[operator.outputs[0]]}: PRELU with other than one slope per channel")
    source = build.value(operator.inputs[0])
    negative = build.node("Relu", _scale_channels(build, source, np.full(channels, -1, dtype=np.float32)))
    build.values[operator.outputs[0]] = build.node("Add", _scale_channels(build, negative, 1 - slopes), source)


def _scale_channels(build: Builder, value: str, factors: np.ndarray) -> str:
    """Multiply each channel by its factor [shape=(channels,)], as a depthwise 1x1 convolution."""
    weights = build.constant(factors.reshape(-1, 1, 1, 1))
    return build.node("Conv", value, weights, kernel_shape=[1, 1], group=factors.size)


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
    build.values[operator.outputs[0]] = activate(build, value, operator.options.FusedActivationFunction())


@converter("ADD")
def _add(build: Builder, operator: Operator) -> None:
    _elementwise(build, operator, "Add")


@converter("MUL")
def _mul(build: Builder, operator: Operator) -> None:
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
    build.values[operator.outputs[0]] = build.node(
        "DepthToSpace", build.value(operator.inputs[0]), blocksize=operator.options.BlockSize(), mode="DCR"
    )


@converter("RESIZE_BILINEAR")
def _resize_bilinear(build: Builder, operator: Operator) -> None:
    before, after = (build.shape(tensors[0]) for tensors in (operator.inputs, operator.outputs))
    scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], dtype=np.float32)
    build.values[operator.outputs[0]] = build.node(
        "Resize",
        build.value(operator.inputs[0]),
        "",
        build.constant(scales),
        mode="linear",
        coordinate_transformation_mode=_resize_coordinates(operator.options),
    )


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
