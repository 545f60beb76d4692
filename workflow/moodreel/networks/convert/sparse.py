"""Sparse TensorFlow Lite constants (DENSIFY) as dense arrays."""

import math

import flatbuffers.table
import numpy as np
import tflite

LARGEST = 2**26
"""Numbers of the largest array; those of the networks have less than a tenth of it."""


def densify(values: np.ndarray, shape: tuple[int, ...], sparsity: tflite.SparsityParameters) -> np.ndarray:
    """The dense array of `shape` that TensorFlow Lite stores as the non-zero `values`.

    The storage format is that of the TACO compiler (Kjolstad et al. 2017), as the TensorFlow Lite schema describes it
    under `SparsityParameters`: dimensions are visited in `traversal_order`; the first rank(shape) of them are the
    tensor's own, each divided by its block size if `block_map` names it, the rest are the blocks' inner dimensions. A
    dense dimension lists every index; a compressed one lists, per parent, the indices between two segment bounds.
    Raises ValueError where the array would have more than `LARGEST` numbers.
    """
    if math.prod(shape) > LARGEST:
        raise ValueError(f"an array of the shape {shape} is too large")
    order = [int(dimension) for dimension in sparsity.TraversalOrderAsNumpy()]
    blocks = [int(dimension) for dimension in sparsity.BlockMapAsNumpy()] if sparsity.BlockMapLength() else []
    rank = len(shape)

    # One row per stored position so far, one column per visited dimension.
    positions = np.zeros((1, 0), dtype=np.int64)
    dense_sizes: dict[int, int] = {}
    for level, dimension in enumerate(order):
        metadata = sparsity.DimMetadata(level)
        parents = len(positions)
        if metadata.Format() == tflite.DimensionType.DENSE:
            size = metadata.DenseSize()
            if parents * size > LARGEST:
                raise ValueError(f"an array with a dimension of {size} is too large")
            dense_sizes[dimension] = size
            counts = np.full(parents, size)
            indices = np.tile(np.arange(size), parents)
        else:
            segments = _index_vector(metadata.ArraySegmentsType(), metadata.ArraySegments())
            indices = _index_vector(metadata.ArrayIndicesType(), metadata.ArrayIndices())
            counts = np.diff(segments)
        positions = np.column_stack([np.repeat(positions, counts, axis=0), indices])

    by_dimension = {dimension: positions[:, level] for level, dimension in enumerate(order)}
    coordinates = [by_dimension[dimension] for dimension in range(rank)]
    for inner, dimension in enumerate(blocks, start=rank):
        # Blocks' inner dimensions are always dense, so their size is known.
        coordinates[dimension] = coordinates[dimension] * dense_sizes[inner] + by_dimension[inner]

    dense = np.zeros(shape, dtype=values.dtype)
    # A writer may pad the values; positions beyond them do not exist.
    dense[tuple(coordinates)] = values[: len(positions)]
    return dense


def _index_vector(kind: int, table: flatbuffers.table.Table) -> np.ndarray:
    """The 8-, 16- or 32-bit indices that the schema's union `SparseIndexVector` holds."""
    names = {code: name for name, code in vars(tflite.SparseIndexVector).items() if isinstance(code, int)}
    vector = getattr(tflite, names[kind])()
    vector.Init(table.Bytes, table.Pos)
    return vector.ValuesAsNumpy().astype(np.int64)
