"""The groups of feature columns, with what each owes to its unit: how it is interpolated, centred and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from moodreel.tables.extraction import BODY_25
from moodreel.tables.face import ACTION_UNITS

ORIGIN = "neck"
BODY_POINTS = tuple(point for point in BODY_25 if point != ORIGIN)


@dataclass(frozen=True)
class Group:
    """Feature columns of one kind.

    `floor` is the least spread by which a column is divided, in the columns' own unit: about the smallest movement that
    a viewer would call one, so that a column that hardly moves is not blown up to the size of one that does.
    """

    columns: tuple[str, ...]
    source: Literal["face", "body"]
    interpolation: Literal["linear", "angle", "nearest"]
    centered: bool
    floor: float


GROUPS: dict[str, Group] = {
    "action_units": Group(
        tuple(f"AU{unit:02d}_r" for unit in ACTION_UNITS), "face", "linear", centered=False, floor=0.5
    ),
    "action_units_raw": Group(
        tuple(f"AU{unit:02d}_raw" for unit in ACTION_UNITS), "face", "linear", centered=True, floor=0.5
    ),
    "presence": Group(tuple(f"AU{unit:02d}_c" for unit in ACTION_UNITS), "face", "nearest", centered=False, floor=0.25),
    "head_pose": Group(("pitch_deg", "yaw_deg", "roll_deg"), "face", "angle", centered=True, floor=5.0),
    "gaze": Group(("gaze_x_deg", "gaze_y_deg"), "face", "linear", centered=True, floor=5.0),
    "body": Group(
        tuple(f"{point}_{axis}" for point in BODY_POINTS for axis in "xy"),
        "body",
        "linear",
        centered=True,
        floor=0.1,
    ),
}
"""Intensities 0-5 (0.5: half of FACS's A), degrees, shoulder widths (0.1: about 4 cm)."""

GROUP_OF = {column: name for name, group in GROUPS.items() for column in group.columns}
