"""py-feat's CSV (Fex; Cheong et al. 2023, doi:10.1007/s42761-023-00191-4) as rows of the FACE table.

Its action units are not intensities. Most of its detectors give the probability, 0 to 1, that a unit is there; we keep
it as `AUxx_r` = 5 times the probability, so that one scale serves all tables, and `AUxx_c` = 1 from 0.5 on. That scale
is a convention, not a calibration: 2.5 means "as likely present as not", not "half of the greatest strength". Its SVM
detector gives 0 or 1 only; a file without any value between is treated as such, and has `AUxx_c` alone. AU43 (eyes
closed) is taken as AU45 (blink): frame by frame the two look alike, and differ in how long they last. AU11, AU24 and
AU28 have no column here; emotions, valence, arousal and identities are left out.

Head pose depends on the version (`HEADS`). Gaze is not imported: its axes are not documented, and in 20 clips it did
not agree with the irises of the same file's mesh. Frames are counted from 0. There are no times: a video or a rate is
needed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.formats import csv_text
from moodreel.formats.csv_text import NumberRange
from moodreel.formats.face_rows import LANDMARKS_TO_MESH, face_rows
from moodreel.tables.extraction import BLENDSHAPES
from moodreel.tables.face import ACTION_UNITS

SCALE = 5.0
"""Intensity that stands for the probability 1."""
PRESENT = 0.5
"""Probability from which a unit counts as present."""

PLACES = {**{f"AU{unit:02d}": f"AU{unit:02d}" for unit in ACTION_UNITS}, "AU43": "AU45"}
"""py-feat's units and ours."""
WITHOUT_A_PLACE = ("AU11", "AU16", "AU22", "AU24", "AU27", "AU28", "AU32", "AU39")

FACE_BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight")
ANGLES = ("Pitch", "Yaw", "Roll")
LANDMARKS_Y = tuple(f"y_{point}" for point in range(68))
_LARGEST_DEG = 181.0


@dataclass(frozen=True)
class Heads:
    """How a family of versions gives the head pose: `turn` makes pitch, yaw, roll in our degrees of the columns
    Pitch, Yaw, Roll, both (n, 3)."""

    called: str
    turn: Callable[[np.ndarray], np.ndarray]


HEADS = {
    "degrees": Heads("degrees (to 0.6)", lambda angles: angles * (-1, -1, 1)),
    "axes": Heads(
        "radians about the axes x, z, y (Detector of 0.7)",
        lambda angles: np.degrees(angles[:, [0, 2, 1]]) * (1, -1, 1),
    ),
    "radians": Heads("radians (Detectorv2)", lambda angles: np.degrees(angles) * (1, -1, -1)),
}
"""Three conventions of py-feat, distinguished by their columns (`_heads`).

Signs of the first and third follow from the same files' landmarks (slope of the eye line against Roll 1.11 and -0.97;
nose against Pitch and Yaw). There is no file of the second: according to py-feat's own comments, its column Roll turns
about y, and Yaw about z.
"""

_ROW = {
    "frame": NumberRange(0, 2**31 - 1, "the frame's number, whole, from 0", whole=True),
    "FaceScore": NumberRange(0, 1.0001, "a confidence from 0 to 1"),
}
_MEASURED = {
    **{unit: NumberRange(0, 1, "a probability from 0 to 1, or 0 / 1") for unit in PLACES},
    **dict.fromkeys(FACE_BOX, NumberRange(-1e5, 1e5, "a place in px, within 100,000")),
    **dict.fromkeys(LANDMARKS_Y, NumberRange(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(ANGLES, NumberRange(-_LARGEST_DEG, _LARGEST_DEG, "an angle within 180 degrees")),
    **dict.fromkeys(BLENDSHAPES, NumberRange(-0.001, 1.001, "a score from 0 to 1")),
}


def import_face(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the file's own frames, `time_s` null, and facts for the stamp.

    Units as described for this module; head pose; `confidence` is FaceScore; `face_height` is computed from the
    landmarks; blendshapes where the file has them. A row without a face (no score, or no units) is `no_face`. Of
    several faces per frame one is tracked: first the largest, then the one whose box is nearest to the last.

    Raises UserError with every mistake, by line and column: then nothing is imported.
    """
    mistakes = csv_text.Mistakes(path)
    head = csv_text.header(path)
    _check_header(head, mistakes)
    mistakes.raise_any()
    sheet = csv_text.read(path, [*_ROW, *_MEASURED], mistakes)
    units = [name for name in PLACES if name in sheet.values]
    sheet.check("frame", _ROW["frame"], may_be_blank=False)
    visible = _visible(sheet, units)
    sheet.check("FaceScore", _ROW["FaceScore"], rows=visible)
    for name, expected in _MEASURED.items():
        sheet.check(name, expected, rows=visible)
    _check_one_video(sheet, visible, mistakes)
    if sheet.open_end and np.any(np.diff(sheet.values["frame"][-2:]) < 0):
        mistakes.add(sheet.lines[-1], csv_text.CUT_OFF, "frame")
    mistakes.raise_any()
    rows, most = _track_face(sheet, visible)
    measured, facts = _face_columns(sheet, head, units, visible)
    table = face_rows(
        sheet.values["frame"][rows],
        None,
        visible[rows],
        sheet.values["FaceScore"][rows] if "FaceScore" in sheet.values else None,
        {name: values[rows] for name, values in measured.items()},
    )
    return table, {
        "format": "py-feat CSV",
        "columns_in_file": len(head),
        "rows_in_file": len(sheet.lines),
        "faces_in_file": most,
        **facts,
        "left_out": [name for name in WITHOUT_A_PLACE if name in head],
    }


def _check_header(head: list[str], mistakes: csv_text.Mistakes) -> None:
    if "success" in head or any(name.endswith("_r") and name.startswith("AU") for name in head):
        mistakes.add(1, "these are OpenFace's columns; read the file as openface")
        return
    known = (*_ROW, *_MEASURED, *WITHOUT_A_PLACE, "X", "Y", "Z")
    names = [name for name in head if not name.startswith(("Identity", "mesh_", "x_", "z_"))]
    csv_text.check_names(names, [*_ROW, *PLACES, *FACE_BOX, *ANGLES], known, mistakes)
    if not any(name in head for name in PLACES):
        mistakes.add(1, "there is no action unit; expected columns such as 'AU01'")


def _visible(sheet: csv_text.Sheet, units: list[str]) -> np.ndarray:
    """Where there is a face, (n,): py-feat leaves cells empty, and writes a score of 0, where it found none."""
    something = ~np.all([sheet.blank[unit] | sheet.nan[unit] for unit in units], axis=0)
    if "FaceScore" in sheet.values:
        something &= np.nan_to_num(sheet.values["FaceScore"]) > 0
    return something


def _check_one_video(sheet: csv_text.Sheet, visible: np.ndarray, mistakes: csv_text.Mistakes) -> None:
    """Note frames that occur twice with the same face: tables of several videos, or rows copied twice."""
    box = [name for name in FACE_BOX if name in sheet.values]
    places = np.array([sheet.values[name] for name in box]).reshape(len(box), len(visible))
    reason = "with the same face" if box else "and there are no face boxes to tell faces apart"
    first: dict[tuple[float, ...], int] = {}
    rows = zip(sheet.values["frame"], *np.where(visible, places, -1.0), strict=True)
    for line, row in zip(sheet.lines, rows, strict=True):
        if first.setdefault(row, line) != line:
            mistakes.add(line, f"frame {row[0]:g} is in line {first[row]} already, {reason}", "frame")


def _track_face(sheet: csv_text.Sheet, visible: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers of the rows of one face, one per frame in order, and the most faces in a frame."""
    frames = sheet.values["frame"]
    order = np.argsort(frames, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(frames[order])) + 1) if len(order) else []
    boxes = sheet.matrix(FACE_BOX) if all(name in sheet.values for name in FACE_BOX) else None
    chosen, last, most = [], None, 0
    for group in groups:
        faces = group[visible[group]]
        most = max(most, len(faces))
        if not len(faces):
            chosen.append(group[0])
            continue
        if boxes is None or len(faces) == 1:
            row = faces[0]
        elif last is None:
            row = faces[np.argmax(boxes[faces, 2] * boxes[faces, 3])]
        else:
            centres = boxes[:, :2] + boxes[:, 2:] / 2
            row = faces[np.argmin(np.linalg.norm(centres[faces] - centres[last], axis=1))]
        chosen.append(row)
        last = row
    return np.array(chosen, np.int64), most


def _face_columns(
    sheet: csv_text.Sheet, head: list[str], units: list[str], visible: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """FACE's columns that the file has, (n,), and how they were made."""
    probabilities = sheet.matrix(units)[visible]
    decided = bool(np.isin(probabilities[np.isfinite(probabilities)], (0.0, 1.0)).all())
    found: dict[str, np.ndarray] = {}
    for unit in units:
        values = sheet.values[unit]
        if unit == "AU43" and "AU45" in units:
            continue
        found[f"{PLACES[unit]}_c"] = np.where(np.isfinite(values), values >= PRESENT, np.nan)
        if not decided:
            found[f"{PLACES[unit]}_r"] = values * SCALE
    facts: dict[str, Any] = {
        "units_are": "0 or 1: AUxx_c only"
        if decided
        else f"probabilities: AUxx_r = {SCALE:g} p, AUxx_c = p >= {PRESENT}",
        "au45_from": "AU43" if "AU43" in units and "AU45" not in units else None,
        "head_pose": None,
    }
    if all(name in sheet.values for name in LANDMARKS_Y):
        found["face_height"] = np.ptp(sheet.matrix(LANDMARKS_Y), axis=1) * LANDMARKS_TO_MESH
    if all(name in sheet.values for name in ANGLES):
        angles = sheet.matrix(ANGLES)
        heads = HEADS[_heads(head, angles[visible])]
        facts["head_pose"] = heads.called
        found |= dict(zip(("pitch_deg", "yaw_deg", "roll_deg"), heads.turn(angles).T, strict=True))
    for name in BLENDSHAPES:
        if name in sheet.values:
            found[f"blendshape_{name.removeprefix('_')}"] = np.clip(sheet.values[name], 0, 1)
    return found, facts


def _heads(head: list[str], angles: np.ndarray) -> str:
    """The convention of a file: Detectorv2 writes valence, versions with a place in space (X, Y, Z) but without that
    write radians, unless an angle is too large to be one."""
    if "valence" in head:
        return "radians"
    small = not angles.size or np.nanmax(np.abs(angles), initial=0) <= np.pi
    return "axes" if {"X", "Y", "Z"} <= set(head) and small else "degrees"
