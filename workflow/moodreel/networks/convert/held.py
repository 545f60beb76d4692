"""Deferred tensors: they are not written out with their operator, because their readers can often do without.

Each has `write`, which adds the nodes that make the tensor, for readers that need it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moodreel.networks.convert.build import Builder


@dataclass(frozen=True)
class ChannelsLast:
    """The input image: (batch, height, width, channel). A convolution can read it in this order."""

    value: str

    def write(self, build: Builder) -> str:
        return build.node("Transpose", self.value, perm=[0, 3, 1, 2])


@dataclass(frozen=True)
class DeferredPadding:
    """A tensor with zeros around it, which a convolution can add itself."""

    source: int
    height: tuple[int, int]
    width: tuple[int, int]

    def write(self, build: Builder) -> str:
        (top, bottom), (left, right) = self.height, self.width
        return build.node("Pad", build.value(self.source), build.integers(0, 0, top, left, 0, 0, bottom, right))


@dataclass(frozen=True)
class DeferredResize:
    """A tensor interpolated onto a finer grid.

    The weights of an interpolation sum to 1, so a 1x1 convolution with its bias may come first, on fewer pixels.
    """

    source: int
    enlarge: Callable[[str], str]

    def write(self, build: Builder) -> str:
        return self.enlarge(build.value(self.source))


@dataclass(frozen=True)
class DeferredBlocks:
    """A tensor whose blocks of size x size pixels come from the channels (row in block, column in block, channel) of
    one pixel of `source`: TensorFlow's DEPTH_TO_SPACE. A convolution that steps by whole blocks can read the source.
    """

    source: int
    size: int

    def write(self, build: Builder) -> str:
        return build.node("DepthToSpace", build.value(self.source), blocksize=self.size, mode="DCR")


@dataclass(frozen=True)
class DeferredSum:
    """The sum of `terms` tensors that are concatenated in the channels of `value`.

    A 1x1 convolution sums them itself, with its weights repeated for each term.
    """

    value: str
    terms: int
    channels: int

    def write(self, build: Builder) -> str:
        weights = np.tile(np.eye(self.channels, dtype=np.float16), self.terms)[:, :, np.newaxis, np.newaxis]
        return build.node("Conv", self.value, build.constant(weights), kernel_shape=[1, 1])


@dataclass(frozen=True)
class Plane:
    """A transform matrix that leaves z unchanged: its x and y rows, transposed.

    value: (batch, 3, 2), to be multiplied from the left by rows (x, y, 1).
    """

    value: str

    def write(self, build: Builder) -> str:
        """The whole matrix, (batch, 4, 4)."""
        columns = np.eye(4, dtype=np.float32)[[0, 1, 3]]
        rows = build.node("MatMul", build.node("Transpose", self.value, perm=[0, 2, 1]), build.constant(columns))
        whole = build.node("Pad", rows, build.integers(0, 0, 0, 0, 2, 0))
        return build.node("Add", whole, build.constant(np.diag([0, 0, 1, 1]).astype(np.float32)[None]))

    def times(self, build: Builder, factors: np.ndarray) -> Plane:
        """The matrix with each element multiplied by its factor [shape=(1, 4, 4)]."""
        return Plane(build.node("Mul", self.value, build.constant(factors[:, :2, [0, 1, 3]].transpose(0, 2, 1))))
