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

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.formats import csv_layout, csv_numbers
from moodreel.formats.csv_numbers import NumberRange, Sheet
from moodreel.formats.face_rows import LANDMARKS_TO_MESH, face_rows
from moodreel.formats.face_track import track_face
from moodreel.formats.mistakes import Mistakes
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
    "input": NumberRange(0, math.inf, "the name of the analysed file", text=True),
}
_MEASURED = {
    **{unit: NumberRange(0, 1, "a probability from 0 to 1, or 0 / 1", truth=True) for unit in PLACES},
    **dict.fromkeys(FACE_BOX, NumberRange(-1e5, 1e5, "a place in px, within 100,000")),
    **dict.fromkeys(LANDMARKS_Y, NumberRange(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(ANGLES, NumberRange(-_LARGEST_DEG, _LARGEST_DEG, "an angle within 180 degrees")),
    **dict.fromkeys(BLENDSHAPES, NumberRange(-0.001, 1.001, "a score from 0 to 1")),
}


def import_face(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the file's own frames, `time_s` null, and facts for the stamp.

    Units as described for this module; head pose; `confidence` is FaceScore; `face_height` is computed from the
    landmarks; blendshapes where the file has them. A row without a face (no score, or no units) is `no_face`. Of
    several faces per frame one is tracked (`face_track`): that which is there for longest, and large.

    Raises UserError with every mistake, by line and column: then nothing is imported.
    """
    mistakes = Mistakes(path)
    layout = csv_layout.layout(path, (*_ROW, *_MEASURED, *WITHOUT_A_PLACE, "X", "Y", "Z"))
    head = layout.header
    _check_header(head, mistakes)
    mistakes.raise_any()
    units = [name for name in PLACES if name in head]
    parts = []
    for sheet in csv_numbers.pieces(layout, _ROW | _MEASURED, mistakes):
        visible = _visible(sheet, units)
        sheet.check("frame", may_be_empty=False)
        for name in sheet.values:
            sheet.check(name, rows=visible)
        with np.errstate(over="ignore"):  # such numbers are mistakes, which are noted
            parts.append({"line": sheet.lines, "visible": visible, **_without_landmarks(sheet)})
    found = csv_numbers.concatenate(parts)
    mistakes.raise_any()
    _check_one_video(found, mistakes)
    frames, line = found["frame"], found.pop("line")
    if csv_layout.open_end(layout) and np.any(np.diff(frames[-2:]) < 0):
        mistakes.add(line[-1], csv_numbers.CUT_OFF, "frame")
    mistakes.raise_any()
    try:
        track = track_face(frames, found["visible"], *_places(found))
    except ValueError as error:
        raise UserError(f"{path}: {error}. Is this the file of one video?") from None
    certainty = found.pop("FaceScore", None)
    if certainty is not None:
        certainty = certainty[track.rows]
    measured, facts = _face_columns(found, head, units)
    table = face_rows(frames[track.rows], None, track.visible, certainty, measured, track.rows)
    return table, {
        "format": "py-feat CSV",
        "columns_in_file": len(head),
        "rows_in_file": len(frames),
        "faces_in_file": track.most,
        "restarts": track.restarts,
        **facts,
        "left_out": [name for name in WITHOUT_A_PLACE if name in head],
    }


def _check_header(head: list[str], mistakes: Mistakes) -> None:
    if "success" in head or any(name.endswith("_r") and name.startswith("AU") for name in head):
        mistakes.add(1, "these are OpenFace's columns; read the file as openface")
        return
    known = (*_ROW, *_MEASURED, *WITHOUT_A_PLACE, "X", "Y", "Z")
    names = [name for name in head if not name.startswith(("Identity", "mesh_", "x_", "z_"))]
    csv_numbers.check_names(names, ["frame", "FaceScore", *PLACES, *FACE_BOX, *ANGLES], known, mistakes)
    if not any(name in head for name in PLACES):
        mistakes.add(1, "there is no action unit; expected columns such as 'AU01'")


def _visible(sheet: Sheet, units: list[str]) -> np.ndarray:
    """Where there is a face, (n,): py-feat leaves cells empty, and writes a score of 0, where it found none."""
    something = ~np.all([np.isnan(sheet.values[unit]) for unit in units], axis=0)
    if "FaceScore" in sheet.values:
        something &= np.nan_to_num(sheet.values["FaceScore"]) > 0
    return something


def _without_landmarks(sheet: Sheet) -> dict[str, np.ndarray]:
    """The columns of a piece, with `face_height` instead of the landmarks, if it has all of them."""
    found = {name: values for name, values in sheet.values.items() if name not in LANDMARKS_Y}
    if all(name in sheet.values for name in LANDMARKS_Y):
        found["face_height"] = np.ptp(sheet.matrix(LANDMARKS_Y), axis=1) * LANDMARKS_TO_MESH
    return {name: values if name == "frame" else values.astype(np.float32) for name, values in found.items()}


def _check_one_video(found: dict[str, np.ndarray], mistakes: Mistakes) -> None:
    """Note frames that are of two files, and frames that occur twice with the same face: tables of several videos, or
    rows copied twice."""
    line, frame, visible = found["line"], found["frame"], found["visible"]
    if (files := found.pop("input", None)) is not None:
        order = np.lexsort((line, frame))
        mixed = (np.diff(frame[order]) == 0) & (np.diff(files[order]) != 0)
        if mixed.any():
            first, row = order[mixed.argmax() :][:2]
            mistakes.add(
                line[row],
                f"frame {frame[row]:g} is of another file than in line {line[first]}; expected the table of one video",
                "input",
            )
            return
    box = [name for name in FACE_BOX if name in found]
    reason = "with the same face" if box else "and there are no face boxes to tell faces apart"
    places = [np.where(visible, found[name], -1.0) for name in box]
    order = np.lexsort((line, *places, frame))
    rows = np.array([frame, *places])[:, order]
    for before in np.flatnonzero((rows[:, 1:] == rows[:, :-1]).all(axis=0)):
        first, row = order[before], order[before + 1]
        mistakes.add(line[row], f"frame {frame[row]:g} is in line {line[first]} already, {reason}", "frame")
        if mistakes.too_many:
            return


def _places(found: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How large faces are, as a share of the largest, (n,), which says how certain they are the filmed person's;
    where they are, (n, 2) px, or (n, 0) where the file has no boxes; how high, (n,) px."""
    count = len(found["frame"])
    if not all(name in found for name in FACE_BOX):
        return np.ones(count), np.empty((count, 0)), np.ones(count)
    x, y, width, height = (found[name] for name in FACE_BOX)
    area = np.where(found["visible"], np.nan_to_num(width * height), 0)
    return area / max(area.max(initial=0), 1), np.column_stack([x + width / 2, y + height / 2]), height


def _face_columns(
    values: dict[str, np.ndarray], head: list[str], units: list[str]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """FACE's columns that the file has, (n,), and how they were made; `values` are used up."""
    visible, found = values["visible"], {}
    seen = [values[unit][visible] for unit in units]
    decided = all(np.isin(unit[np.isfinite(unit)], (0.0, 1.0)).all() for unit in seen)
    del seen
    for unit in units:
        probability = values.pop(unit)
        if unit == "AU43" and "AU45" in units:
            continue
        present = (probability >= PRESENT).astype(np.float32)
        present[np.isnan(probability)] = np.nan
        found[f"{PLACES[unit]}_c"] = present
        if not decided:
            found[f"{PLACES[unit]}_r"] = probability * np.float32(SCALE)
    facts: dict[str, Any] = {
        "units_are": "0 or 1: AUxx_c only"
        if decided
        else f"probabilities: AUxx_r = {SCALE:g} p, AUxx_c = p >= {PRESENT}",
        "au45_from": "AU43" if "AU43" in units and "AU45" not in units else None,
        "head_pose": None,
    }
    if "face_height" in values:
        found["face_height"] = values.pop("face_height")
    if all(name in values for name in ANGLES):
        angles = np.stack([values.pop(name) for name in ANGLES], axis=1).astype(np.float64)
        heads = HEADS[_heads(head, angles[visible])]
        facts["head_pose"] = heads.called
        turned = heads.turn(angles).astype(np.float32)
        found |= dict(zip(("pitch_deg", "yaw_deg", "roll_deg"), turned.T, strict=True))
    for name in BLENDSHAPES:
        if name in values:
            found[f"blendshape_{name.removeprefix('_')}"] = np.clip(values.pop(name), 0, 1)
    return found, facts


def _heads(head: list[str], angles: np.ndarray) -> str:
    """The convention of a file: Detectorv2 writes valence, versions with a place in space (X, Y, Z) but without that
    write radians, unless an angle is too large to be one."""
    if "valence" in head:
        return "radians"
    small = not angles.size or np.nanmax(np.abs(angles), initial=0) <= np.pi
    return "axes" if {"X", "Y", "Z"} <= set(head) and small else "degrees"
