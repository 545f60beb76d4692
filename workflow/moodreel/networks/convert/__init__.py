"""Conversion of networks to ONNX: from TensorFlow Lite (`convert`), Keras (`keras`), and MTCNN from PyTorch (`mtcnn`).

For TensorFlow Lite, `read` turns the flatbuffer into plain Python (`sparse`: its sparse constants), `build` holds the
ONNX graph under construction (the others use its nodes too), `operators`, `axes`, `convolutions` and `attention`
one converter per TensorFlow Lite operator, `heads` makes the outputs, and `convert` joins these. `held` and `widths`
are for speed alone: operators that a convolution can take over, and channels in whole blocks.

At its inputs, images are (batch, height, width, channel) as in the original, and points (batch, point, coordinate).
Inside, every rank-4 tensor is (batch, channel, height, width), which is what ONNX runtimes compute in. The batch is
dynamic, weights stay as precise as in the file, and the same input always gives the same bytes.
"""
