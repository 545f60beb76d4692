"""Take over all of OpenFace's columns, as raw numbers, on the frames of the video's face table."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.errors import UserError
from moodreel.formats import openface
from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.face import FACE
from moodreel.tables.openface import OPENFACE
from moodreel.workflow import old_step as step


def on_frames(rows: pl.DataFrame, face: pl.DataFrame) -> pl.DataFrame:
    """The rows of `openface.raw` as OPENFACE, on the frames and times of a FACE table: null where there is no row."""
    return face.select("frame", "time_s").join(rows, on="frame", how="left", maintain_order="left")


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--file", type=Path, required=True, help="OpenFace's CSV")
    parser.add_argument("--face", type=Path, required=True, help="face.parquet that was made of it: the frames")
    parser.add_argument("--out", type=Path, required=True, help="openface.parquet")
    args = parser.parse_args()
    sha256, placed = atomic.sha256(args.file), base.read_stamp(args.face)
    if sha256 not in placed.get("inputs", {}).values():
        raise UserError(
            f"{args.face} was not made of {args.file} as it is now: its rows stand on other frames. Delete "
            f"{args.face.name} and run again."
        )
    rows, found = openface.raw(args.file)
    table = on_frames(rows, base.read(args.face, FACE, columns=["frame", "time_s"]))
    stamp = make_stamp(
        code=args.code,
        settings={},
        libraries=("numpy", "polars", "pyarrow"),
        inputs={str(args.file): sha256},
        reason=placed.get("reason"),
        **found,
    )
    base.write(args.out, OPENFACE, table, stamp)
    lacking = f"; {len(found['absent'])} of 714 columns are not in it" if found["absent"] else ""
    print(f"{args.file}: {found['columns_in_file']} columns, rows of {len(table)} frames{lacking}")


if __name__ == "__main__":
    step.run(main)
