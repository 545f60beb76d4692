"""Conversion of a TensorFlow Lite file to an ONNX file."""

from collections.abc import Mapping, Sequence

import moodreel.networks.convert.attention
import moodreel.networks.convert.axes
import moodreel.networks.convert.convolutions  # noqa: F401  (all register their converters)
from moodreel.networks.convert.build import Builder
from moodreel.networks.convert.heads import add_head
from moodreel.networks.convert.held import ChannelsLast
from moodreel.networks.convert.operators import CONVERTERS
from moodreel.networks.convert.read import ConversionError, read
from moodreel.networks.convert.widths import widths
from moodreel.networks.signature import Head, RefinedMesh


def convert(
    data: bytes, heads: Sequence[Head | RefinedMesh], *, name: str, properties: Mapping[str, str] | None = None
) -> bytes:
    """Convert the TensorFlow Lite file `data` to ONNX; the same arguments give the same bytes.

    heads: the outputs to keep; operators that none of them needs are left out.
    name: the graph's name.
    properties: what to keep in the file's metadata (source, licence).

    The one input is float32: `image` (batch, height, width, channel), or `points` (batch, point, coordinate). Outputs
    are float32 and have the batch first. Raises ConversionError, naming it, where the file holds something unknown, or
    is damaged.
    """
    try:
        return _convert(data, heads, name, properties)
    except ConversionError:
        raise
    except Exception as error:  # flatbuffers follows whatever positions a damaged file holds
        raise ConversionError(f"the file is damaged ({type(error).__name__}: {error})") from None


def _convert(
    data: bytes, heads: Sequence[Head | RefinedMesh], name: str, properties: Mapping[str, str] | None
) -> bytes:
    graph = read(data)
    if len(graph.inputs) != 1 or len(graph.shapes[graph.inputs[0]]) not in (3, 4):
        raise ConversionError("only networks with one image or one set of points as input are converted")
    wanted = {graph.output(name) for head in heads for name in head.tensors}
    operators = graph.needed_for(wanted)
    build = Builder(graph, widths(graph, operators, wanted))
    (input_tensor,) = graph.inputs
    if len(graph.shapes[input_tensor]) == 4:
        input_name = "image"
        build.held[input_tensor] = ChannelsLast(input_name)
    else:
        input_name = build.values[input_tensor] = "points"

    for operator in operators:
        if operator.kind not in CONVERTERS:
            raise ConversionError(f"operator {operator.kind} is not known; known are {', '.join(sorted(CONVERTERS))}")
        CONVERTERS[operator.kind](build, operator)

    outputs: dict[str, list[int | str]] = {}
    for head in heads:
        build.rename(add_head(build, head), head.name)
        outputs[head.name] = ["batch", *head.shape]
    return build.file(name, {input_name: ["batch", *graph.shapes[input_tensor][1:]]}, outputs, properties)
