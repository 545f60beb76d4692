"""The input and outputs of a network.

The input is one float32 array per request, without the batch axis; the outputs have the names and shapes that the rest
of moodreel uses.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pictures:
    """Square RGB pictures, channels last.

    px: height and width.
    values: the values of black and white.
    """

    px: int
    values: tuple[float, float]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one picture."""
        return (self.px, self.px, 3)


@dataclass(frozen=True)
class Points:
    """Coordinates of points of one face, x and y.

    points: their indices in the mesh, in order.
    """

    points: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the points of one face."""
        return (len(self.points), 2)


@dataclass(frozen=True)
class Head:
    """One output of the network.

    name: name of the output in ONNX.
    tensor: name of the output in the TensorFlow Lite file.
    shape: shape without batch, channels last; () is one number per image.
    logit: whether the file gives a logit; the ONNX output is then its sigmoid, so that `flag` and `scores` are
        probabilities for every network.
    """

    name: str
    tensor: str
    shape: tuple[int, ...]
    logit: bool = False

    @property
    def tensors(self) -> tuple[str, ...]:
        """The outputs of the TensorFlow Lite file that this output is made from."""
        return (self.tensor,)


@dataclass(frozen=True)
class RefinedMesh:
    """The face mesh of 468 points with lips, eyes and irises from their own branches: (478, 3), in input pixels.

    As MediaPipe's refined face landmarks: x and y of the points of lips and eyes come from the branches, which have no
    depth, so z stays that of the mesh. Points 468-472 (left) and 473-477 (right) are the irises, the centre first;
    their z is the mean over the 16 points of that eye's contour. The file itself names the points that a branch
    refines, in the operator that cuts out the branch's region. Measured against MediaPipe 0.10.21 on eight crops of two
    portraits: at most 4e-4 px.

    name: name of the output in ONNX.
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
        """The outputs of the TensorFlow Lite file that this output is made from."""
        return (self.mesh, *self.regions, *self.irises)
