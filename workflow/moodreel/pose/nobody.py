"""The POSE table of a video whose body is not read, on the frames of its FACE table."""

import polars as pl

from moodreel.tables import base
from moodreel.tables.extraction import POSE

FACTS = (
    "reason", "detail", "start_s", "end_s", "width", "height", "corrupt_packets", "patched_frames", "frames_decoded",
)  # fmt: skip
"""Facts of the video in the face's stamp that the pose's stamp needs too."""


def unread_poses(face: pl.DataFrame) -> pl.DataFrame:
    """The table POSE of the frames of a FACE table, `not_read` in each."""
    nothing = {name: pl.lit(None, kind) for name, kind in base.polars_schema(POSE).items()}
    known = {"frame": pl.col("frame"), "time_s": pl.col("time_s"), "cut": pl.lit(False), "status": pl.lit("not_read")}
    return face.select(**{**nothing, **known})
