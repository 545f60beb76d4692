"""The readings of each frame of a video, row by row from its tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.tables import base, mesh_points
from moodreel.tables.emotions import EMOTION_SCORES, EMOTIONS
from moodreel.tables.extraction import BODY_25, MESH, POSE
from moodreel.tables.face import FACE
from moodreel.video.frame import Frame

SAME_TIME_S = 1e-6
"""Tolerance between the time of a frame in a table and in the video: the same number, written and read."""

_CLOCK = ["frame", "time_s"]
_BOX = ["x", "y", "width", "height"]


@dataclass(frozen=True)
class Reading:
    """The readings of one frame, in px of the upright picture.

    body: BODY_25's points (25, 2), NaN where not visible. mesh: (478, 2), None without a face or without a table.
    box: left, top, width, height of the face. units: intensities 0..5 in the order of `Readings.units`, NaN where null.
    scores: (7,) in the order of `EMOTIONS`. Each is None without its table.
    body_status, face_status: as in the tables; None without a table.
    """

    body: np.ndarray | None = None
    mesh: np.ndarray | None = None
    box: np.ndarray | None = None
    units: np.ndarray | None = None
    scores: np.ndarray | None = None
    body_status: str | None = None
    face_status: str | None = None


class Readings:
    """The tables of one video, at least one of them given, read frame by frame.

    pose, mesh, face, emotions: paths of POSE, MESH, FACE, EMOTION_SCORES.
    units: the requested action units; those that are null throughout are left out.

    Raises UserError where a table is absent, is of another kind, or the tables are not of the same frames.
    """

    def __init__(
        self,
        *,
        pose: Path | None = None,
        mesh: Path | None = None,
        face: Path | None = None,
        emotions: Path | None = None,
        units: Sequence[int] = (),
    ) -> None:
        self._mesh = mesh
        points = [f"{point}_{axis}" for point in BODY_25 for axis in "xy"]
        self._pose_table = base.read(pose, POSE, [*_CLOCK, "status", *points]) if pose else None
        intensities = [f"AU{unit:02d}_r" for unit in units]
        self._face_table = base.read(face, FACE, [*_CLOCK, "status", *intensities]) if face else None
        self._emotion_table = (
            base.read(emotions, EMOTION_SCORES, [*_CLOCK, "status", "detector", *_BOX, *EMOTIONS]) if emotions else None
        )
        mesh_rows = base.read(mesh, MESH, [*_CLOCK, "status"]) if mesh else None
        clocks = {
            path: table.select(_CLOCK)
            for path, table in (
                (pose, self._pose_table),
                (mesh, mesh_rows),
                (face, self._face_table),
                (emotions, self._emotion_table),
            )
            if path and table is not None
        }
        self.tables = list(clocks)
        self._clock = _common_clock(clocks)
        of_face = (table for table in (mesh_rows, self._face_table, self._emotion_table) if table is not None)
        self._face_rows = next(of_face, None)
        shown = [] if self._face_table is None else [n for n in intensities if self._face_table[n].count()]
        self.units = [int(name[2:4]) for name in shown]
        """The action units in the face's table."""
        self._body = _array(self._pose_table, points)
        self._intensities = _array(self._face_table, shown)
        self._scores = _array(self._emotion_table, list(EMOTIONS))
        self._boxes = _array(self._emotion_table, _BOX)

    def __len__(self) -> int:
        return len(self._clock)

    @property
    def detector(self) -> str | None:
        """The detector of the face whose emotions are scored."""
        return self._emotion_table["detector"][0] if self._emotion_table is not None and len(self) else None

    @property
    def body_read(self) -> bool:
        """Whether the body was read."""
        return self._pose_table is not None and bool((self._pose_table["status"] != "not_read").any())

    def join_frames(self, frames: Iterator[Frame]) -> Iterator[tuple[Frame, Reading]]:
        """Each of `frames` with its reading. Raises UserError where the tables have other frames or times."""
        meshes = self._meshes()
        rows = zip(*(self._clock[name].to_list() for name in _CLOCK), strict=True)
        row = -1
        for row, frame in enumerate(frames):
            index, time_s = next(rows, (None, None))
            if index != frame.index or abs(time_s - frame.time_s) > SAME_TIME_S:
                found = "has no more rows" if index is None else f"continues with frame {index} at {time_s:.3f} s"
                raise UserError(self._stale(f"{found} where frame {frame.index} at {frame.time_s:.3f} s is due"))
            yield frame, self._reading(row, next(meshes))
        if row + 1 < len(self):
            raise UserError(self._stale(f"has {len(self)} rows, and the video {row + 1} frames"))

    def _stale(self, found: str) -> str:
        return f"{self.tables[0]} is not of this video as it is now: it {found}. Delete it and run again."

    def _meshes(self) -> Iterator[np.ndarray | None]:
        if self._mesh is None:
            while True:
                yield None
        for batch in mesh_points.batches(self._mesh):
            for points in mesh_points.points(batch)[..., :2]:
                yield None if np.isnan(points[0, 0]) else points

    def _reading(self, row: int, mesh: np.ndarray | None) -> Reading:
        boxes = self._boxes
        if boxes is not None:
            box = None if np.isnan(boxes[row]).any() else boxes[row]
        else:
            box = None if mesh is None else _around(mesh)
        return Reading(
            body=None if self._body is None else self._body[row].reshape(-1, 2),
            mesh=mesh,
            box=box,
            units=None if self._intensities is None else self._intensities[row],
            scores=None if self._scores is None or np.isnan(self._scores[row]).any() else self._scores[row],
            body_status=None if self._pose_table is None else self._pose_table["status"][row],
            face_status=None if self._face_rows is None else self._face_rows["status"][row],
        )


def _common_clock(clocks: dict[Path, pl.DataFrame]) -> pl.DataFrame:
    """The frames and times that all tables share."""
    (first, clock), *others = clocks.items()
    for path, other in others:
        if not clock.equals(other):
            raise UserError(
                f"{path} is of other frames than {first}: {len(other)} and {len(clock)} rows. Delete the older one and "
                "run again."
            )
    return clock


def _array(table: pl.DataFrame | None, columns: list[str]) -> np.ndarray | None:
    """Columns as (rows, columns) float64, NaN where they are null; None without any."""
    if table is None or not columns:
        return None
    return table.select(pl.col(columns).cast(pl.Float64).fill_null(float("nan"))).to_numpy()


def _around(mesh: np.ndarray) -> np.ndarray:
    """Left, top, width, height of the box around the points (n, 2)."""
    first, last = mesh.min(axis=0), mesh.max(axis=0)
    return np.concatenate([first, last - first])
