"""Mesh files of faces that are made up."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from moodreel.tables import base
from moodreel.tables.extraction import BLENDSHAPES, MESH
from unit.face.faces import posed


def write_mesh(path: Path, faces: list[np.ndarray | None], *, score: float | None = None, **facts: object) -> Path:
    """A mesh file; None stands for a frame without a face, `score` is what all blendshapes have."""
    absent = pa.array([shown is None for shown in faces], pa.bool_())
    points = np.stack([np.zeros((478, 3)) if shown is None else posed(shown) for shown in faces])
    points = (points + np.random.default_rng(0).normal(0, 0.02, points.shape)).astype(np.float32)
    columns = {
        "frame": pa.array(range(len(faces)), pa.int32()),
        "time_s": pa.array(np.arange(len(faces)) / 25),
        "status": pa.array(["no_face" if shown is None else "ok" for shown in faces]),
        "confidence": pa.array([0.0 if shown is None else 0.95 for shown in faces], pa.float32()),
    }
    for axis, name in enumerate("xyz"):
        columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(points[:, :, axis].ravel()), 478, mask=absent)
    scores = np.full((len(faces), len(BLENDSHAPES)), 0.1 if score is None else score, np.float32)
    none = pa.array([True] * len(faces)) if score is None else absent
    columns["blendshapes"] = pa.FixedSizeListArray.from_arrays(pa.array(scores.ravel()), len(BLENDSHAPES), mask=none)
    base.write(path, MESH, pa.table(columns, schema=MESH.schema), {"reason": None, **facts})
    return path
