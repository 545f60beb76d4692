"""The table of a body that nobody looks for, on the frames of the face's table."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.storage import atomic
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.workflow import old_step as step

FACTS = (
    "reason",
    "detail",
    "start_s",
    "end_s",
    "width",
    "height",
    "corrupt_packets",
    "patched_frames",
    "frames_decoded",
)
"""What the face's stamp says of the video, and the pose's has to say too."""


def unread(face: pl.DataFrame) -> pl.DataFrame:
    """The table POSE of the frames of a FACE table, `not_read` in each."""
    nothing = {name: pl.lit(None, kind) for name, kind in base.polars_schema(POSE).items()}
    known = {"frame": pl.col("frame"), "time_s": pl.col("time_s"), "cut": pl.lit(False), "status": pl.lit("not_read")}
    return face.select(**{**nothing, **known})


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--face", type=Path, required=True, help="face.parquet")
    parser.add_argument("--out", type=Path, required=True, help="pose.parquet")
    args = parser.parse_args()
    found = base.read_stamp(args.face)
    stamp = make_stamp(
        code=args.code,
        settings={},
        libraries=("polars", "pyarrow"),
        inputs={str(args.face): atomic.sha256(args.face)},
        **{name: found[name] for name in FACTS if name in found},
    )
    base.write(args.out, POSE, unread(base.read(args.face, FACE, columns=["frame", "time_s"])), stamp)


if __name__ == "__main__":
    step.run(main)
