"""A pose that is known before."""

import numpy as np
import polars as pl

from moodreel.networks.requests import resolve
from moodreel.pose.from_table import TablePose
from moodreel.tables import base
from moodreel.tables.extraction import POSE

PICTURE = np.zeros((4, 4, 3), np.uint8)


def given_poses(*rows: dict) -> TablePose:
    full = [{"frame": i, "cut": False, **row} for i, row in enumerate(rows)]
    return TablePose(pl.DataFrame(full, schema=base.polars_schema(POSE)))


def test_the_pose_of_a_picture_is_that_of_its_time():
    given = given_poses(
        {"time_s": 0.0, "status": "ok", "confidence": 0.5, "nose_x": 1.0, "nose_y": 2.0, "nose_confidence": 0.25},
        {"time_s": 0.1, "status": "ok", "confidence": 0.75, "nose_x": 3.0, "nose_y": 4.0, "nose_confidence": 1.0},
    )
    later = resolve(given.track(PICTURE, 0.1 + 1e-9))
    assert (later.status, later.confidence, later.people_seen) == ("ok", 0.75, None)
    assert later.points[0].tolist() == [3, 4, 1] and np.isnan(later.points[1:]).all()
    given.forget()
    assert resolve(given.track(PICTURE, 0.0, look=True)).points[0].tolist() == [1, 2, 0.25]


def test_nobody_where_the_table_has_nobody_or_nothing():
    given = given_poses({"time_s": 0.0, "status": "not_imported"}, {"time_s": 0.1, "status": "no_person"})
    for time_s in (0.0, 0.1, 0.2):
        pose = resolve(given.track(PICTURE, time_s))
        assert (pose.status, pose.points) == ("no_person", None)
