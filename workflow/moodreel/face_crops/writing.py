"""Writes the table FACE_CROPS from frames and meshes, and its stamp.

A staging table from extraction is used only where it is up to date: made by the same code, from the same video, with a
mesh that was read in the same way.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.face_crops import FaceCrop, cut_all, cutter
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base, mesh_points
from moodreel.tables.face_crops import FACE_CROPS
from moodreel.video.frame import Frame

LIBRARIES = ("av", "numpy", "opencv-contrib-python-headless")

OF_MESH = ("code", "settings", "libraries", "models", "inputs", "start_s", "end_s")
"""Keys of a mesh's stamp about how it was read."""


class Row(NamedTuple):
    """A frame, the status of its mesh, and the face crop."""

    frame: int
    time_s: float
    status: str
    crop: FaceCrop | None


def stamp(kind: str, code: str, mesh: Mapping[str, Any]) -> dict[str, Any]:
    """The stamp of the table FACE_CROPS before anything is cut out.

    code: fingerprint of `steps.face_crops` with the kind's module.
    mesh: the stamp of the mesh's table, existing or expected.
    """
    return make_stamp(
        code=code,
        settings={"kind": kind},
        libraries=LIBRARIES,
        inputs=mesh["inputs"],
        mesh={key: mesh[key] for key in OF_MESH},
        form=cutter(kind).form,
        start_s=mesh["start_s"],
        end_s=mesh["end_s"],
        reason=None,
    )


@dataclass(frozen=True)
class CropsRecipe:
    """A table FACE_CROPS as it would be made now, by its `stamp`."""

    stamp: Mapping[str, Any]

    def matches(self, table: Path) -> bool:
        """Whether `table` exists and has this stamp."""
        if not table.is_file():
            return False
        existing = base.read_stamp(table)
        return all(existing.get(key) == self.stamp[key] for key in ("code", "settings", "mesh"))


def table(rows: Iterable[Row]) -> pl.DataFrame:
    """FACE_CROPS of `rows`."""
    held = [*rows]
    crops = [row.crop or (None,) * len(FaceCrop._fields) for row in held]
    columns = {
        "frame": [row.frame for row in held],
        "time_s": [row.time_s for row in held],
        "status": ["outside" if row.crop is None and row.status == "ok" else row.status for row in held],
        **{name: [crop[place] for crop in crops] for place, name in enumerate(FaceCrop._fields)},
    }
    return pl.DataFrame(columns, schema=base.polars_schema(FACE_CROPS))


def cut(frames: Iterable[Frame], mesh: Path, kind: str) -> Iterator[pl.DataFrame]:
    """Parts of FACE_CROPS, as large as a file's row groups, of all `frames` of a video with the table MESH `mesh`.

    Raises UserError where the mesh does not match the video.
    """
    cutters, meshes = [cutter(kind)], _rows(mesh)
    held: list[Row] = []
    for frame in frames:
        index, status, points = next(meshes, (None, "", None))
        if index != frame.index:
            raise _mismatch(mesh, frame.index)
        held.append(Row(frame.index, frame.time_s, status, *cut_all(cutters, frame.picture, points)))
        frame.release()
        if len(held) == base.ROW_GROUP_ROWS:
            yield table(held)
            held = []
    if held:
        yield table(held)
    if next(meshes, None) is not None:
        raise _mismatch(mesh, None)


def _mismatch(mesh: Path, frame: int | None) -> UserError:
    what = "it has rows of more frames" if frame is None else f"it has no row of frame {frame} where that is due"
    return UserError(f"{mesh} is not of this video as it is now: {what}. Delete it and run again.")


def _rows(mesh: Path) -> Iterator[tuple[int, str, np.ndarray | None]]:
    """Each row's frame, status and points (478, 3), None where no face was found."""
    for batch in mesh_points.batches(mesh):
        points = mesh_points.points(batch)
        frames, statuses = (batch.column(name).to_pylist() for name in ("frame", "status"))
        for index, status, face in zip(frames, statuses, points, strict=True):
            yield index, status, None if np.isnan(face[0, 0]) else face
