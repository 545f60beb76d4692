"""TensorFlow Lite operators that become convolutions, and the deferred tensors that a convolution absorbs.

onnxruntime computes convolutions, pooling and sums of their results in a layout of its own (blocks of channels).
Any other operator between them converts the tensor out of that layout and back, which costs more than a convolution
with the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tflite

from moodreel.networks.convert.build import NHWC_TO_NCHW, Builder
from moodreel.networks.convert.held import ChannelsLast, DeferredBlocks, DeferredPadding, DeferredResize, DeferredSum
from moodreel.networks.convert.operators import activate, activate_sum, converter, same_padding, scale_channels
from moodreel.networks.convert.read import ConversionError, Operator
from moodreel.networks.convert.widths import fill


@dataclass(frozen=True)
class Kernel:
    """Weights (out, in / groups, height, width), bias (out,) or None, and how they move over the picture.

    `pads` are zeros before and after the rows and the columns.
    """

    weights: np.ndarray
    bias: np.ndarray | None
    groups: int
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[tuple[int, int], tuple[int, int]]

    @property
    def pointwise(self) -> bool:
        """Whether each pixel of the result comes from one pixel, in the same place, and all of its channels."""
        alone = self.weights.shape[2:] == self.strides == (1, 1) and self.pads == ((0, 0), (0, 0))
        return alone and self.groups == 1

    @property
    def depthwise(self) -> bool:
        """Whether each channel of the result comes from the same one channel."""
        return self.weights.shape[:2] == (self.groups, 1)


def _add_kernel(build: Builder, value: str, kernel: Kernel) -> str:
    inputs = [value, build.constant(kernel.weights)]
    if kernel.bias is not None:
        inputs.append(build.constant(kernel.bias))
    (top, bottom), (left, right) = kernel.pads
    return build.node(
        "Conv",
        *inputs,
        kernel_shape=list(kernel.weights.shape[2:]),
        strides=list(kernel.strides),
        dilations=list(kernel.dilations),
        pads=[top, left, bottom, right],
        group=kernel.groups,
    )


def _convolution(build: Builder, operator: Operator, weights: np.ndarray, groups: int) -> None:
    """Add a convolution with `weights` (out, in / groups, height, width) and its bias, padding and activation."""
    options = operator.options
    source, output = operator.inputs[0], operator.outputs[0]
    strides = (options.StrideH(), options.StrideW())
    dilations = (options.DilationHFactor(), options.DilationWFactor())
    rows, columns = (0, 0), (0, 0)
    if options.Padding() == tflite.Padding.SAME:
        rows, columns = (
            same_padding(build.shape(source)[axis + 1], weights.shape[axis + 2], strides[axis], dilations[axis])
            for axis in (0, 1)
        )
    elif isinstance(padded := build.held.get(source), DeferredPadding):
        source, rows, columns = padded.source, padded.height, padded.width
    has_bias = len(operator.inputs) > 2 and operator.inputs[2] >= 0
    bias = fill(build.graph.constants[operator.inputs[2]], build.width(output)) if has_bias else None
    kernel = Kernel(weights, bias, groups, strides, dilations, (rows, columns))

    held = build.held.get(source)
    activation = options.FusedActivationFunction()
    if isinstance(held, ChannelsLast) and groups == 1 and dilations[1] == 1:
        value = _of_channels_last(build, held, build.shape(source), kernel)
    elif isinstance(held, DeferredResize) and kernel.pointwise:
        value = held.enlarge(_add_kernel(build, build.value(held.source), kernel))
        build.values[output] = activate_sum(build, value, activation, channels=len(weights))
        return
    elif isinstance(held, DeferredSum) and kernel.pointwise:
        repeated = replace(kernel, weights=np.tile(weights, (1, held.terms, 1, 1)))
        value = _add_kernel(build, held.value, repeated)
    elif isinstance(held, DeferredBlocks) and kernel.depthwise and strides == (held.size,) * 2 and dilations == (1, 1):
        terms = held.size**2
        folded = _fold(kernel, held.size, build.shape(held.source)[1:3], build.shape(output)[1:3])
        summed = DeferredSum(_add_kernel(build, build.value(held.source), folded), terms, groups)
        if activation == tflite.ActivationFunctionType.NONE:
            build.held[output] = summed
            return
        value = summed.write(build)
    else:
        value = _add_kernel(build, build.value(source), kernel)
    build.values[output] = activate(build, value, activation)


def _of_channels_last(build: Builder, image: ChannelsLast, shape: tuple[int, ...], kernel: Kernel) -> str:
    """Convolve an image (batch, height, width, channel) in this order: as one channel with all channels of a pixel side
    by side in the row, over which the kernel, made wider likewise, steps by whole pixels."""
    _, height, width, channels = shape
    row = build.node("Reshape", image.value, build.integers(0, 1, height, width * channels))
    weights = kernel.weights.transpose(0, 2, 3, 1)
    down, across = kernel.strides
    above, (left, right) = kernel.pads
    wide = replace(
        kernel,
        weights=weights.reshape(weights.shape[0], 1, weights.shape[1], -1),
        strides=(down, across * channels),
        pads=(above, (left * channels, right * channels)),
    )
    return _add_kernel(build, row, wide)


def _fold(kernel: Kernel, size: int, before: Sequence[int], after: Sequence[int]) -> Kernel:
    """The depthwise kernel that reads blocks of size x size pixels where they still are channels of one pixel.

    kernel: a depthwise kernel that steps by whole blocks.
    before: rows and columns of its input, in blocks.
    after: rows and columns of its result.

    The result has the channels (row in block, column in block, channel), whose sum over the block is that of `kernel`.
    """
    # Tap k of a kernel with p zeros before it falls on pixel (k - p) mod size of the block (k - p) // size further on.
    (height, width), (above, before_left) = kernel.weights.shape[2:], (pads[0] for pads in kernel.pads)
    block_y, row = np.divmod(np.arange(height) - above, size)
    block_x, column = np.divmod(np.arange(width) - before_left, size)
    top, left = -block_y.min(), -block_x.min()
    folded = np.zeros(
        (size, size, kernel.groups, 1, block_y.max() + top + 1, block_x.max() + left + 1), kernel.weights.dtype
    )
    for y, x in np.ndindex(height, width):
        folded[row[y], column[x], :, :, block_y[y] + top, block_x[x] + left] = kernel.weights[:, :, y, x]
    vertical, horizontal = (
        (int(first), int(wanted - given - first + reach - 1))
        for first, given, wanted, reach in zip((top, left), before, after, folded.shape[4:], strict=True)
    )
    return Kernel(
        weights=folded.reshape(-1, *folded.shape[3:]),
        bias=None if kernel.bias is None else fill(kernel.bias, kernel.groups * size**2),
        groups=kernel.groups * size**2,
        strides=(1, 1),
        dilations=(1, 1),
        pads=(vertical, horizontal),
    )


@converter("CONV_2D")
def _conv_2d(build: Builder, operator: Operator) -> None:
    weights = build.graph.constants[operator.inputs[1]].transpose(NHWC_TO_NCHW)
    groups, remainder = divmod(build.shape(operator.inputs[0])[3], weights.shape[1])
    if remainder:
        raise ConversionError(f"{build.graph.names[operator.outputs[0]]}: channels do not fit the weights")
    if groups == 1:
        weights = fill(weights, build.width(operator.outputs[0]), build.width(operator.inputs[0]))
    _convolution(build, operator, weights, groups)


@converter("DEPTHWISE_CONV_2D")
def _depthwise_conv_2d(build: Builder, operator: Operator) -> None:
    weights = build.graph.constants[operator.inputs[1]].transpose(3, 0, 1, 2)
    weights = fill(weights, build.width(operator.outputs[0]))
    _convolution(build, operator, weights, groups=build.width(operator.inputs[0]))


@converter("PAD")
def _pad(build: Builder, operator: Operator) -> None:
    amounts = build.graph.constants[operator.inputs[1]].astype(np.int64)
    if len(amounts) == 4 and not amounts[0].any() and not amounts[3].any():
        height, width = ((int(before), int(after)) for before, after in amounts[1:3])
        build.held[operator.outputs[0]] = DeferredPadding(operator.inputs[0], height, width)
        return
    if len(amounts) != 4 or amounts[:3].any():
        raise ConversionError(f"padding {amounts.tolist()} of other axes than height and width, or the channels")
    # More channels come from a convolution with the identity and not from a Pad: onnxruntime computes convolutions in a
    # layout of its own, and any operator but convolution and pooling leaves that layout.
    before, _ = amounts[3]
    channels, wanted = build.width(operator.inputs[0]), build.width(operator.outputs[0])
    weights = np.eye(wanted, channels, k=-int(before), dtype=np.float16).reshape(wanted, channels, 1, 1)
    source = build.value(operator.inputs[0])
    if channels != wanted:
        source = build.node("Conv", source, build.constant(weights), kernel_shape=[1, 1])
    build.values[operator.outputs[0]] = source


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
    slopes = fill(slopes.ravel(), build.width(operator.inputs[0]))
    source = build.value(operator.inputs[0])
    negative = build.node("Relu", scale_channels(build, source, np.full(len(slopes), -1, dtype=np.float32)))
    build.values[operator.outputs[0]] = build.node("Add", scale_channels(build, negative, 1 - slopes), source)
