"""The number of channels of each tensor: whole blocks, where the additional channels can stay zero.

onnxruntime computes convolutions on blocks of 16 channels (8 without AVX-512), so that a partial block costs as much as
a full one, and a MaxPool or a depthwise convolution of a partial block leaves its layout. Besides, within a block, a
network that adds a few channels from layer to layer then needs no operation for it.
"""

from collections.abc import Collection, Sequence

import numpy as np

from moodreel.networks.convert.read import Graph, Operator

BLOCK = 16

# Operators that keep channels separate and zeros zero: all of their tensors get more channels, or none does.
_TIED = {"ADD", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "PAD", "PRELU", "RELU"}


def widths(graph: Graph, operators: Sequence[Operator], outputs: Collection[int]) -> dict[int, int]:
    """Channels by tensor, for the tensors that get more than they have in the file.

    operators: the converted operators.
    outputs: tensors that are read outside of these operators.
    """
    wide = {
        tensor
        for operator in operators
        for tensor in operator.outputs
        if operator.kind in {"CONV_2D", *_TIED} and len(graph.shapes[tensor]) == 4 and graph.shapes[tensor][3] % BLOCK
    }
    wide.difference_update(outputs)
    for operator in operators:
        if not _allows(graph, operator):
            wide.difference_update(operator.inputs, operator.outputs)
    changed = True
    while changed:
        changed = False
        for operator in operators:
            if operator.kind not in _TIED or _adds_channels(graph, operator):
                continue
            tied = {*operator.outputs, *(tensor for tensor in operator.inputs if tensor not in graph.constants)}
            if tied & wide and not tied <= wide:
                wide -= tied
                changed = True
    return {tensor: -(-graph.shapes[tensor][3] // BLOCK) * BLOCK for tensor in wide}


def _allows(graph: Graph, operator: Operator) -> bool:
    if operator.kind == "ADD":
        return not any(tensor in graph.constants for tensor in operator.inputs)
    if operator.kind == "CONV_2D":
        return graph.shapes[operator.inputs[0]][3] == graph.shapes[operator.inputs[1]][3]
    if operator.kind == "DEPTHWISE_CONV_2D":
        return graph.shapes[operator.inputs[0]][3] == graph.shapes[operator.outputs[0]][3]
    if operator.kind == "PAD":
        return not graph.constants[operator.inputs[1]][-1][0]
    return operator.kind in _TIED


def _adds_channels(graph: Graph, operator: Operator) -> bool:
    return operator.kind == "PAD" and bool(np.any(graph.constants[operator.inputs[1]][-1]))


def fill(array: np.ndarray, *shape: int) -> np.ndarray:
    """`array` padded with zeros at the end of its first axes, to the sizes in `shape`."""
    missing = [(0, wanted - given) for wanted, given in zip(shape, array.shape, strict=False)]
    return np.pad(array, missing + [(0, 0)] * (array.ndim - len(shape)))
