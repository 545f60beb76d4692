"""Single operators, on small graphs, against what they are defined to do."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
import tflite

import moodreel.networks.convert.attention
import moodreel.networks.convert.axes
import moodreel.networks.convert.convolutions  # noqa: F401  (all register their converters)
from moodreel.networks.convert.build import NCHW_TO_NHWC, NHWC_TO_NCHW, Builder
from moodreel.networks.convert.held import ChannelsLast
from moodreel.networks.convert.operators import CONVERTERS
from moodreel.networks.convert.read import ConversionError, Graph, Operator
from moodreel.networks.convert.widths import widths

SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID
FUSED = tflite.ActivationFunctionType


def options(**values: Any) -> SimpleNamespace:
    """Stands for a flatbuffer table, whose fields are read by calling them."""
    return SimpleNamespace(**{name: (lambda value=value: value) for name, value in values.items()})


def fused(activation: int = FUSED.NONE, **values: Any) -> SimpleNamespace:
    return options(FusedActivationFunction=activation, **values)


def convolution(padding: int, stride: int = 1, activation: int = FUSED.NONE) -> SimpleNamespace:
    return fused(activation, StrideH=stride, StrideW=stride, DilationHFactor=1, DilationWFactor=1, Padding=padding)


Step = tuple[str, Any, list[np.ndarray], tuple[int, ...]]


def run(data: np.ndarray, steps: Sequence[Step], *, image: bool = False, whole_blocks: bool = False) -> np.ndarray:
    """Convert a chain of operators (name, options, constants, output's shape) and run it on `data`, channels last.

    image: whether `data` is the network's input; whole_blocks: whether tensors get more channels, as in a conversion.
    """
    shapes: list[tuple[int, ...]] = [data.shape]
    constants: dict[int, np.ndarray] = {}
    operators = []
    for kind, given, arrays, shape in steps:
        first = len(shapes) - 1
        constants |= dict(enumerate(arrays, first + 1))
        shapes += [*(array.shape for array in arrays), shape]
        operators.append(Operator(kind, tuple(range(first, len(shapes) - 1)), (len(shapes) - 1,), given))
    names = tuple(f"tensor {i}" for i in range(len(shapes)))
    graph = Graph(tuple(operators), tuple(shapes), names, constants, inputs=(0,), outputs=(len(shapes) - 1,))
    build = Builder(graph, widths(graph, operators, graph.outputs) if whole_blocks else None)
    if image:
        build.held[0] = ChannelsLast("data")
    else:
        build.values[0] = "data"
    for operator in operators:
        CONVERTERS[operator.kind](build, operator)
    result = build.value(graph.outputs[0])
    first = data.transpose(NHWC_TO_NCHW) if data.ndim == 4 and not image else data
    made = [shapes[-1][axis] for axis in NHWC_TO_NCHW] if len(shapes[-1]) == 4 else shapes[-1]
    model = build.file("chain", {"data": first.shape}, {result: made})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"data": np.ascontiguousarray(first, dtype=np.float32)})
    return answer.transpose(NCHW_TO_NHWC) if answer.ndim == 4 else answer


def counted(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def integers(*values: Any) -> np.ndarray:
    return np.array(values, dtype=np.int32)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pads"),
    [(224, 3, 2, (0, 1)), (7, 3, 2, (1, 1)), (8, 5, 1, (2, 2)), (192, 2, 2, (0, 0)), (6, 5, 2, (1, 2))],
)
def test_a_convolution_is_the_sum_over_its_window(size: int, kernel: int, stride: int, pads: tuple[int, int]) -> None:
    """Of the zeros that padding SAME adds the odd one goes behind."""
    data, weights = counted(1, size, size, 1) % 7, np.ones((1, kernel, kernel, 1), dtype=np.float16)
    made = -(-size // stride)
    step = ("CONV_2D", convolution(SAME, stride), [weights, np.ones(1, np.float16)], (1, made, made, 1))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(data[0, :, :, 0], pads), (kernel, kernel))
    expected = windows[::stride, ::stride].sum(axis=(2, 3)) + 1
    np.testing.assert_array_equal(run(data, [step])[0, :, :, 0], expected)


@pytest.mark.parametrize("padding", [VALID, SAME])
def test_zeros_written_out_before_a_convolution_count(padding: int) -> None:
    """A VALID convolution takes them over; one that pads itself keeps both."""
    pads, size = integers([0, 0], [1, 0], [0, 2], [0, 0]), (3, 4) if padding == VALID else (5, 6)
    zeros = ("PAD", None, [pads], (1, 5, 6, 2))
    sums = ("DEPTHWISE_CONV_2D", convolution(padding), [np.ones((1, 3, 3, 2), np.float32)], (1, *size, 2))
    answer = run(np.ones((1, 4, 4, 2), np.float32), [zeros, sums])
    padded = np.pad(np.ones((4, 4)), ((1, 0), (0, 2)))
    if padding == SAME:
        padded = np.pad(padded, 1)
    expected = np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).sum(axis=(2, 3))
    np.testing.assert_array_equal(answer[0], np.stack([expected] * 2, axis=2))


def test_whole_blocks_of_channels_change_nothing() -> None:
    """Within a block channels are added for nothing; the sum with a constant keeps the four it has."""
    pool = fused(FUSED.RELU6, Padding=SAME, FilterHeight=2, FilterWidth=2, StrideH=2, StrideW=2)
    grow = integers([0, 0], [0, 0], [0, 0], [0, 12])
    steps = [
        ("CONV_2D", convolution(SAME, activation=FUSED.RELU6), [random(5, 3, 3, 3), random(5)], (1, 6, 6, 5)),
        ("PAD", None, [grow - [[0, 0], [0, 0], [0, 0], [0, 10]]], (1, 6, 6, 7)),
        ("DEPTHWISE_CONV_2D", convolution(SAME), [random(1, 3, 3, 7), random(7)], (1, 6, 6, 7)),
        ("PRELU", None, [random(1, 1, 7)], (1, 6, 6, 7)),
        ("MAX_POOL_2D", pool, [], (1, 3, 3, 7)),
        ("PAD", None, [grow], (1, 3, 3, 19)),
        ("CONV_2D", convolution(SAME), [random(4, 1, 1, 19), random(4)], (1, 3, 3, 4)),
        ("ADD", fused(FUSED.RELU6), [random(4)], (1, 3, 3, 4)),
        ("CONV_2D", convolution(SAME), [random(3, 1, 1, 4), random(3)], (1, 3, 3, 3)),
    ]
    data = random(1, 6, 6, 3)
    answer = run(data, steps, whole_blocks=True)
    assert np.abs(answer).max() > 1
    np.testing.assert_allclose(answer, run(data, steps), rtol=0, atol=1e-5)


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
    data = np.array([[[[0], [1]], [[0], [1]]]], dtype=np.float32)
    answer = run(data, [("RESIZE_BILINEAR", given, [integers(4, 4)], (1, 4, 4, 1))])
    np.testing.assert_allclose(answer[0, :, :, 0], [expected] * 4, atol=1e-6)


MORE, LESS = integers([0, 0], [0, 0], [0, 0], [1, 2]), -2 - counted(3)


@pytest.mark.parametrize(
    ("data", "step", "expected"),
    [
        (counted(1, 2, 2, 3), ("PAD", None, [MORE]), np.pad(counted(1, 2, 2, 3), MORE)),
        # rows are read, then columns, then channels
        (counted(1, 1, 1, 8), ("DEPTH_TO_SPACE", options(BlockSize=2), []), counted(1, 2, 2, 2)),
        (counted(1, 2, 2, 3), ("ADD", fused(FUSED.RELU6), [LESS]), (counted(1, 2, 2, 3) + LESS).clip(0, 6)),
    ],
    ids=["more channels are zeros", "depth to space", "a sum is cut off at 0 and 6"],
)
def test_single_steps(data: np.ndarray, step: tuple, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(run(data, [(*step, expected.shape)]), expected)


# Nothing to a convolution, and what is held back is written out before it.
NOTHING = ("MUL", fused(), [np.ones(1, np.float32)])


@pytest.mark.parametrize(("padding", "stride", "size"), [(SAME, 2, 4), (SAME, 1, 7), (VALID, 2, 3), (VALID, 3, 2)])
def test_the_first_convolution_reads_the_image_as_it_comes(padding: int, stride: int, size: int) -> None:
    data, weights, bias = random(1, 7, 7, 3), random(5, 3, 3, 3), random(5)
    first = ("CONV_2D", convolution(padding, stride), [weights, bias], (1, size, size, 5))
    np.testing.assert_allclose(run(data, [first], image=True), run(data, [first]), rtol=0, atol=1e-5)


def test_the_zeros_around_the_image_are_taken_over() -> None:
    data, constants = random(1, 6, 6, 3), [random(5, 3, 3, 3), np.zeros(5, np.float32)]
    zeros = ("PAD", None, [integers([0, 0], [0, 1], [2, 1], [0, 0])], (1, 7, 9, 3))
    steps = [zeros, ("CONV_2D", convolution(VALID, stride=2), constants, (1, 3, 4, 5))]
    np.testing.assert_allclose(run(data, steps, image=True), run(data, steps), rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", [FUSED.NONE, FUSED.RELU6])
def test_a_pointwise_convolution_comes_before_the_enlargement(activation: int) -> None:
    data, weights, bias = random(1, 3, 3, 4), random(2, 1, 1, 4), random(2)
    given = options(AlignCorners=False, HalfPixelCenters=True)
    enlarge = ("RESIZE_BILINEAR", given, [integers(6, 6)], (1, 6, 6, 4))
    after = ("CONV_2D", convolution(VALID, activation=activation), [weights, bias], (1, 6, 6, 2))
    expected = run(data, [enlarge, (*NOTHING, (1, 6, 6, 4)), after])
    np.testing.assert_allclose(run(data, [enlarge, after]), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("pointwise", [True, False])
@pytest.mark.parametrize("activation", [FUSED.NONE, FUSED.RELU])
@pytest.mark.parametrize(("block", "kernel"), [(2, 3), (2, 5), (3, 3)])
def test_a_convolution_reads_blocks_of_channels(block: int, kernel: int, activation: int, pointwise: bool) -> None:
    data = random(1, 4, 5, 2 * block**2)
    unfold = ("DEPTH_TO_SPACE", options(BlockSize=block), [], (1, 4 * block, 5 * block, 2))
    step = convolution(SAME, stride=block, activation=activation)
    steps = [("DEPTHWISE_CONV_2D", step, [random(1, kernel, kernel, 2), random(2)], (1, 4, 5, 2))]
    if pointwise:
        steps.append(("CONV_2D", convolution(VALID), [random(3, 1, 1, 2), random(3)], (1, 4, 5, 3)))
    expected = run(data, [unfold, (*NOTHING, (1, 4 * block, 5 * block, 2)), *steps])
    np.testing.assert_allclose(run(data, [unfold, *steps]), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("target", [(1, 12), (1, 6, 2), (1, 3, 2, 2), (1, 1, 1, 12), (1, 12, 1, 1)])
@pytest.mark.parametrize("source", [(1, 2, 2, 3), (1, 1, 1, 12), (1, 3, 4, 1)])
def test_reshaping_goes_by_channels_last(source: tuple[int, ...], target: tuple[int, ...]) -> None:
    data = counted(*source)
    np.testing.assert_array_equal(run(data, [("RESHAPE", None, [], target)]), data.reshape(target))


UNMASKED = {"EllipsisMask": 0, "NewAxisMask": 0}


def test_slices_follow_the_masks() -> None:
    bounds = [integers(0, 1, 9, 0), integers(1, 9, 2, 3), integers(1, 1, 1, 2)]
    given, data = options(**UNMASKED, ShrinkAxisMask=0, BeginMask=0b0100, EndMask=0b0010), counted(1, 3, 4, 5)
    answer = run(data, [("STRIDED_SLICE", given, bounds, (1, 2, 2, 2))])
    np.testing.assert_array_equal(answer, data[:, 1:, :2, 0:3:2])


def test_a_slice_may_end_by_taking_the_image_out_of_the_batch() -> None:
    """Its output keeps the batch; where something else reads it, the shapes would no longer be those of the file."""
    bounds = [integers(0, 2), integers(1, 5), integers(1, 1)]
    given, data = options(**UNMASKED, ShrinkAxisMask=1, BeginMask=0, EndMask=0), counted(1, 6)
    np.testing.assert_array_equal(run(data, [("STRIDED_SLICE", given, bounds, (1, 3))]), data[:, 2:5])
    with pytest.raises(ConversionError, match="adds or drops axes"):
        run(data, [("STRIDED_SLICE", given, bounds, (3,)), ("SQRT", None, [], (3,))])


@pytest.mark.parametrize(
    ("shape", "order"), [((1, 2, 3, 4), (0, 3, 1, 2)), ((1, 2, 3, 4), (0, 1, 3, 2)), ((1, 2, 3), (0, 2, 1))]
)
def test_transposing_goes_by_channels_last(shape: tuple[int, ...], order: tuple[int, ...]) -> None:
    data = counted(*shape)
    expected = data.transpose(order)
    answer = run(data, [("TRANSPOSE", None, [integers(*order)], expected.shape)])
    np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize(
    ("kind", "shape", "axis"),
    [("MEAN", (1, 5, 2), -2), ("MEAN", (1, 2, 3, 5), 3), ("SUM", (1, 5, 2), -1), ("SUM", (1, 2, 3, 5), 1)],
)
def test_an_axis_is_merged(kind: str, shape: tuple[int, ...], axis: int) -> None:
    data = random(*shape)
    expected = data.mean(axis=axis, keepdims=True) if kind == "MEAN" else data.sum(axis=axis, keepdims=True)
    answer = run(data, [(kind, options(KeepDims=True), [np.array(axis, dtype=np.int32)], expected.shape)])
    np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_constants_are_joined_to_what_is_computed(axis: int) -> None:
    data, before = random(1, 3, 4, 2), random(1, 3, 4, 2).astype(np.float16)
    expected = np.concatenate([data, before], axis=axis)
    answer = run(data, [("CONCATENATION", fused(Axis=axis - 4), [before], expected.shape)])
    np.testing.assert_array_equal(answer, expected)


@pytest.mark.parametrize(
    ("kind", "channels", "expected"),
    [
        ("NEG", [], np.negative),
        ("SQRT", [], np.sqrt),
        ("RSQRT", [], lambda x: 1 / np.sqrt(x)),
        ("RELU", [], lambda x: x.clip(0)),
        ("SUB", [random(4) + np.float32(3)], np.subtract),
        ("DIV", [random(4) + np.float32(3)], np.divide),
        ("SQUARED_DIFFERENCE", [random(4) + np.float32(3)], lambda x, y: (x - y) ** 2),
    ],
)
def test_numbers_are_taken_alone_or_in_pairs(kind: str, channels: list[np.ndarray], expected: Any) -> None:
    data = random(1, 2, 3, 4) ** 2 + np.float32(0.1)
    answer = run(data, [(kind, fused(), channels, data.shape)])
    np.testing.assert_allclose(answer, expected(data, *channels), rtol=1e-5)


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


@pytest.mark.parametrize(
    ("shape", "step", "message"),
    [
        ((1, 2, 2, 3), ("RESHAPE", None, [], (4, 3)), "mixes the batch"),
        ((1, 2, 3), ("TRANSPOSE", None, [integers(1, 0, 2)], (2, 1, 3)), "moves the batch"),
        ((1, 2, 3, 4), ("SUM", options(KeepDims=True), [integers(0)], (1, 2, 3, 4)), "SUM over the batch"),
        ((1, 2, 3, 4), ("MEAN", options(KeepDims=False), [integers(1)], (1, 3, 4)), "MEAN that drops axes"),
        ((1, 2, 3, 4), ("MEAN", options(KeepDims=True), [integers(1)], (1, 1, 3, 4)), "other axes than"),
        ((1, 3, 3), ("Landmarks2TransformMatrix", region(target_rotation_radians=1), [], (1, 4, 4)), "target rotation"),
    ],
)
def test_what_is_not_known_is_refused(shape: tuple[int, ...], step: tuple, message: str) -> None:
    with pytest.raises(ConversionError, match=message):
        run(counted(*shape), [step])


def test_a_regions_matrix_is_scaled_by_its_elements() -> None:
    points, factors = random(1, 3, 3), np.ones((1, 4, 4), dtype=np.float32)
    factors[0, :2] = [[1, 2, 3, 4], [5, 6, 7, 8]]
    steps = [("Landmarks2TransformMatrix", region(), [], (1, 4, 4))]
    scaled = run(points, [*steps, ("MUL", fused(), [factors], (1, 4, 4))])
    np.testing.assert_allclose(scaled, run(points, steps) * factors, rtol=1e-6)
