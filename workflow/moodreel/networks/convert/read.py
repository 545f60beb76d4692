"""The TensorFlow Lite flatbuffer as plain Python objects: operators, shapes, and constants as arrays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite
from flatbuffers import flexbuffers

from moodreel.networks.convert.sparse import densify

_DTYPES = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
    tflite.TensorType.INT64: np.dtype("<i8"),
}
_KINDS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_OPTIONS = {code: name for name, code in vars(tflite.BuiltinOptions).items() if isinstance(code, int)}


class ConversionError(ValueError):
    """The file holds something that the converter does not support; the message names it."""


@dataclass(frozen=True)
class Operator:
    """One operator: its TensorFlow Lite name (custom operators: their own), tensors by index, and options.

    `options` is the flatbuffer table of a built-in operator (None where it has none) or the dict of a custom one.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any


@dataclass(frozen=True)
class Graph:
    """A TensorFlow Lite graph with one subgraph. Tensors are identified by index.

    `constants` already holds what DEQUANTIZE and DENSIFY make of constants (half precision stays half precision), so
    these two operators do not appear in `operators`.
    """

    operators: tuple[Operator, ...]
    shapes: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    constants: dict[int, np.ndarray]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def output(self, name: str) -> int:
        """Index of the output tensor `name`. Raises ConversionError, which names the existing outputs."""
        for index in self.outputs:
            if self.names[index] == name:
                return index
        known = ", ".join(self.names[index] for index in self.outputs)
        raise ConversionError(f"no output '{name}'; the network's outputs are {known}")

    def needed_for(self, wanted: Iterable[int]) -> list[Operator]:
        """The operators, in order, without which the tensors `wanted` cannot be computed."""
        needed = set(wanted)
        kept = []
        for operator in reversed(self.operators):
            if needed.intersection(operator.outputs):
                needed.update(operator.inputs)
                kept.append(operator)
        return kept[::-1]


def read(data: bytes) -> Graph:
    """Parse a TensorFlow Lite model file.

    Raises ConversionError where the file is no TensorFlow Lite model, has several subgraphs, or dequantises
    anything but half-precision constants.
    """
    if data[4:8] != b"TFL3":
        raise ConversionError("not a TensorFlow Lite model (its identifier TFL3 is missing)")
    model = tflite.Model.GetRootAsModel(data, 0)
    if model.SubgraphsLength() != 1:
        raise ConversionError(f"{model.SubgraphsLength()} subgraphs; only models with one are converted")
    subgraph = model.Subgraphs(0)
    tensors = [subgraph.Tensors(i) for i in range(subgraph.TensorsLength())]
    constants = {i: array for i, tensor in enumerate(tensors) if (array := _constant(model, tensor)) is not None}

    operators = []
    for i in range(subgraph.OperatorsLength()):
        operator = _operator(model, subgraph.Operators(i))
        if operator.kind not in ("DEQUANTIZE", "DENSIFY"):
            operators.append(operator)
        elif operator.inputs[0] in constants:
            constants[operator.outputs[0]] = constants[operator.inputs[0]]
        else:
            raise ConversionError(f"{operator.kind} of a computed tensor; only constants are dequantised")
    return Graph(
        operators=tuple(operators),
        shapes=tuple(_integers(tensor.ShapeAsNumpy()) if tensor.ShapeLength() else () for tensor in tensors),
        names=tuple(tensor.Name().decode() for tensor in tensors),
        constants=constants,
        inputs=_integers(subgraph.InputsAsNumpy()),
        outputs=_integers(subgraph.OutputsAsNumpy()),
    )


def _integers(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _constant(model: tflite.Model, tensor: tflite.Tensor) -> np.ndarray | None:
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0:
        return None
    if tensor.Type() not in _DTYPES:
        raise ConversionError(f"constant '{tensor.Name().decode()}' has the unknown type {tensor.Type()}")
    values = buffer.DataAsNumpy().view(_DTYPES[tensor.Type()])
    shape = _integers(tensor.ShapeAsNumpy()) if tensor.ShapeLength() else ()
    if tensor.Sparsity() is not None:
        return densify(values, shape, tensor.Sparsity())
    return values.reshape(shape)


def _operator(model: tflite.Model, operator: tflite.Operator) -> Operator:
    code = model.OperatorCodes(operator.OpcodeIndex())
    # Files written before schema version 3a carry the operator in the deprecated 8-bit field only.
    kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    options: Any = None
    if kind == "CUSTOM":
        kind = code.CustomCode().decode()
        if operator.CustomOptionsLength():
            options = flexbuffers.Loads(operator.CustomOptionsAsNumpy().tobytes())
    elif operator.BuiltinOptions() is not None:
        options = getattr(tflite, _OPTIONS[operator.BuiltinOptionsType()])()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    return Operator(kind, _integers(operator.InputsAsNumpy()), _integers(operator.OutputsAsNumpy()), options)
