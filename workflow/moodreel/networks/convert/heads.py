"""Makes the requested outputs from the network's last tensors."""

import numpy as np

from moodreel.networks.convert.build import Builder
from moodreel.networks.convert.read import ConversionError, Graph, Operator
from moodreel.networks.signature import Head, RefinedMesh

# The first 16 indices of an eye's region are the edges of its lids.
EYE_CONTOUR = 16


def add_head(build: Builder, head: Head | RefinedMesh) -> str:
    """Add the nodes that make an output, and return its value."""
    if isinstance(head, RefinedMesh):
        return _refined_mesh(build, head)
    tensor = build.graph.output(head.tensor)
    value = build.value(tensor)
    if head.logit:
        value = build.node("Sigmoid", value)
    return build.reshape(value, build.shape(tensor), (1, *head.shape))


def _refined_mesh(build: Builder, head: RefinedMesh) -> str:
    mesh, *branches = (build.graph.output(name) for name in head.tensors)
    points = build.shape(mesh)[-1] // 3
    value = build.reshape(build.value(mesh), build.shape(mesh), (1, points, 3))

    # x and y: a list of all coarse and all refined points, from which each point takes its most refined.
    planes = [_coordinates(build, value, 0, 2)]
    chosen = np.arange(points)
    averages = []
    count = points
    for name, tensor in zip((*head.regions, *head.irises), branches, strict=True):
        subset = np.array(_region_of(build.graph, tensor).options["subset_idxs"])
        size = build.shape(tensor)[-1] // 2
        planes.append(build.reshape(build.value(tensor), build.shape(tensor), (1, size, 2)))
        refined = np.arange(count, count + size)
        count += size
        if name in head.irises:
            chosen = np.append(chosen, refined)
            average = np.zeros((size, points), dtype=np.float32)
            average[:, subset[:EYE_CONTOUR]] = 1 / EYE_CONTOUR
            averages.append(average)
        elif size == len(subset):
            chosen[subset] = refined
        else:
            raise ConversionError(f"{name} has {size} points, its region {len(subset)}")
    plane = build.node("Gather", build.node("Concat", *planes, axis=1), build.constant(chosen), axis=1)

    # z: a product with a matrix and no ReduceMean, whose order of summation depends on the batch.
    depth = _coordinates(build, value, 2, 3)
    iris_depth = build.node("MatMul", build.constant(np.concatenate(averages)), depth)
    return build.node("Concat", plane, build.node("Concat", depth, iris_depth, axis=1), axis=2)


def _coordinates(build: Builder, points: str, begin: int, end: int) -> str:
    """Coordinates `begin` to `end` of points (batch, n, 3)."""
    return build.node("Slice", points, build.integers(begin), build.integers(end), build.integers(2))


def _region_of(graph: Graph, tensor: int) -> Operator:
    """The operator that cut out the region whose points are in `tensor`."""
    makers = {output: operator for operator in graph.operators for output in operator.outputs}
    operator = makers[tensor]
    while operator.kind != "Landmarks2TransformMatrix":
        if operator.kind not in ("TransformLandmarks", "RESHAPE", "MUL"):
            raise ConversionError(f"'{graph.names[tensor]}' does not come from a region of the mesh")
        # TransformLandmarks takes points and a matrix; the region made the matrix.
        operator = makers[operator.inputs[1 if operator.kind == "TransformLandmarks" else 0]]
    return operator
