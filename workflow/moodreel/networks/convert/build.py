"""An ONNX graph under construction: nodes, constants, and the values of TensorFlow Lite tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from moodreel.networks.convert.read import Graph

OPSET = 17  # GridSample needs 16
IR_VERSION = 8  # the one that came with opset 17, so that older runtimes open the file too

NHWC_TO_NCHW = (0, 3, 1, 2)
NCHW_TO_NHWC = (0, 2, 3, 1)


class Nodes:
    """Collects the nodes and constants of an ONNX graph.

    Names are numbered in order of creation, which makes them, and so the file, the same every time.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._counts: Counter[str] = Counter()
        self._constants: dict[bytes, str] = {}

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        output = self._name(kind)
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, array: np.ndarray) -> str:
        """Add a constant once and return its name. Half precision is kept, and cast (folded when a session loads)."""
        array = np.ascontiguousarray(array)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        key = f"{array.dtype} {array.shape} ".encode() + array.tobytes()
        if key not in self._constants:
            name = self._name("constant")
            self.initializers.append(numpy_helper.from_array(array, name))
            if array.dtype == np.float16:
                name = self.node("Cast", name, to=TensorProto.FLOAT)
            self._constants[key] = name
        return self._constants[key]

    def integers(self, *values: int) -> str:
        """Add a constant of whole numbers, such as a shape, axes or positions along them."""
        return self.constant(np.array(values, dtype=np.int64))

    def rename(self, value: str, name: str) -> None:
        """Rename the value `value` to `name` in all nodes."""
        for node in self.nodes:
            for names in (node.input, node.output):
                for i, used in enumerate(names):
                    if used == value:
                        names[i] = name

    def _name(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind.lower()}_{self._counts[kind]}"

    def file(
        self,
        name: str,
        inputs: Mapping[str, Sequence[int | str]],
        outputs: Mapping[str, Sequence[int | str]],
        properties: Mapping[str, str] | None = None,
    ) -> bytes:
        """The ONNX file of the graph called `name`; the same graph gives the same bytes.

        inputs, outputs: the shapes by name, float32; a size that is a string is dynamic.
        properties: what to keep in the file's metadata (source, licence).

        Raises onnx.checker.ValidationError where the graph is incomplete.
        """
        input_values, output_values = (
            [helper.make_tensor_value_info(value, TensorProto.FLOAT, shape) for value, shape in values.items()]
            for values in (inputs, outputs)
        )
        model = helper.make_model(
            helper.make_graph(self.nodes, name, input_values, output_values, initializer=self.initializers),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="moodreel",
        )
        helper.set_model_props(model, dict(sorted((properties or {}).items())))
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


class DeferredTensor(Protocol):
    """A tensor that is written out only on demand (`held`): its readers can often do without it."""

    def write(self, build: Builder) -> str:
        """Add the nodes that make the tensor, and return its value."""
        ...


class Builder(Nodes):
    """Collects ONNX nodes for a TensorFlow Lite graph.

    `values[tensor]` is the name of the ONNX value of a tensor. Values of rank 4 are (batch, channel, height, width);
    of lower rank, ordered as in TensorFlow Lite. `held[tensor]` is a tensor that is written out only when its value is
    read.
    """

    def __init__(self, graph: Graph, widths: Mapping[int, int] | None = None) -> None:
        super().__init__()
        self.graph = graph
        self._widths = widths or {}
        self.values: dict[int, str] = {}
        self.held: dict[int, DeferredTensor] = {}

    def value(self, tensor: int) -> str:
        """The ONNX value of a tensor; a deferred one is written out first."""
        if tensor not in self.values and tensor in self.held:
            self.values[tensor] = self.held[tensor].write(self)
        return self.values[tensor]

    def shape(self, tensor: int) -> tuple[int, ...]:
        """The tensor's shape as in TensorFlow Lite: batch 1 first, channels last."""
        return self.graph.shapes[tensor]

    def width(self, tensor: int) -> int:
        """Channels of the value of a tensor of rank 4: those of its shape, and possibly more that are zero."""
        return self._widths.get(tensor, self.shape(tensor)[3])

    def reshape(self, value: str, before: tuple[int, ...], after: Sequence[int]) -> str:
        """Reshape `value` from the TensorFlow Lite shape `before` to `after`, both with batch 1 first.

        The result is ordered as `after` says, channels last, also where its rank is 4.
        """
        if moves(before):
            value = self.node("Transpose", value, perm=list(NCHW_TO_NHWC))
            if tuple(after) == before:
                return value
        # 0 keeps the batch as it is.
        return self.node("Reshape", value, self.integers(0, *after[1:]))


def moves(shape: tuple[int, ...]) -> bool:
    """Whether values of this TensorFlow Lite shape lie in another order with channels first than with channels last."""
    return len(shape) == 4 and shape[3] > 1 and shape[1] * shape[2] > 1
