"""The groups of feature columns, and how each is interpolated, centred and scaled according to its unit."""

from dataclasses import dataclass
from typing import Literal

from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import BODY_25
from moodreel.tables.face import ACTION_UNITS, PAIRED
from moodreel.tables.openface import COLUMNS as OPENFACE_COLUMNS
from moodreel.tables.openface import PREFIX as OPENFACE_PREFIX

ORIGIN = "neck"
BODY_POINTS = tuple(point for point in BODY_25 if point != ORIGIN)


RATE, SIDES = "_per_s", "_left_minus_right"
"""Suffixes of a column's name: its change per second; of an action unit's name: the performer's left half minus the
right."""
PX, MISSING = "px_", "missing_"
"""Prefixes of a keypoint's name: its place in px as OpenPose writes it; whether it is missing."""
FACE_MISSING = MISSING + "face"
EMOTION = "emotion_"
"""Prefix of an emotion's name: its score."""

OPENFACE_COUNTED = ("frame", "timestamp", "confidence", "success")
"""OpenFace's columns that do not describe the face, but are among the 788 that are counted."""
OPENFACE_ROW = ("face_id", *OPENFACE_COUNTED)


@dataclass(frozen=True)
class Group:
    """Feature columns of one kind.

    Attributes:
        columns: their names.
        unit: of their values.
        source: the table that they are made from.
        interpolation: how they are put on the time grid.
        centered: whether they lose their owner's median (in the set `normalised`).
        floor: the least spread by which a column is divided, in the columns' own unit: about the smallest movement that
            a viewer would call one, so that a column that hardly moves is not blown up to the size of one that does.
    """

    columns: tuple[str, ...]
    unit: str
    source: Literal["face", "body", "openface", "emotions"]
    interpolation: Literal["linear", "angle", "nearest"]
    centered: bool
    floor: float


ANY_SPREAD = 1e-6
"""Floor of raw columns: their standard deviation alone counts, but a column that does not move stays 0."""


def _rates(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name + RATE for name in names)


_INTENSITIES = tuple(f"AU{unit:02d}_r" for unit in ACTION_UNITS)
_HEAD = ("pitch_deg", "yaw_deg", "roll_deg")
_GAZE = ("gaze_x_deg", "gaze_y_deg")
_BODY = tuple(f"{point}_{axis}" for point in BODY_POINTS for axis in "xy")

GROUPS: dict[str, Group] = {
    "action_units": Group(_INTENSITIES, "0..5", "face", "linear", centered=False, floor=0.5),
    "action_units_raw": Group(
        tuple(f"AU{unit:02d}_raw" for unit in ACTION_UNITS), "0..5", "face", "linear", centered=True, floor=0.5
    ),
    "presence": Group(
        tuple(f"AU{unit:02d}_c" for unit in ACTION_UNITS), "0/1", "face", "nearest", centered=False, floor=0.25
    ),
    "head_pose": Group(_HEAD, "deg", "face", "angle", centered=True, floor=5.0),
    "gaze": Group(_GAZE, "deg", "face", "linear", centered=True, floor=5.0),
    "body": Group(_BODY, "shoulder widths", "body", "linear", centered=True, floor=0.1),
    "speed_action_units": Group(_rates(_INTENSITIES), "0..5 per s", "face", "linear", centered=False, floor=1.0),
    "speed_head_pose": Group(_rates(_HEAD), "deg per s", "face", "angle", centered=False, floor=10.0),
    "speed_gaze": Group(_rates(_GAZE), "deg per s", "face", "linear", centered=False, floor=10.0),
    "speed_body": Group(_rates(_BODY), "shoulder widths per s", "body", "linear", centered=False, floor=0.2),
    "sides": Group(
        tuple(f"AU{unit:02d}{SIDES}" for unit in PAIRED), "-5..5", "face", "linear", centered=False, floor=0.5
    ),
    "missing": Group(
        (FACE_MISSING, *(MISSING + point for point in BODY_25)),
        "0/1", "body", "nearest", centered=False, floor=0.25,
    ),
    "emotions": Group(
        tuple(EMOTION + name for name in EMOTIONS), "0..1", "emotions", "linear", centered=True, floor=0.1
    ),
    "paper_face": Group(
        tuple(OPENFACE_PREFIX + name for name in OPENFACE_COLUMNS if name not in OPENFACE_ROW),
        "as OpenFace writes it", "openface", "nearest", centered=False, floor=ANY_SPREAD,
    ),
    "paper_pose": Group(
        tuple(f"{PX}{point}_{axis}" for point in BODY_25 for axis in "xy"),
        "px", "body", "nearest", centered=False, floor=ANY_SPREAD,
    ),
    "paper_counted": Group(
        (
            *(OPENFACE_PREFIX + name for name in OPENFACE_COUNTED),
            *(f"{PX}{point}_confidence" for point in BODY_25),
        ),
        "as OpenFace and OpenPose write it", "openface", "nearest", centered=False, floor=ANY_SPREAD,
    ),
}  # fmt: skip
"""Floors: intensities 0-5 (0.5: half of FACS's A), degrees, shoulder widths (0.1: about 4 cm), scores of emotions
(0.1); speeds: twice these per second, a movement of the floor's size within half a second."""

UNIT_GROUPS = ("action_units", "action_units_raw", "presence", "speed_action_units", "sides")
"""The groups that are made of action units."""

GROUP_OF = {column: name for name, group in GROUPS.items() for column in group.columns}
