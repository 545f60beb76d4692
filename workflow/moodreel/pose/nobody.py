"""A body that nobody looks for: its tracker, and its POSE table on the frames of another table."""

import numpy as np
import polars as pl

from moodreel.networks.requests import Inference
from moodreel.pose import Pose
from moodreel.storage.stamps import facts_of
from moodreel.tables import base
from moodreel.tables.extraction import POSE

NOT_READ = "not_read"
"""The status of frames in which nobody looked for a body, or for a face."""

OF_ONE_TABLE = ("face_backend", "imported", "missing")
"""Facts in stamps that are about the table itself; the others are about the video."""


class NoPose:
    """Looks for no body."""

    def track(self, picture: np.ndarray, time_s: float, *, look: bool = False) -> Inference[Pose]:
        """No pose; no inference request is made."""
        return Pose(NOT_READ)
        yield  # makes this a generator

    def forget(self) -> None:
        """Do nothing: there is no state."""


def unread_poses(frames: pl.DataFrame) -> pl.DataFrame:
    """The table POSE of these `frames` (columns frame, time_s), `not_read` in each."""
    nothing = {name: pl.lit(None, kind) for name, kind in base.polars_schema(POSE).items()}
    known = {"frame": pl.col("frame"), "time_s": pl.col("time_s"), "cut": pl.lit(False), "status": pl.lit(NOT_READ)}
    return frames.select(**{**nothing, **known})


def facts_of_video(stamp: dict[str, object]) -> dict[str, object]:
    """The facts of the video in the stamp of one of its tables, for a table of the same frames."""
    return {name: fact for name, fact in facts_of(stamp).items() if name not in OF_ONE_TABLE}
