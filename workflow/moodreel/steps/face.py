"""Read action units, head pose and gaze from a video's face mesh."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np

from moodreel.face import measure, neutral
from moodreel.face.action_units import Rest
from moodreel.face.displacements import displacements_table
from moodreel.features import smoothing
from moodreel.settings.action_units import ActionUnitSettings
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base, mesh_points
from moodreel.tables.face import FACE, MOVEMENTS, NEUTRAL
from moodreel.workflow import old_step as step

MAX_GAP_S = 0.2
"""Frames farther apart than this are smoothed apart."""
MAX_JUMP = 0.5
"""A face that moves or grows by more than this share of its height from one frame to the next is another shot's."""

_OF_THE_MESH = {"table", "schema_version", "code", "settings", "libraries", "models", "inputs"}


def performers(path: Path) -> Rest:
    """The performer's rest; NaN where they were never seen."""
    row = base.read(path, NEUTRAL).row(0, named=True)
    if not row["frames"]:
        return measure.rest_of(neutral.NOBODY)
    face = np.stack([row[axis] for axis in "xyz"], axis=1)
    scores = neutral.NOBODY.scores if row["blendshapes"] is None else np.array(row["blendshapes"])
    return measure.rest_of(neutral.Neutral(face, scores, np.array(row["zero"]), row["frames"], row["videos"]))


def the_videos(mesh: Path, settings: ActionUnitSettings) -> Rest:
    """The rest in this video alone; NaN where nobody is seen."""
    return measure.rest_of(neutral.find([neutral.sample_mesh(mesh, 1, settings)]))


def smoother(readings: measure.Readings, reach_s: float) -> measure.Smooth:
    """Smooths columns (frames, n) over the frames with a face that follow each other closely, `reach_s` to either side.

    Across a gap and where the face jumps, as at a cut, nothing is mixed.
    """
    times = readings.times_s
    far = np.abs(np.diff(readings.place, axis=0)).max(axis=1, initial=0) > MAX_JUMP * readings.place[1:, 2]
    jumps_s = times[1:][far]

    def smooth(columns: np.ndarray) -> np.ndarray:
        result = columns.copy()
        known = ~np.isnan(columns)
        for pattern in np.unique(known, axis=1).T:
            run = smoothing.runs(times[pattern], MAX_GAP_S, jumps_s)
            for column in np.flatnonzero((known == pattern[:, None]).all(axis=0)):
                result[pattern, column] = smoothing.smooth(times[pattern], columns[pattern, column], run, reach_s)
        return result

    return smooth


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--mesh", type=Path, required=True, help="mesh.parquet of the video")
    parser.add_argument(
        "--neutral", type=Path, help="neutral.parquet of its performer; default: rest is found in it alone"
    )
    parser.add_argument("--out", type=Path, required=True, help="face.parquet")
    parser.add_argument("--movements-out", type=Path, help="movements.parquet: what the units are made from")
    args = parser.parse_args()
    settings = ActionUnitSettings(**args.settings.get("action_units", {}))
    resting = performers(args.neutral) if args.neutral else the_videos(args.mesh, settings)
    of_mesh = base.read_stamp(args.mesh)
    facts = {name: fact for name, fact in of_mesh.items() if name not in _OF_THE_MESH}
    stamp = make_stamp(
        code=args.code,
        settings={"action_units": settings.model_dump(mode="json")},
        libraries=("numpy", "scipy"),
        inputs={str(path): atomic.sha256(path) for path in (args.mesh, args.neutral) if path},
        face_backend=of_mesh.get("settings", {}).get("face", {}).get("backend"),
        **facts,
    )
    rows = seen = 0
    parts = (
        measure.read(batch, mesh_points.points(batch), mesh_points.scores(batch))
        for batch in mesh_points.batches(args.mesh)
    )
    with (
        base.writer(args.out, FACE, stamp) as append,
        base.writer(args.movements_out, MOVEMENTS, stamp) if args.movements_out else nullcontext() as keep,
    ):
        for around, first, last in measure.with_neighbours(parts, settings.smoothing_s):
            smooth = smoother(around, settings.smoothing_s)
            moved = measure.displacements_of(around, max_yaw_deg=settings.max_yaw_deg, smooth=smooth).rows(
                slice(first, last)
            )
            own = around.rows(first, last)
            table = measure.face_table(own, moved, resting, presence=settings.presence)
            append(table)
            if keep:
                keep(displacements_table(own.frames, moved))
            rows, seen = rows + len(table), seen + len(table) - table.column("pitch_deg").null_count
    print(f"{args.mesh}: {facts.get('reason') or f'face in {seen} of {rows} frames'}")


if __name__ == "__main__":
    step.run(main)
