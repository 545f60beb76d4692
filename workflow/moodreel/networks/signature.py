"""What a network takes and gives.

It takes one float32 array per question, without the axis of the batch, and gives outputs with the names and shapes that
the rest of moodreel uses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pictures:
    """Square RGB pictures, channels last.

    px: height and width.
    values: what black and white are in them.
    """

    px: int
    values: tuple[float, float]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one picture."""
        return (self.px, self.px, 3)


@dataclass(frozen=True)
class Points:
    """Places of points of one face, x and y.

    points: which of the mesh's, in order.
    """

    points: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one face's."""
        return (len(self.points), 2)


@dataclass(frozen=True)
class Head:
    """One output of the network.

    name: what the output is called in ONNX.
    tensor: name of the output in the TensorFlow Lite file.
    shape: shape without batch, channels last; () is one number per image.
    logit: whether the file gives a logit; the ONNX output is then its sigmoid, so that `flag` and `scores` are
        probabilities for every model.
    """

    name: str
    tensor: str
    shape: tuple[int, ...]
    logit: bool = False

    @property
    def tensors(self) -> tuple[str, ...]:
        """The outputs of the TensorFlow Lite file that this one is made from."""
        return (self.tensor,)


@dataclass(frozen=True)
class RefinedMesh:
    """The face mesh of 468 points with lips, eyes and irises from their own branches: (478, 3), in input pixels.

    As MediaPipe's refined face landmarks: x and y of the points of lips and eyes come from the branches, which know no
    depth, so z stays the mesh's. Points 468-472 (left) and 473-477 (right) are the irises, the centre first; their z is
    the mean over the 16 points of that eye's contour. Which points a branch refines stands in the file itself, in the
    operator that cuts out the branch's region. Measured against MediaPipe 0.10.21 on eight crops of two portraits: at
    most 4e-4 px.

    name: what the output is called in ONNX.
    mesh: name of the mesh output in the TensorFlow Lite file.
    regions: names of the outputs that refine mesh points (lips, eyes).
    irises: names of the outputs that add points, in order.
    """

    name: str
    mesh: str
    regions: tuple[str, ...]
    irises: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape without batch."""
        return (478, 3)

    @property
    def tensors(self) -> tuple[str, ...]:
        """The outputs of the TensorFlow Lite file that this one is made from."""
        return (self.mesh, *self.regions, *self.irises)
