"""Sparse constants of TensorFlow Lite files, made here with the schema's own writer."""

import flatbuffers
import numpy as np
import pytest
import tflite

from moodreel.networks.convert.sparse import densify


def index_vector(builder: flatbuffers.Builder, values: list[int], bits: int) -> tuple[int, int]:
    """A SparseIndexVector of 8, 16 or 32 bits: its kind in the union and its offset."""
    kind = "int32" if bits == 32 else f"uint{bits}"
    name, vector = f"{kind.title()}Vector", builder.CreateNumpyVector(np.array(values, kind))
    getattr(tflite, f"{name}Start")(builder)
    getattr(tflite, f"{name}AddValues")(builder, vector)
    return getattr(tflite.SparseIndexVector, name), getattr(tflite, f"{name}End")(builder)


def sparsity(
    order: list[int], levels: list[int | tuple[list[int], list[int]]], blocks: list[int] | None = None, bits: int = 32
) -> tflite.SparsityParameters:
    """Levels are a size (dense) or segments and indices (compressed)."""
    builder = flatbuffers.Builder()
    made = []
    for level in levels:
        if isinstance(level, int):
            tflite.DimensionMetadataStart(builder)
            tflite.DimensionMetadataAddFormat(builder, tflite.DimensionType.DENSE)
            tflite.DimensionMetadataAddDenseSize(builder, level)
        else:
            (kind, segments), (_, indices) = (index_vector(builder, values, bits) for values in level)
            tflite.DimensionMetadataStart(builder)
            tflite.DimensionMetadataAddFormat(builder, tflite.DimensionType.SPARSE_CSR)
            tflite.DimensionMetadataAddArraySegmentsType(builder, kind)
            tflite.DimensionMetadataAddArraySegments(builder, segments)
            tflite.DimensionMetadataAddArrayIndicesType(builder, kind)
            tflite.DimensionMetadataAddArrayIndices(builder, indices)
        made.append(tflite.DimensionMetadataEnd(builder))
    builder.StartVector(4, len(made), 4)
    for offset in reversed(made):
        builder.PrependUOffsetTRelative(offset)
    metadata = builder.EndVector()
    traversal = builder.CreateNumpyVector(np.array(order, np.int32))
    block_map = builder.CreateNumpyVector(np.array(blocks, np.int32)) if blocks else None
    tflite.SparsityParametersStart(builder)
    tflite.SparsityParametersAddTraversalOrder(builder, traversal)
    if block_map:
        tflite.SparsityParametersAddBlockMap(builder, block_map)
    tflite.SparsityParametersAddDimMetadata(builder, metadata)
    builder.Finish(tflite.SparsityParametersEnd(builder))
    return tflite.SparsityParameters.GetRootAs(builder.Output())


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_compressed_rows(bits: int) -> None:
    stored = sparsity([0, 1], [3, ([0, 1, 1, 3], [2, 0, 1])], bits=bits)
    decoded = densify(np.array([5, 7, 8], dtype=np.float16), (3, 3), stored)
    assert decoded.dtype == np.float16
    np.testing.assert_array_equal(decoded, [[0, 0, 5], [0, 0, 0], [7, 8, 0]])


BLOCKS = [[0, 0, 1, 2], [0, 0, 3, 4], [5, 6, 0, 0], [7, 8, 0, 0]]
"""Two of 2 x 2; in a block, rows come first."""


@pytest.mark.parametrize(
    ("stored", "values", "dense"),
    [
        (sparsity([1, 0], [3, ([0, 1, 2, 3], [1, 1, 0])]), [7, 8, 5], [[0, 0, 5], [7, 8, 0]]),
        (sparsity([0, 1, 2, 3], [2, ([0, 1, 2], [1, 0]), 2, 2], blocks=[0, 1]), range(1, 9), BLOCKS),
        (sparsity([0, 1], [2, ([0, 1, 1], [1])]), [9, 0, 0, 0], [[0, 9], [0, 0]]),
    ],
    ids=["compressed columns", "blocks", "values padded by the writer"],
)
def test_other_layouts(stored: tflite.SparsityParameters, values: list, dense: list) -> None:
    np.testing.assert_array_equal(densify(np.array(values, np.float32), np.shape(dense), stored), dense)
