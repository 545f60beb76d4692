"""TensorFlow Lite operators that move, join, cut or merge axes.

Axes of rank-4 tensors are in another order here than in the file, and the batch, 1 in the file, may be of any size.
"""

import numpy as np

from moodreel.networks.convert.build import NHWC_TO_NCHW, Builder, moves
from moodreel.networks.convert.operators import activate, converter
from moodreel.networks.convert.read import ConversionError, Operator


def _onnx_axis(axis: int, rank: int) -> int:
    """The axis of the ONNX value for an axis of a TensorFlow Lite tensor of `rank`, both counted from 0."""
    return NHWC_TO_NCHW.index(axis) if rank == 4 else axis


@converter("CONCATENATION")
def _concatenation(build: Builder, operator: Operator) -> None:
    rank = len(build.shape(operator.outputs[0]))
    axis = operator.options.Axis() % rank
    if any(tensor in build.graph.constants for tensor in operator.inputs):
        value = _concatenate_constants(build, operator, axis)
    else:
        value = build.node("Concat", *(build.value(tensor) for tensor in operator.inputs), axis=_onnx_axis(axis, rank))
    build.values[operator.outputs[0]] = activate(build, value, operator.options.FusedActivationFunction())


def _concatenate_constants(build: Builder, operator: Operator, axis: int) -> str:
    """Concatenate one computed tensor and constants: pad the tensor with zeros in their places, and add the constants.

    A constant has a batch of one and a computed tensor the batch of the input, so they cannot be joined directly.
    """
    shape = build.shape(operator.outputs[0])
    places = np.cumsum([0, *(build.shape(tensor)[axis] for tensor in operator.inputs)])
    constants = np.zeros(shape, np.float32)
    computed = []
    for tensor, start, end in zip(operator.inputs, places, places[1:], strict=False):
        if tensor in build.graph.constants:
            constants[(slice(None),) * axis + (slice(start, end),)] = build.graph.constants[tensor]
        else:
            computed.append((tensor, start, shape[axis] - end))
    if len(computed) != 1:
        raise ConversionError("several computed tensors and constants are not joined")
    ((tensor, before, after),) = computed
    rank = len(shape)
    pads = np.zeros((2, rank), np.int64)
    pads[:, _onnx_axis(axis, rank)] = before, after
    if rank == 4:
        constants = constants.transpose(NHWC_TO_NCHW)
    padded = build.node("Pad", build.value(tensor), build.constant(pads.ravel()))
    return build.node("Add", padded, build.constant(constants))


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
    shape = build.shape(operator.inputs[0])
    # A file may end by removing the batch axis; here outputs keep it.
    ends = options.ShrinkAxisMask() == 1 and shape[0] == 1 and operator.outputs[0] in build.graph.outputs
    if options.EllipsisMask() or options.NewAxisMask() or (options.ShrinkAxisMask() and not ends):
        raise ConversionError("a strided slice that adds or drops axes is not known")
    begins, stops, strides = (build.graph.constants[tensor] for tensor in operator.inputs[1:])
    slices = []
    for axis, size in enumerate(shape):
        begin = None if options.BeginMask() >> axis & 1 else int(begins[axis])
        end = None if options.EndMask() >> axis & 1 else int(stops[axis])
        slices.append(slice(begin, end, int(strides[axis])).indices(size))
    chosen = [axis for axis, (begin, end, stride) in enumerate(slices) if (begin, end, stride) != (0, shape[axis], 1)]
    if 0 in chosen or any(stride < 0 for _, _, stride in slices):
        raise ConversionError("a strided slice of the batch, or backwards, is not known")
    value = build.value(operator.inputs[0])
    if chosen:
        axes = [_onnx_axis(axis, len(shape)) for axis in chosen]
        parts = zip(*(slices[axis] for axis in chosen), strict=True)
        first, last, steps = (build.integers(*part) for part in parts)
        value = build.node("Slice", value, first, last, build.integers(*axes), steps)
    build.values[operator.outputs[0]] = value


@converter("TRANSPOSE")
def _transpose(build: Builder, operator: Operator) -> None:
    order = [int(axis) for axis in build.graph.constants[operator.inputs[1]]]
    if order[0] != 0:
        raise ConversionError(f"transposing by {order} moves the batch")
    rank = len(order)
    if rank == 4:
        order = [_onnx_axis(order[axis], rank) for axis in NHWC_TO_NCHW]
    build.values[operator.outputs[0]] = build.node("Transpose", build.value(operator.inputs[0]), perm=order)


@converter("SUM")
def _sum(build: Builder, operator: Operator) -> None:
    axes = build.integers(*_merged_axes(build, operator))
    build.values[operator.outputs[0]] = build.node("ReduceSum", build.value(operator.inputs[0]), axes, keepdims=1)


@converter("MEAN")
def _mean(build: Builder, operator: Operator) -> None:
    """A mean over one axis, as a 1x1 convolution of channels or a product with a matrix: the order in which ReduceMean
    adds depends on the batch."""
    axes = _merged_axes(build, operator)
    value = build.value(operator.inputs[0])
    shape = build.shape(operator.inputs[0])
    if len(shape) == 4 and axes == [1]:
        weights = np.full((1, shape[3], 1, 1), 1 / shape[3])
        value = build.node("Conv", value, build.constant(weights), kernel_shape=[1, 1])
    elif len(shape) == 3 and axes == [1]:
        value = build.node("MatMul", build.constant(np.full((1, shape[1]), 1 / shape[1])), value)
    else:
        raise ConversionError(f"MEAN of {shape} over other axes than channels of pixels, or points, is not known")
    build.values[operator.outputs[0]] = value


def _merged_axes(build: Builder, operator: Operator) -> list[int]:
    """The axes of the value that are reduced to length 1."""
    if not operator.options.KeepDims():
        raise ConversionError(f"{operator.kind} that drops axes is not known")
    rank = len(build.shape(operator.inputs[0]))
    axes = [int(axis) % rank for axis in build.graph.constants[operator.inputs[1]].ravel()]
    if 0 in axes:
        raise ConversionError(f"{operator.kind} over the batch is not known")
    return sorted(_onnx_axis(axis, rank) for axis in axes)
