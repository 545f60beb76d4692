"""Conversion of MTCNN's three networks to ONNX, with the weights of `facenet-pytorch`.

Zhang et al. 2016 (IEEE Signal Process. Lett. 23:1499, arXiv:1604.02878); the layers are those of D. Sandberg's facenet
(2017), from which `facenet-pytorch` 2.6.0 and `mtcnn` 0.1.1 both have their weights, equal to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from moodreel.networks.convert.build import NHWC_TO_NCHW, Nodes
from moodreel.networks.convert.read import ConversionError
from moodreel.networks.convert.torch_weights import read_weights


@dataclass(frozen=True)
class Layers:
    """The layers of one of the networks.

    px: height and width of its pictures; None: any.
    pools: size and stride of the pooling after the first, second ... convolution; None: none.
    dense: the number of its fully connected layer, after the convolutions; None where it has none.
    regression, probability: the names of its last layers in the file.
    """

    px: int | None
    pools: tuple[tuple[int, int] | None, ...]
    dense: int | None
    regression: str
    probability: str


LAYERS = {
    "pnet": Layers(None, ((2, 2), None, None), None, "conv4_2", "conv4_1"),
    "rnet": Layers(24, ((3, 2), (3, 2), None), 4, "dense5_2", "dense5_1"),
    "onet": Layers(48, ((3, 2), (3, 2), (2, 2), None), 5, "dense6_2", "dense6_1"),
}
"""The layers by the file's name in the wheel. The face's five points, another output of `onet`, are not used."""


def convert(data: bytes, network: str, *, name: str, properties: Mapping[str, str] | None = None) -> bytes:
    """One of `LAYERS` as an ONNX file, from its weights file `data`; the same data give the same bytes.

    The input is `image` (batch, height, width, 3), float32. The outputs are `regression` (batch, 4), the
    correction of each side of the box in units of its size, and `probability` (batch, 2), of no face and of a face; of
    `pnet` both are maps with a cell for every second pixel (batch, 4 or 2, rows, columns). Raises ConversionError where
    the weights are not those of the network.
    """
    layers, weights = LAYERS[network], read_weights(data)
    build = Nodes()

    def layer(layer_name: str, value: str) -> str:
        parts = [build.constant(weights[f"{layer_name}.{part}"]) for part in ("weight", "bias")]
        if layer_name.startswith("dense"):
            return build.node("Gemm", value, *parts, transB=1)
        return build.node("Conv", value, *parts)

    try:
        value = build.node("Transpose", "image", perm=list(NHWC_TO_NCHW))
        for number, pool in enumerate(layers.pools, start=1):
            value = layer(f"conv{number}", value)
            slope = build.constant(weights[f"prelu{number}.weight"].reshape(-1, 1, 1))
            value = build.node("PRelu", value, slope)
            if pool:
                value = build.node("MaxPool", value, kernel_shape=[pool[0]] * 2, strides=[pool[1]] * 2, ceil_mode=1)
        if layers.dense:
            # The weights are in the order of columns, rows, channels
            value = build.node("Flatten", build.node("Transpose", value, perm=[0, 3, 2, 1]))
            value = layer(f"dense{layers.dense}", value)
            value = build.node("PRelu", value, build.constant(weights[f"prelu{layers.dense}.weight"]))
        ends = {
            "regression": layer(layers.regression, value),
            "probability": build.node("Softmax", layer(layers.probability, value), axis=1),
        }
    except KeyError as error:
        raise ConversionError(f"{name}: the weights have no {error}") from None
    for end, value in ends.items():
        build.rename(value, end)
    places = [] if layers.dense else ["rows", "columns"]
    return build.file(
        name,
        {"image": ["batch", layers.px or "height", layers.px or "width", 3]},
        {"regression": ["batch", 4, *places], "probability": ["batch", 2, *places]},
        properties,
    )
