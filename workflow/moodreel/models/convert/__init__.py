"""TensorFlow Lite to ONNX, for the convolutional networks that moodreel embeds.

`read` turns the flatbuffer into plain Python, `operators` and `attention` hold one converter per TensorFlow Lite
operator, `heads` gives the outputs their names and shapes, and `convert` joins these. Outside, images are
(batch, height, width, channel) as in the original; inside, every rank-4 tensor is (batch, channel, height, width), which
is what ONNX runtimes compute in. The batch is dynamic, weights stay half precision in the file, and the same input
always gives the same bytes.
"""

from moodreel.models.convert.convert import ConversionError, convert
from moodreel.models.convert.heads import Head, RefinedMesh

__all__ = ["ConversionError", "Head", "RefinedMesh", "convert"]
