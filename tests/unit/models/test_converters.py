"""Single operators, on small graphs, against what they are defined to do."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
import tflite
from onnx import TensorProto, helper

import moodreel.models.convert.attention  # noqa: F401  (registers its converters)
from moodreel.models.convert.build import IR_VERSION, OPSET, Builder
from moodreel.models.convert.operators import CONVERTERS, same_padding
from moodreel.models.convert.read import ConversionError, Graph, Operator

SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID


def options(**values: Any) -> SimpleNamespace:
    """Stands for a flatbuffer table, whose fields are read by calling them."""
    return SimpleNamespace(**{name: (lambda value=value: value) for name, value in values.items()})


def convolution(padding: int, stride: int = 1) -> SimpleNamespace:
    return options(
        StrideH=stride,
        StrideW=stride,
        DilationHFactor=1,
        DilationWFactor=1,
        Padding=padding,
        FusedActivationFunction=tflite.ActivationFunctionType.NONE,
    )


def run(data: np.ndarray, steps: Sequence[tuple[str, Any, list[np.ndarray], tuple[int, ...]]]) -> np.ndarray:
    """Convert a chain of operators and run it on `data` (channels last; rank 4 comes back channels last).

    Each step is an operator's name, its options, its constants and its output's shape.
    """
    shapes: list[tuple[int, ...]] = [data.shape]
    constants: dict[int, np.ndarray] = {}
    operators = []
    for kind, given, arrays, shape in steps:
        inputs = [len(shapes) - 1]
        for array in arrays:
            constants[len(shapes)] = array
            inputs.append(len(shapes))
            shapes.append(array.shape)
        shapes.append(shape)
        operators.append(Operator(kind, tuple(inputs), (len(shapes) - 1,), given))
    graph = Graph(
        operators=tuple(operators),
        shapes=tuple(shapes),
        names=tuple(f"tensor {i}" for i in range(len(shapes))),
        constants=constants,
        inputs=(0,),
        outputs=(len(shapes) - 1,),
    )
    build = Builder(graph)
    build.values[0] = "data"
    for operator in operators:
        CONVERTERS[operator.kind](build, operator)
    result = build.value(graph.outputs[0])
    first = data.transpose(0, 3, 1, 2) if data.ndim == 4 else data
    model = helper.make_model(
        helper.make_graph(
            build.nodes,
            "chain",
            [helper.make_tensor_value_info("data", TensorProto.FLOAT, first.shape)],
            [helper.make_tensor_value_info(result, TensorProto.FLOAT, None)],
            initializer=build.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"data": np.ascontiguousarray(first, dtype=np.float32)})
    return answer.transpose(0, 2, 3, 1) if answer.ndim == 4 else answer


def counted(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [(224, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (8, 5, 1, (2, 2)), (192, 2, 2, (0, 0)), (6, 5, 2, (1, 2))],
)
def test_same_padding_puts_the_odd_zero_behind(size: int, kernel: int, stride: int, expected: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == expected


def test_a_convolution_is_the_sum_over_its_window() -> None:
    data = counted(1, 4, 4, 1)
    weights = np.ones((1, 3, 3, 1), dtype=np.float16)
    answer = run(data, [("CONV_2D", convolution(SAME, stride=2), [weights, np.ones(1, np.float16)], (1, 2, 2, 1))])
    padded = np.pad(data[0, :, :, 0], (0, 1))
    expected = [[padded[y : y + 3, x : x + 3].sum() + 1 for x in (0, 2)] for y in (0, 2)]
    np.testing.assert_array_equal(answer[0, :, :, 0], expected)


@pytest.mark.parametrize("padding", [VALID, SAME])
def test_zeros_written_out_before_a_convolution_count(padding: int) -> None:
    """A VALID convolution takes them over; one that pads itself keeps both."""
    pads = np.array([[0, 0], [1, 0], [0, 2], [0, 0]], dtype=np.int32)
    size = (3, 4) if padding == VALID else (5, 6)
    answer = run(
        np.ones((1, 4, 4, 2), dtype=np.float32),
        [
            ("PAD", None, [pads], (1, 5, 6, 2)),
            ("DEPTHWISE_CONV_2D", convolution(padding), [np.ones((1, 3, 3, 2), np.float32)], (1, *size, 2)),
        ],
    )
    padded = np.pad(np.ones((4, 4)), ((1, 0), (0, 2)))
    if padding == SAME:
        padded = np.pad(padded, 1)
    expected = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).sum(axis=(2, 3))
    np.testing.assert_array_equal(answer[0, :, :, 0], expected)
    np.testing.assert_array_equal(answer[0, :, :, 1], expected)


def test_more_channels_are_zeros() -> None:
    data = counted(1, 2, 2, 3)
    pads = np.array([[0, 0], [0, 0], [0, 0], [1, 2]], dtype=np.int32)
    answer = run(data, [("PAD", None, [pads], (1, 2, 2, 6))])
    np.testing.assert_array_equal(answer, np.pad(data, ((0, 0), (0, 0), (0, 0), (1, 2))))


def test_prelu_with_any_slope() -> None:
    """Slopes beyond 0 and 1 occur in the face models, where max(x, slope x) would be wrong."""
    data = np.linspace(-3, 3, 20, dtype=np.float32).reshape(1, 2, 2, 5)
    slopes = np.array([-0.5, 0, 0.25, 1, 2.5], dtype=np.float16)
    answer = run(data, [("PRELU", None, [slopes.reshape(1, 1, 5)], data.shape)])
    np.testing.assert_allclose(answer, np.where(data >= 0, data, data * slopes.astype(np.float32)), rtol=1e-6)
    np.testing.assert_array_equal(answer[data >= 0], data[data >= 0])


@pytest.mark.parametrize(
    ("align_corners", "half_pixel", "expected"),
    [(False, True, [0, 0.25, 0.75, 1]), (False, False, [0, 0.5, 1, 1]), (True, False, [0, 1 / 3, 2 / 3, 1])],
)
def test_resizing_knows_three_kinds_of_coordinates(align_corners: bool, half_pixel: bool, expected: list) -> None:
    given = options(AlignCorners=align_corners, HalfPixelCenters=half_pixel)
    size = np.array([4, 4], dtype=np.int32)
    answer = run(
        np.array([[[[0], [1]], [[0], [1]]]], dtype=np.float32), [("RESIZE_BILINEAR", given, [size], (1, 4, 4, 1))]
    )
    np.testing.assert_allclose(answer[0, :, :, 0], [expected] * 4, atol=1e-6)


def test_depth_to_space_reads_rows_then_columns_then_channels() -> None:
    answer = run(counted(1, 1, 1, 8), [("DEPTH_TO_SPACE", options(BlockSize=2), [], (1, 2, 2, 2))])
    np.testing.assert_array_equal(answer[0], counted(2, 2, 2))


@pytest.mark.parametrize("target", [(1, 12), (1, 6, 2), (1, 3, 2, 2), (1, 1, 1, 12), (1, 12, 1, 1)])
@pytest.mark.parametrize("source", [(1, 2, 2, 3), (1, 1, 1, 12), (1, 3, 4, 1)])
def test_reshaping_goes_by_channels_last(source: tuple[int, ...], target: tuple[int, ...]) -> None:
    data = counted(*source)
    np.testing.assert_array_equal(run(data, [("RESHAPE", None, [], target)]), data.reshape(target))


def test_reshaping_leaves_the_batch_alone() -> None:
    with pytest.raises(ConversionError, match="mixes the batch"):
        run(counted(1, 2, 2, 3), [("RESHAPE", None, [], (4, 3))])


def test_slices_follow_the_masks() -> None:
    bounds = [np.array(values, dtype=np.int32) for values in ([0, 1, 9, 0], [1, 9, 2, 3], [1, 1, 1, 2])]
    given = options(EllipsisMask=0, NewAxisMask=0, ShrinkAxisMask=0, BeginMask=0b0100, EndMask=0b0010)
    data = counted(1, 3, 4, 5)
    answer = run(data, [("STRIDED_SLICE", given, bounds, (1, 2, 2, 2))])
    np.testing.assert_array_equal(answer, data[:, 1:, :2, 0:3:2])


def region(**changed: Any) -> dict[str, Any]:
    """The options of a region of three points, seen at 16 x 16 pixels and one and a half times its size."""
    given = {"left_rotation_idx": 0, "right_rotation_idx": 1, "subset_idxs": [0, 1, 2], "target_rotation_radians": 0.0}
    return given | {"output_width": 16, "output_height": 16, "scale_x": 1.5, "scale_y": 1.5} | changed


def test_a_regions_matrix_takes_its_corners_to_the_enlarged_rectangle() -> None:
    """Three points that span 4 by 2 along a line turned by 30 degrees, about (20, 30)."""
    turn = np.deg2rad(30)
    x_axis, y_axis = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    centre = np.array([20.0, 30.0])
    plane = [centre - 2 * x_axis - y_axis, centre + 2 * x_axis - y_axis, centre + y_axis]
    points = np.column_stack([np.array(plane), [5, 6, 7]]).astype(np.float32)[None]
    matrix = run(points, [("Landmarks2TransformMatrix", region(), [], (1, 4, 4))])[0]
    for corner in ((0, 0), (16, 0), (0, 16), (16, 16), (8, 8)):
        expected = centre + (corner[0] / 16 - 0.5) * 6 * x_axis + (corner[1] / 16 - 0.5) * 3 * y_axis
        np.testing.assert_allclose((matrix @ [*corner, 0, 1])[:2], expected, rtol=1e-5)
    np.testing.assert_array_equal(matrix[2:], [[0, 0, 1, 0], [0, 0, 0, 1]])


def test_an_unknown_rotation_is_refused() -> None:
    with pytest.raises(ConversionError, match="target rotation"):
        run(counted(1, 3, 3), [("Landmarks2TransformMatrix", region(target_rotation_radians=1.0), [], (1, 4, 4))])
