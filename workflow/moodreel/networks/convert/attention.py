"""The three custom operators of MediaPipe's face mesh with attention, in their version 2.

The network cuts lips and eyes out of its own feature map: Landmarks2TransformMatrix finds each region's rectangle from
the coarse mesh, TransformTensorBilinear samples the feature map there, and TransformLandmarks takes the points found in
the region back to the picture (Grishchenko et al. 2020, "Attention Mesh", https://arxiv.org/abs/2006.10962). A
transform matrix is (batch, 4, 4), acts on columns (x, y, z, 1) and takes a region's pixels to the source's pixels.

This is little arithmetic on few numbers, so its time depends on the number of nodes. Therefore a matrix is kept as its
`Plane`, and operations that are linear in the landmarks become one product with a constant.
"""

import numpy as np

from moodreel.networks.convert.build import Builder
from moodreel.networks.convert.held import Plane
from moodreel.networks.convert.operators import converter, scale_channels
from moodreel.networks.convert.read import ConversionError, Operator


def _plane(build: Builder, matrix: int) -> str:
    held = build.held.get(matrix)
    if not isinstance(held, Plane):
        raise ConversionError(f"'{build.graph.names[matrix]}' does not come from Landmarks2TransformMatrix")
    return held.value


@converter("Landmarks2TransformMatrix")
def _landmarks_to_transform_matrix(build: Builder, operator: Operator) -> None:
    """The matrix from the pixels of an upright region to those of the map that the landmarks (batch, n, 3) lie in.

    The region's x axis runs from the left to the right rotation landmark; its rectangle is the smallest along these
    axes that holds the subset's landmarks, enlarged by scale_x and scale_y about its centre.

    Let (x, y) lead from the left to the right rotation landmark, and B = [[x, y], [-y, x]] be the axes. Along them the
    landmarks p lie at p B', between low and high. Then the centre is (low + high) N and one step of the region's pixels
    2 (high - low) enlargement / size along each row of N, where N = B / |B|^2 and |B|^2 = 2 (x^2 + y^2).
    """
    options = operator.options
    if options["target_rotation_radians"] != 0:
        raise ConversionError("Landmarks2TransformMatrix with a target rotation is not known")
    size = (options["output_width"], options["output_height"])
    enlargement = (options["scale_x"], options["scale_y"])
    landmarks = build.value(operator.inputs[0])
    subset = build.node("Gather", landmarks, build.integers(*options["subset_idxs"]), axis=1)

    def combine(value: str, coefficients: np.ndarray) -> str:
        """Sums of the numbers in `value` (batch, 1, n) with coefficients [shape=(n, rows, columns)]."""
        flat = build.node("MatMul", value, build.constant(coefficients.reshape(len(coefficients), -1)))
        return build.node("Reshape", flat, build.integers(0, *coefficients.shape[1:]))

    difference = np.zeros((1, build.shape(operator.inputs[0])[1]), dtype=np.float32)
    difference[0, [options["left_rotation_idx"], options["right_rotation_idx"]]] = -1, 1
    across = build.node("MatMul", build.constant(difference), landmarks)

    axes = np.zeros((3, 2, 2), dtype=np.float32)  # B by x, y and z
    axes[:2] = [[[1, 0], [0, 1]], [[0, 1], [-1, 0]]]
    basis = combine(across, axes)
    normalised = build.node("Div", basis, build.node("ReduceSumSquare", basis, axes=[1, 2], keepdims=1))

    both_ways = np.zeros((3, 3, 4), dtype=np.float32)  # B' and -B', so that one maximum finds high and -low
    both_ways[:, :2] = np.concatenate([axes, -axes], axis=1).transpose(0, 2, 1)
    bounds = build.node("ReduceMax", build.node("MatMul", subset, combine(across, both_ways)), axes=[1], keepdims=1)

    # Steps along x and y, and the region's corner (0, 0), half the enlarged size from the centre; all along N.
    rectangle = np.zeros((4, 3, 2), dtype=np.float32)
    for axis in (0, 1):
        rectangle[[axis, axis + 2], axis, axis] = 2 * enlargement[axis] / size[axis]
        rectangle[[axis, axis + 2], 2, axis] = 1 - enlargement[axis], -1 - enlargement[axis]
    build.held[operator.outputs[0]] = Plane(build.node("MatMul", combine(bounds, rectangle), normalised))


@converter("TransformTensorBilinear")
def _transform_tensor_bilinear(build: Builder, operator: Operator) -> None:
    """Sample a feature map at the transformed centres of the output's pixels; zero outside the map."""
    features, matrix = operator.inputs
    _, height, width, channels = build.shape(features)
    rows, columns = operator.options["output_height"], operator.options["output_width"]
    y, x = np.meshgrid(np.arange(rows) + 0.5, np.arange(columns) + 0.5, indexing="ij")
    centres = np.stack([x.ravel(), y.ravel(), np.ones(rows * columns)], axis=1)

    # GridSample counts from -1 at the map's left or upper edge to 1 at the right or lower.
    to_unit = build.constant(np.array([2 / width, 2 / height], dtype=np.float32))
    unit = build.node("Mul", _plane(build, matrix), to_unit)
    unit = build.node("Sub", unit, build.constant(np.array([[[0, 0], [0, 0], [1, 1]]], dtype=np.float32)))
    grid = build.node("MatMul", build.constant(centres.astype(np.float32)), unit)
    grid = build.node("Reshape", grid, build.integers(0, rows, columns, 2))
    sampled = build.node(
        "GridSample", build.value(features), grid, mode="bilinear", padding_mode="zeros", align_corners=0
    )
    # A convolution that changes nothing: sums with its result stay in onnxruntime's layout (see `convolutions`).
    build.values[operator.outputs[0]] = scale_channels(build, sampled, np.ones(channels, dtype=np.float32))


@converter("TransformLandmarks")
def _transform_landmarks(build: Builder, operator: Operator) -> None:
    """Transform points (batch, n, 2) by a matrix."""
    points, matrix = operator.inputs
    plane = _plane(build, matrix)
    axis = build.integers(1)
    linear = build.node("Slice", plane, build.integers(0), build.integers(2), axis)
    shift = build.node("Slice", plane, build.integers(2), build.integers(3), axis)
    build.values[operator.outputs[0]] = build.node("Add", build.node("MatMul", build.value(points), linear), shift)
