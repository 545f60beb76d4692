"""A pose from a table in place of a network's: the face is searched for in its head region."""

import math

import numpy as np
import polars as pl

from moodreel.networks.requests import Inference
from moodreel.pose import Pose
from moodreel.pose.body25 import COLUMNS
from moodreel.tables.extraction import BODY_25


class TablePose:
    """Tracks no person: each picture has the pose of the POSE table `poses` at its time.

    A picture without a row in the table has the status `no_person`.
    """

    def __init__(self, poses: pl.DataFrame) -> None:
        values = poses.select(COLUMNS).cast(pl.Float32).fill_null(math.nan).to_numpy()
        self._points = values.reshape(len(poses), len(BODY_25), 3)
        self._row = {_key(time_s): row for row, time_s in enumerate(poses["time_s"])}
        self._status = poses["status"].to_list()
        self._confidence = poses["confidence"].to_list()

    def track(self, picture: np.ndarray, time_s: float, *, look: bool = False) -> Inference[Pose]:
        """The pose at `time_s`; no inference request is made."""
        row = self._row.get(_key(time_s))
        if row is None or self._status[row] != "ok":
            return Pose("no_person")
        return Pose("ok", self._confidence[row], self._points[row])
        yield  # makes this a generator

    def forget(self) -> None:
        """Do nothing: there is no state."""


def _key(time_s: float) -> int:
    """The time in whole microseconds, which survives writing and reading."""
    return round(time_s * 1e6)
