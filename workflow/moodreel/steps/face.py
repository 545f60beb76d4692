"""Read action units, head pose and gaze from a video's face mesh."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from moodreel import files, provenance
from moodreel.face import measure, neutral
from moodreel.face.head_pose import head_pose
from moodreel.settings.action_units import ActionUnitSettings
from moodreel.steps import command
from moodreel.tables import base, mesh_points
from moodreel.tables.extraction import MESH_POINTS
from moodreel.tables.face import FACE, NEUTRAL

_OF_THE_MESH = {"table", "schema_version", "code", "settings", "libraries", "models", "inputs"}


def performers(path: Path) -> np.ndarray:
    """The performer's resting face, (478, 3), NaN where they were never seen."""
    row = base.read(path, NEUTRAL).row(0, named=True)
    if not row["frames"]:
        return np.full((MESH_POINTS, 3), np.nan)
    return np.stack([row[axis] for axis in "xyz"], axis=1)


def the_videos(mesh: Path, settings: ActionUnitSettings) -> np.ndarray:
    """The resting face in this video alone, (478, 3), NaN where there is none."""
    rows = neutral.candidates(mesh_points.sure(mesh, settings.min_confidence), videos=1)
    pose = head_pose(mesh_points.at(mesh, rows))
    return neutral.find([neutral.frontal(pose, videos=1, max_turn_deg=settings.max_turn_deg)]).face


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--mesh", type=Path, required=True, help="mesh.parquet of the video")
    parser.add_argument("--neutral", type=Path, required=True, help="neutral.parquet of its performer")
    parser.add_argument("--out", type=Path, required=True, help="face.parquet")
    args = parser.parse_args()
    settings = ActionUnitSettings(**args.settings.get("action_units", {}))
    resting = the_videos(args.mesh, settings) if settings.neutral == "video" else performers(args.neutral)
    facts = {name: fact for name, fact in base.read_stamp(args.mesh).items() if name not in _OF_THE_MESH}
    stamp = provenance.stamp(
        code=args.code,
        settings={"action_units": settings.model_dump(mode="json")},
        libraries=("numpy", "scipy"),
        inputs={str(path): files.sha256(path) for path in (args.mesh, args.neutral)},
        **facts,
    )
    rows = seen = 0
    with base.writer(args.out, FACE, stamp) as append:
        for batch in mesh_points.batches(args.mesh):
            table = measure.face_table(batch, mesh_points.points(batch), resting, presence=settings.presence)
            append(table)
            rows, seen = rows + len(table), seen + len(table) - table.column("pitch_deg").null_count
    print(f"{args.mesh}: {facts.get('reason') or f'face in {seen} of {rows} frames'}")


if __name__ == "__main__":
    command.run(main)
