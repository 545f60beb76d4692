"""The three custom operators of MediaPipe's face mesh with attention, in their version 2.

The network cuts lips and eyes out of its own feature map: Landmarks2TransformMatrix finds each region's rectangle from
the coarse mesh, TransformTensorBilinear samples the feature map there, and TransformLandmarks takes the points found in
the region back to the picture (Grishchenko et al. 2020, "Attention Mesh", https://arxiv.org/abs/2006.10962). A
transform matrix is (batch, 4, 4), acts on columns (x, y, z, 1) and takes a region's pixels to the source's pixels.
"""

from __future__ import annotations

import numpy as np

from moodreel.models.convert.build import Builder
from moodreel.models.convert.operators import converter
from moodreel.models.convert.read import ConversionError, Operator


def _integers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _planar_rows(build: Builder, matrix: str) -> str:
    """The x and y rows of a transform matrix, transposed: (batch, 4, 2), to be multiplied from the right."""
    rows = build.node(
        "Slice", matrix, build.constant(_integers(0)), build.constant(_integers(2)), build.constant(_integers(1))
    )
    return build.node("Transpose", rows, perm=[0, 2, 1])


@converter("Landmarks2TransformMatrix")
def _landmarks_to_transform_matrix(build: Builder, operator: Operator) -> None:
    """The matrix from the pixels of an upright region to those of the map that the landmarks (batch, n, 3) lie in.

    The region's x axis runs from the left to the right rotation landmark; its rectangle is the smallest along these
    axes that holds the subset's landmarks, enlarged by scale_x and scale_y about its centre.
    """
    options = operator.options
    if options["target_rotation_radians"] != 0:
        raise ConversionError("Landmarks2TransformMatrix with a target rotation is not known")
    size = np.array([options["output_width"], options["output_height"]], dtype=np.float32)
    enlargement = np.array([options["scale_x"], options["scale_y"]], dtype=np.float32)

    def gather(*indices: int) -> str:
        return build.node("Gather", plane, build.constant(_integers(*indices)), axis=1)

    starts, ends, axes = (build.constant(_integers(n)) for n in (0, 2, 2))
    plane = build.node("Slice", build.value(operator.inputs[0]), starts, ends, axes)

    # Unit vectors of the region's axes as rows: (batch, 2, 2).
    across = build.node("Sub", gather(options["right_rotation_idx"]), gather(options["left_rotation_idx"]))
    x_axis = build.node("Div", across, build.node("ReduceL2", across, axes=[2], keepdims=1))
    quarter_turn = build.constant(np.array([[0, 1], [-1, 0]], dtype=np.float32))
    basis = build.node("Concat", x_axis, build.node("MatMul", x_axis, quarter_turn), axis=1)

    turned = build.node("MatMul", gather(*options["subset_idxs"]), build.node("Transpose", basis, perm=[0, 2, 1]))
    low = build.node("ReduceMin", turned, axes=[1], keepdims=1)
    high = build.node("ReduceMax", turned, axes=[1], keepdims=1)
    half = build.constant(np.array(0.5, dtype=np.float32))
    centre = build.node("MatMul", build.node("Mul", build.node("Add", low, high), half), basis)

    # One step of the region's pixels along x and y, in the map's pixels: rows of (batch, 2, 2).
    scale = build.node("Mul", build.node("Sub", high, low), build.constant((enlargement / size).reshape(1, 1, 2)))
    steps = build.node("Mul", basis, build.node("Transpose", scale, perm=[0, 2, 1]))
    half_size = build.constant((size / 2).reshape(1, 1, 2))
    origin = build.node("Sub", centre, build.node("MatMul", half_size, steps))

    # Rows of the transposed matrix (x, y, z, 1), then columns z and 1.
    no_z = build.node("Mul", origin, build.constant(np.zeros((1, 1, 2), dtype=np.float32)))
    planar = build.node("Transpose", build.node("Concat", steps, no_z, origin, axis=1), perm=[0, 2, 1])
    whole = build.node("Pad", planar, build.constant(_integers(0, 0, 0, 0, 2, 0)))
    build.values[operator.outputs[0]] = build.node(
        "Add", whole, build.constant(np.diag([0, 0, 1, 1]).astype(np.float32)[None])
    )


@converter("TransformTensorBilinear")
def _transform_tensor_bilinear(build: Builder, operator: Operator) -> None:
    """Sample a feature map at the transformed centres of the output's pixels; zero outside the map."""
    features, matrix = operator.inputs
    _, height, width, _ = build.shape(features)
    rows, columns = operator.options["output_height"], operator.options["output_width"]
    y, x = np.meshgrid(np.arange(rows) + 0.5, np.arange(columns) + 0.5, indexing="ij")
    centres = np.stack([x.ravel(), y.ravel(), np.zeros(rows * columns), np.ones(rows * columns)], axis=1)

    # GridSample counts from -1 at the map's left or upper edge to 1 at the right or lower.
    points = build.node("MatMul", build.constant(centres.astype(np.float32)), _planar_rows(build, build.value(matrix)))
    to_unit = build.constant(np.array([2 / width, 2 / height], dtype=np.float32))
    grid = build.node("Sub", build.node("Mul", points, to_unit), build.constant(np.array(1, dtype=np.float32)))
    grid = build.node("Reshape", grid, build.constant(_integers(0, rows, columns, 2)))
    build.values[operator.outputs[0]] = build.node(
        "GridSample", build.value(features), grid, mode="bilinear", padding_mode="zeros", align_corners=0
    )


@converter("TransformLandmarks")
def _transform_landmarks(build: Builder, operator: Operator) -> None:
    """Take points (batch, n, 2) through a transform matrix."""
    points, matrix = operator.inputs
    planar = _planar_rows(build, build.value(matrix))
    axis = build.constant(_integers(1))
    linear = build.node("Slice", planar, build.constant(_integers(0)), build.constant(_integers(2)), axis)
    shift = build.node("Slice", planar, build.constant(_integers(3)), build.constant(_integers(4)), axis)
    build.values[operator.outputs[0]] = build.node("Add", build.node("MatMul", build.value(points), linear), shift)
