"""The face that extraction has followed: the box around its mesh."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from moodreel.errors import UserError
from moodreel.tables import mesh_points
from moodreel.video.decode import Frame


class MeshDetector:
    """Boxes around the meshes of a video's table MESH, which are asked for in the order of its rows."""

    def __init__(self, mesh: Path) -> None:
        self._mesh = mesh
        self._rows = _rows(mesh)

    def boxes(self, frame: Frame) -> np.ndarray:
        """As `Detector.boxes`, at most one. Raises UserError where the table is not of this video."""
        index, box = next(self._rows, (None, None))
        if index != frame.index:
            raise UserError(
                f"{self._mesh} is not of this video as it is now: it has no row of frame {frame.index} where that is "
                "due. Delete it and run again."
            )
        return box


def _rows(mesh: Path) -> Iterator[tuple[int, np.ndarray]]:
    """Each row's frame and its box, (1, 4), or (0, 4) where no face was seen."""
    for batch in mesh_points.batches(mesh):
        points = mesh_points.points(batch)[..., :2]
        for index, face in zip(batch.column("frame").to_pylist(), points, strict=True):
            if np.isnan(face[0, 0]):
                yield index, np.empty((0, 4), int)
                continue
            first, last = np.floor(face.min(axis=0)), np.ceil(face.max(axis=0))
            yield index, np.concatenate([first, last - first]).astype(int)[np.newaxis]
