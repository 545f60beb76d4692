"""Sparse constants of TensorFlow Lite files, made here with the schema's own writer."""

from __future__ import annotations

import flatbuffers
import numpy as np
import pytest
import tflite

from moodreel.networks.convert.sparse import densify


def int32_vector(builder: flatbuffers.Builder, values: list[int]) -> int:
    return builder.CreateNumpyVector(np.array(values, np.int32))


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
    traversal = int32_vector(builder, order)
    block_map = int32_vector(builder, blocks) if blocks else None
    tflite.SparsityParametersStart(builder)
    tflite.SparsityParametersAddTraversalOrder(builder, traversal)
    if block_map:
        tflite.SparsityParametersAddBlockMap(builder, block_map)
    tflite.SparsityParametersAddDimMetadata(builder, metadata)
    builder.Finish(tflite.SparsityParametersEnd(builder))
    return tflite.SparsityParameters.GetRootAs(builder.Output())


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_compressed_rows(bits: int) -> None:
    dense = np.array([[0, 0, 5], [0, 0, 0], [7, 8, 0]], dtype=np.float16)
    stored = sparsity([0, 1], [3, ([0, 1, 1, 3], [2, 0, 1])], bits=bits)
    decoded = densify(np.array([5, 7, 8], dtype=np.float16), (3, 3), stored)
    assert decoded.dtype == np.float16
    np.testing.assert_array_equal(decoded, dense)


def test_compressed_columns() -> None:
    dense = np.array([[0, 0, 5], [7, 8, 0]], dtype=np.float32)
    stored = sparsity([1, 0], [3, ([0, 1, 2, 3], [1, 1, 0])])
    np.testing.assert_array_equal(densify(np.array([7, 8, 5], dtype=np.float32), (2, 3), stored), dense)


def test_blocks() -> None:
    """Two 2 x 2 blocks of a 4 x 4 matrix; in a block, rows come first."""
    dense = np.zeros((4, 4), dtype=np.float32)
    dense[:2, 2:] = [[1, 2], [3, 4]]
    dense[2:, :2] = [[5, 6], [7, 8]]
    stored = sparsity([0, 1, 2, 3], [2, ([0, 1, 2], [1, 0]), 2, 2], blocks=[0, 1])
    np.testing.assert_array_equal(densify(np.arange(1, 9, dtype=np.float32), (4, 4), stored), dense)


def test_values_padded_by_the_writer_are_left_out() -> None:
    stored = sparsity([0, 1], [2, ([0, 1, 1], [1])])
    decoded = densify(np.array([9, 0, 0, 0], dtype=np.float32), (2, 2), stored)
    np.testing.assert_array_equal(decoded, [[0, 9], [0, 0]])
