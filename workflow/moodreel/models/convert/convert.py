"""A TensorFlow Lite file to an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import moodreel.models.convert.attention
import moodreel.models.convert.axes
import moodreel.models.convert.convolutions  # noqa: F401  (all register their converters)
from moodreel.models.convert.build import Builder
from moodreel.models.convert.heads import add_head
from moodreel.models.convert.held import ChannelsLast
from moodreel.models.convert.operators import CONVERTERS
from moodreel.models.convert.read import ConversionError, read
from moodreel.models.convert.widths import widths
from moodreel.models.heads import Head, RefinedMesh


def convert(
    data: bytes, heads: Sequence[Head | RefinedMesh], *, name: str, properties: Mapping[str, str] | None = None
) -> bytes:
    """Convert the TensorFlow Lite model `data` to ONNX; the same arguments give the same bytes.

    heads: the wanted outputs; what only others need is left out.
    name: the graph's name.
    properties: what to keep in the file's metadata (source, licence).

    The one input is float32: `image` (batch, height, width, channel), or `points` (batch, point, coordinate). Outputs
    are float32 and have the batch first. Raises ConversionError, naming it, where the file holds something unknown.
    """
    graph = read(data)
    if len(graph.inputs) != 1 or len(graph.shapes[graph.inputs[0]]) not in (3, 4):
        raise ConversionError("only models with one image or one set of points as input are converted")
    wanted = {graph.output(name) for head in heads for name in head.tensors}
    operators = graph.needed_for(wanted)
    build = Builder(graph, widths(graph, operators, wanted))
    (given,) = graph.inputs
    if len(graph.shapes[given]) == 4:
        name_given = "image"
        build.held[given] = ChannelsLast(name_given)
    else:
        name_given = build.values[given] = "points"

    for operator in operators:
        if operator.kind not in CONVERTERS:
            raise ConversionError(f"operator {operator.kind} is not known; known are {', '.join(sorted(CONVERTERS))}")
        CONVERTERS[operator.kind](build, operator)

    outputs: dict[str, list[int | str]] = {}
    for head in heads:
        build.rename(add_head(build, head), head.name)
        outputs[head.name] = ["batch", *head.shape]
    return build.file(name, {name_given: ["batch", *graph.shapes[given][1:]]}, outputs, properties)
