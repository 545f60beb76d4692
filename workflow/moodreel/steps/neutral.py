"""Find a performer's resting face over all their videos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel.face import neutral
from moodreel.settings.action_units import ActionUnitSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.face import NEUTRAL
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--performer", required=True, help="who is seen")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--meshes", type=Path, nargs="+", help="mesh.parquet of each of their videos")
    source.add_argument("--mesh-of", help="path of a video's mesh, with {video} for its id; with --videos")
    parser.add_argument("--videos", nargs="+", default=[], help="ids of their videos, with --mesh-of")
    parser.add_argument("--out", type=Path, required=True, help="neutral.parquet")
    args = parser.parse_args()
    settings = ActionUnitSettings(**args.settings.get("action_units", {}))
    if bool(args.mesh_of) != bool(args.videos):
        parser.error("--mesh-of and --videos go together")
    meshes = args.meshes or [Path(args.mesh_of.format(video=video)) for video in args.videos]
    found = neutral.find([neutral.sample_mesh(mesh, len(meshes), settings) for mesh in meshes])
    row = {"performer": args.performer, "frames": found.frames, "videos": found.videos}
    for axis, name in enumerate("xyz"):
        row[name] = found.face[:, axis].tolist() if found.frames else None
    row["blendshapes"] = None if np.isnan(found.scores).any() else found.scores.tolist()
    row["zero"] = found.zero.tolist() if found.frames else None
    stamp = make_stamp(
        code=args.code, settings={"action_units": settings.model_dump(mode="json")}, libraries=("numpy", "scipy")
    )
    base.write(args.out, NEUTRAL, pl.DataFrame([row], schema=base.polars_schema(NEUTRAL)), stamp)
    print(f"{args.performer}: resting face from {found.frames} frames of {found.videos} videos")


if __name__ == "__main__":
    step.run(main)
