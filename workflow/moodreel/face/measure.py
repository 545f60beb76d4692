"""From a mesh to head pose, gaze and action units, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from moodreel.face.action_units import PEOPLE, QUICK_SCORES, NeutralMeasures, intensities, unit_scores
from moodreel.face.displacements import Displacements
from moodreel.face.gaze import gaze
from moodreel.face.head_pose import head_pose
from moodreel.face.movements import QUICK, VIEWERS_LEFT, VIEWERS_RIGHT, movements_by_side
from moodreel.face.neutral import Neutral
from moodreel.tables import mesh_points
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS, FACE, PAIRED

_FRAME_COLUMNS = ("frame", "time_s", "status", "confidence")
_ROW = {unit: row for row, unit in enumerate(ACTION_UNITS)}

Smooth = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Readings:
    """The measures of each frame by itself; NaN in rows whose status is not `ok`.

    `frames`: the MESH columns that FACE has too; `place` (frames, 3): the middle of the mesh, px, and its height, px;
    `pose` (frames, 3): pitch, yaw, roll, deg; `gaze` (frames, 2), deg; `movements` (frames, 2, movements); `scores`
    (frames, 52).
    """

    frames: pa.Table
    place: np.ndarray
    pose: np.ndarray
    gaze: np.ndarray
    movements: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.place)

    @property
    def times_s(self) -> np.ndarray:
        """Presentation times, (frames,)."""
        return pl.from_arrow(self.frames.column("time_s")).to_numpy()  # arrow's own would import pandas

    def rows(self, first: int, last: int) -> Readings:
        """The readings of the frames from `first` to before `last`."""
        return Readings(self.frames.slice(first, last - first), *(array[first:last] for array in self._arrays))

    @property
    def _arrays(self) -> tuple[np.ndarray, ...]:
        return self.place, self.pose, self.gaze, self.movements, self.scores


def read(frames: pa.RecordBatch, mesh_px: np.ndarray, scores: np.ndarray) -> Readings:
    """Readings of MESH rows `frames` with points `mesh_px` (rows, 478, 3) and blendshapes `scores` (rows, 52), NaN
    where there are none."""
    ok = np.array(frames.column("status").to_pylist(), dtype=object) == "ok"
    mesh_px = np.where(ok[:, None, None], mesh_px, np.nan)
    pose = head_pose(mesh_px)
    low, high = mesh_px[:, :, :2].min(axis=1), mesh_px[:, :, :2].max(axis=1)
    return Readings(
        pa.table({name: frames.column(name) for name in _FRAME_COLUMNS}),
        np.column_stack([(low + high) / 2, (high - low)[:, 1]]),
        pose.angles_deg,
        gaze(pose.face),
        movements_by_side(pose.face),
        np.where(ok[:, None], scores, np.nan),
    )


def read_mesh(path: Path) -> Iterator[Readings]:
    """Readings of a mesh file, batch by batch."""
    for batch in mesh_points.batches(path):
        yield read(batch, mesh_points.points(batch), mesh_points.scores(batch))


def join_readings(parts: Sequence[Readings]) -> Readings:
    """Concatenate readings of successive frames."""
    arrays = zip(*(part._arrays for part in parts), strict=True)
    return Readings(pa.concat_tables([part.frames for part in parts]), *map(np.concatenate, arrays))


def with_neighbours(parts: Iterable[Readings], reach_s: float) -> Iterator[tuple[Readings, int, int]]:
    """Successive parts, none of them empty, each joined with the frames before and after it that are nearer than
    `reach_s`, and the start and stop of its own rows among these. So a long video need not be held in memory."""
    waiting = iter(parts)
    before, part = None, next(waiting, None)
    while part is not None:
        after = next(waiting, None)
        times_s = part.times_s
        around = [part]
        if before is not None:
            first = np.searchsorted(before.times_s, times_s[0] - reach_s)
            around.insert(0, before.rows(int(first), len(before)))
        if after is not None:
            around.append(after.rows(0, int(np.searchsorted(after.times_s, times_s[-1] + reach_s, "right"))))
        own = len(around[0]) if before is not None else 0
        yield join_readings(around), own, own + len(part)
        before, part = part, after


def neutral_measures(neutral: Neutral) -> NeutralMeasures:
    """The measures of the neutral face on either side, for `intensities`."""
    return NeutralMeasures(
        movements_by_side(neutral.face[None])[0], unit_scores(neutral.scores[None])[0], zero=neutral.zero
    )


def displacements_of(
    readings: Readings, *, max_yaw_deg: float = np.inf, smooth: Smooth = lambda values: values
) -> Displacements:
    """The displacements of `readings`, from which action units are computed.

    They are NaN where the head is turned by more than `max_yaw_deg`: half of the face is then hidden, and the mesh only
    guesses it. `smooth` is applied to the columns of movements and scores (frames, n) that are not quick.
    """
    turned = (np.abs(readings.pose[:, 1]) > max_yaw_deg)[:, None, None]
    return Displacements(
        _smoothed(np.where(turned, np.nan, readings.movements), smooth, QUICK),
        _smoothed(np.where(turned, np.nan, unit_scores(readings.scores)), smooth, QUICK_SCORES),
    )


def units_in(displacements: Displacements, neutral: NeutralMeasures, *, presence: float) -> dict[str, np.ndarray]:
    """The columns of FACE that depend on a neutral face: `_r`, `_c`, `_left` and `_right`, each (frames,).

    `neutral` is the performer's, of both sides; where it is NaN, they are NaN. `_c` is 1 where `_r` reaches `presence`.
    """
    sides = intensities(displacements.movements, displacements.scores, neutral)
    mean_neutral = NeutralMeasures(neutral.movements.mean(axis=0), neutral.scores.mean(axis=0), zero=neutral.zero)
    together = intensities(*displacements.of_both, mean_neutral)
    present = np.where(np.isnan(together), np.nan, together >= presence)
    columns = {}
    for unit, row in _ROW.items():
        columns[f"AU{unit:02d}_r"] = together[:, row]
        columns[f"AU{unit:02d}_c"] = present[:, row]
    for unit in PAIRED:
        columns[f"AU{unit:02d}_left"] = sides[:, VIEWERS_RIGHT, _ROW[unit]]
        columns[f"AU{unit:02d}_right"] = sides[:, VIEWERS_LEFT, _ROW[unit]]
    return columns


def face_table(
    readings: Readings, displacements: Displacements, neutral: NeutralMeasures, *, presence: float
) -> pa.Table:
    """A FACE table of `readings` with their `displacements` (`displacements_of`).

    `_raw` counts only deviations from the average face beyond one standard deviation of neutral faces. Frames whose
    status is not `ok` have null for all measures.
    """
    against_average = intensities(*displacements.of_both, PEOPLE)
    measured = {
        "face_height": readings.place[:, 2],
        **dict(zip(("pitch_deg", "yaw_deg", "roll_deg"), readings.pose.T, strict=True)),
        **dict(zip(("gaze_x_deg", "gaze_y_deg"), readings.gaze.T, strict=True)),
    }
    measured |= units_in(displacements, neutral, presence=presence)
    measured |= {f"AU{unit:02d}_raw": against_average[:, row] for unit, row in _ROW.items()}
    for name, values in zip(BLENDSHAPES, readings.scores.T, strict=True):
        measured[f"blendshape_{name.removeprefix('_')}"] = values
    columns = {name: readings.frames.column(name) for name in _FRAME_COLUMNS}
    # `pa.array` would import pandas, which takes longer than the rest of the step
    columns |= {name: pl.Series(values).fill_nan(None).to_arrow() for name, values in measured.items()}
    return FACE.conform(pa.table(columns))


def _smoothed(values: np.ndarray, smooth: Smooth, quick: np.ndarray) -> np.ndarray:
    """`values` (frames, 2, n), smoothed except where `quick` (n,) or NaN throughout."""
    flat = values.reshape(len(values), values.shape[1] * values.shape[2]).copy()
    slow = ~(np.isnan(flat).all(axis=0) | np.tile(quick, 2))
    flat[:, slow] = smooth(flat[:, slow])
    return flat.reshape(values.shape)
