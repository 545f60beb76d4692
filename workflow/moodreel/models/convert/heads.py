"""Outputs with the names and shapes that the rest of moodreel uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moodreel.models.convert.build import Builder
from moodreel.models.convert.read import ConversionError, Graph, Operator


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

    def tensors(self, graph: Graph) -> list[int]:
        """The tensors this output is made from."""
        return [graph.output(self.tensor)]

    def add(self, build: Builder) -> str:
        """Add what makes the output, and return its value."""
        tensor = build.graph.output(self.tensor)
        value = build.value(tensor)
        if self.logit:
            value = build.node("Sigmoid", value)
        return build.reshape(value, build.shape(tensor), (1, *self.shape))


@dataclass(frozen=True)
class RefinedMesh:
    """The face mesh of 468 points with lips, eyes and irises from their own branches: (478, 3), in input pixels.

    As MediaPipe's refined face landmarks: x and y of the points of lips and eyes come from the branches, which know no
    depth, so z stays the mesh's; points 468-472 (left) and 473-477 (right) are the irises', the centre first, and
    their z is the mean over the 16 points of that eye's contour. Which points a branch refines stands in the file, in
    the operator that cuts out its region.

    name: what the output is called in ONNX.
    mesh: name of the mesh output in the TensorFlow Lite file.
    regions: names of the outputs that refine mesh points (lips, eyes).
    irises: names of the outputs that add points, in order.
    """

    name: str
    mesh: str
    regions: tuple[str, ...]
    irises: tuple[str, ...]

    # The first 16 indices of an eye's region are the two lids' inner edges.
    EYE_CONTOUR = 16

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape without batch."""
        return (478, 3)

    def tensors(self, graph: Graph) -> list[int]:
        """The tensors this output is made from."""
        return [graph.output(name) for name in (self.mesh, *self.regions, *self.irises)]

    def add(self, build: Builder) -> str:
        """Add what makes the output, and return its value."""
        mesh, *parts = self.tensors(build.graph)
        points = build.shape(mesh)[-1] // 3
        value = build.reshape(build.value(mesh), build.shape(mesh), (1, points, 3))

        # x and y: one list of all coarse and all refined points, from which each point takes its best.
        planes = [_slice(build, value, 0, 2)]
        source = np.arange(points)
        means = []
        count = points
        for name, tensor in zip((*self.regions, *self.irises), parts, strict=True):
            subset = np.array(_region_of(build.graph, tensor).options["subset_idxs"])
            size = build.shape(tensor)[-1] // 2
            planes.append(build.reshape(build.value(tensor), build.shape(tensor), (1, size, 2)))
            refined = np.arange(count, count + size)
            count += size
            if name in self.irises:
                source = np.append(source, refined)
                mean = np.zeros((size, points), dtype=np.float32)
                mean[:, subset[: self.EYE_CONTOUR]] = 1 / self.EYE_CONTOUR
                means.append(mean)
            elif size == len(subset):
                source[subset] = refined
            else:
                raise ConversionError(f"{name} has {size} points, its region {len(subset)}")
        plane = build.node("Gather", build.node("Concat", *planes, axis=1), build.constant(source), axis=1)

        # z: a product with a matrix and no ReduceMean, whose order of summation depends on the batch.
        depth = _slice(build, value, 2, 3)
        iris_depth = build.node("MatMul", build.constant(np.concatenate(means)), depth)
        return build.node("Concat", plane, build.node("Concat", depth, iris_depth, axis=1), axis=2)


def _slice(build: Builder, value: str, begin: int, end: int) -> str:
    """Entries `begin` to `end` of the last axis of a value of rank 3."""
    bounds = (build.constant(np.array([n], dtype=np.int64)) for n in (begin, end, 2))
    return build.node("Slice", value, *bounds)


def _region_of(graph: Graph, tensor: int) -> Operator:
    """The operator that cut out the region whose points are in `tensor`.

    The search goes back through operators that merely reshape or scale.
    """
    makers = {output: operator for operator in graph.operators for output in operator.outputs}
    operator = makers[tensor]
    while operator.kind != "Landmarks2TransformMatrix":
        # Points come through TransformLandmarks(points, matrix); the region made the matrix.
        position = 1 if operator.kind == "TransformLandmarks" else 0
        if operator.kind not in ("TransformLandmarks", "RESHAPE", "MUL"):
            raise ConversionError(f"'{graph.names[tensor]}' does not come from a region of the mesh")
        operator = makers[operator.inputs[position]]
    return operator


def names(heads: Sequence[Head | RefinedMesh]) -> list[str]:
    """The outputs' names, in order."""
    return [head.name for head in heads]
