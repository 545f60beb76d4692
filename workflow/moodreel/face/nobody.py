"""A face that nobody looks for: its FACE table on the frames of the pose."""

import polars as pl

from moodreel.pose.nobody import NOT_READ
from moodreel.tables import base
from moodreel.tables.face import FACE


def unread_faces(frames: pl.DataFrame) -> pl.DataFrame:
    """The table FACE of these `frames` (columns frame, time_s), `not_read` in each."""
    nothing = {name: pl.lit(None, kind) for name, kind in base.polars_schema(FACE).items()}
    known = {"frame": pl.col("frame"), "time_s": pl.col("time_s"), "status": pl.lit(NOT_READ)}
    return frames.select(**{**nothing, **known})
