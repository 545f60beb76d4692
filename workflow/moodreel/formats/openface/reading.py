"""OpenFace's CSV as rows of the FACE table."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.formats import csv_text
from moodreel.formats.csv_text import NumberRange
from moodreel.formats.face_rows import LANDMARKS_TO_MESH, face_rows
from moodreel.formats.openface import angles
from moodreel.tables.openface import AU_C, AU_R, COLUMNS, GAZE_ANGLES, GAZE_VECTORS, LANDMARKS_Y, PREFIX, ROTATION

CERTAIN = 0.7
"""Confidence from which a face counts as visible in a file without the column `success`: in a clip of 811 rows OpenFace
reports success from 0.738 on, and none up to 0.674."""

_WITHOUT_A_COLUMN = {"AU28_c"}

_UNIT = NumberRange(-1.001, 1.001, "a direction's part from -1 to 1")
_RADIANS = NumberRange(-2 * math.pi, 2 * math.pi, "an angle in radians, from -2 pi to 2 pi")

ANY_NUMBER = NumberRange(-1e9, 1e9, "a number")
"""The range of any other column: px, mm, parameters of a shape."""

ROW = {
    "frame": NumberRange(0, 2**31 - 1, "the frame's number, whole, from 0", whole=True),
    "face_id": NumberRange(0, 2**31 - 1, "the face's number, whole, from 0", whole=True),
    "timestamp": NumberRange(0, 1e7, "a time in seconds"),
    "success": NumberRange(0, 1, "0 or 1", whole=True),
    "confidence": NumberRange(0, 1, "a confidence from 0 to 1"),
}
"""Columns that tell a row's frame, and whether a face is visible."""

MEASURED = {
    **dict.fromkeys(GAZE_VECTORS, _UNIT),
    **dict.fromkeys((*GAZE_ANGLES, *ROTATION), _RADIANS),
    **dict.fromkeys(LANDMARKS_Y, NumberRange(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(AU_R, NumberRange(0, 5, "an intensity from 0 to 5")),
    **dict.fromkeys(AU_C, NumberRange(0, 1, "0 or 1", whole=True)),
}
"""Columns that are read where a face is visible."""


def read(path: Path, faces: Sequence[int] = ()) -> pl.DataFrame:
    """The rows of `import_face`."""
    return import_face(path, faces)[0]


def import_face(path: Path, faces: Sequence[int] = ()) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the file's own frames, and facts for the stamp.

    `frame` counts from 0: a file with a frame 0 is taken as it is, any other counts from 1, as OpenFace does. `time_s`
    is the file's own `timestamp`, which OpenFace computes from the frame's number and the average rate; null without
    one. Of several faces (`face_id`) the one with the most confidence over all its frames is tracked; or those with the
    numbers `faces`, in each frame the most confident of them: a tracker may give one person several numbers. Rows with
    success 0 are `no_face`. Action units keep OpenFace's values: `AUxx_r` 0 to 5, `AUxx_c` 0 or 1 (AU28_c has no column
    here). Head pose and gaze are converted into ours (`angles`); `face_height` is computed from the landmarks. Null:
    AU18, `_left`, `_right`, `_raw`, blendshapes, and what the file does not have.

    Raises UserError with every mistake, by line and column, or when there is no such face: then nothing is imported.
    """
    sheet, visible = _read_checked(path, [*ROW, *MEASURED])
    head = sheet.header
    face: int | list[int] | None
    face, in_file, rows = _track_face(sheet, visible)
    if faces:
        face, rows = list(faces), _rows_of(sheet, visible, faces, path)
    measured = _face_columns(sheet)
    frames = sheet.values["frame"]
    table = face_rows(
        _from_zero(frames)[rows],
        sheet.values["timestamp"][rows] if "timestamp" in head else None,
        visible[rows],
        sheet.values["confidence"][rows] if "confidence" in head else None,
        {name: values[rows] for name, values in measured.items()},
    )
    facts = {
        "format": "OpenFace CSV",
        "columns_in_file": len(head),
        "rows_in_file": len(sheet.lines),
        "first_frame_in_file": int(frames.min()) if len(frames) else None,
        "faces_in_file": in_file,
        "face_followed": face,
        "success_from": "success" if "success" in head else f"confidence of at least {CERTAIN}",
        "left_out": sorted(_WITHOUT_A_COLUMN & set(head)),
    }
    return table, facts


def raw(path: Path) -> tuple[pl.DataFrame, dict[str, Any]]:
    """All of OpenFace's columns as in OPENFACE, on the file's own frames, and facts for the stamp.

    `frame`, from 0, and the tracked face are those of `import_face`. Numbers are the file's; null is an empty cell,
    what is not a number in a row without a face, and a column that the file does not have (`absent` of the facts: files
    of 2017 and 2018 have 431 of 714). Raises UserError as `import_face` does, and when any other column of a visible
    face holds no number.
    """
    sheet, visible = _read_checked(path, list(COLUMNS))
    face, faces, rows = _track_face(sheet, visible)
    absent = [name for name in COLUMNS if name not in sheet.values]
    nothing = np.full(len(sheet.lines), np.nan)
    values = {PREFIX + name: sheet.values.get(name, nothing)[rows].astype(np.float32) for name in COLUMNS}
    table = pl.DataFrame(values, nan_to_null=True)
    frame = pl.Series("frame", _from_zero(sheet.values["frame"])[rows].astype(np.int32))
    facts = {
        "columns_in_file": len(sheet.header),
        "rows_in_file": len(sheet.lines),
        "absent": absent,
        "faces_in_file": faces,
        "face_followed": face,
    }
    return table.insert_column(0, frame).sort("frame"), facts


def _read_checked(path: Path, names: list[str]) -> tuple[csv_text.Sheet, np.ndarray]:
    """The columns `names` of a file, and where a face is visible, (n,). Raises UserError with every mistake."""
    mistakes = csv_text.Mistakes(path)
    _check_header(csv_text.header(path), mistakes)
    mistakes.raise_any()
    sheet = csv_text.read(path, names, mistakes)
    visible = _check_rows(sheet)
    mistakes.raise_any()
    return sheet, visible


def _from_zero(frames: np.ndarray) -> np.ndarray:
    return frames - (bool(len(frames)) and frames.min() > 0)


def _check_header(head: list[str], mistakes: csv_text.Mistakes) -> None:
    if "FaceScore" in head or "FaceRectX" in head:
        mistakes.add(1, "these are py-feat's columns; read the file as pyfeat")
        return
    csv_text.check_names(head, [*ROW, *GAZE_ANGLES, *ROTATION, *AU_R, *AU_C], COLUMNS, mistakes)
    if "success" not in head and "confidence" not in head:
        mistakes.add(1, "neither 'success' nor 'confidence' is there, one of which says where a face was seen")
    if not any(name in head for name in (*AU_R, *AU_C)):
        mistakes.add(1, f"there is no action unit; expected columns such as {AU_R[0]!r} or {AU_C[0]!r}")


def _check_rows(sheet: csv_text.Sheet) -> np.ndarray:
    """Where a face is visible, (n,); mistakes in the rows are noted."""
    for name, expected in ROW.items():
        sheet.check(name, expected, may_be_blank=name == "confidence")
    visible = _visible(sheet)
    for name in sheet.values:
        if name not in ROW:
            sheet.check(name, MEASURED.get(name, ANY_NUMBER), rows=visible)
    if "frame" not in sheet.values:
        return visible
    first: dict[tuple[float, float], int] = {}
    for line, frame, face in zip(sheet.lines, sheet.values["frame"], _faces(sheet), strict=True):
        if first.setdefault((frame, face), line) != line:
            sheet.mistakes.add(line, f"frame {frame:g} is in line {first[frame, face]} already", "frame")
    return visible


def _visible(sheet: csv_text.Sheet) -> np.ndarray:
    if "success" in sheet.values:
        return sheet.values["success"] == 1
    return sheet.values["confidence"] >= CERTAIN


def _faces(sheet: csv_text.Sheet) -> np.ndarray:
    return sheet.values.get("face_id", np.zeros(len(sheet.lines)))


def _track_face(sheet: csv_text.Sheet, visible: np.ndarray) -> tuple[int | None, int, np.ndarray]:
    """The tracked face, how many faces there are, and which rows are its: bool (n,)."""
    faces = _faces(sheet)
    confidence = np.nan_to_num(sheet.values.get("confidence", np.ones(len(faces))))
    found = np.unique(faces)
    if not len(found):
        return None, 0, np.zeros(0, bool)
    confidences = [np.sum(confidence[(faces == face) & visible]) for face in found]
    face = found[int(np.argmax(confidences))]
    return int(face), len(found), faces == face


def _rows_of(sheet: csv_text.Sheet, visible: np.ndarray, wanted: Sequence[int], path: Path) -> np.ndarray:
    """The rows of the `wanted` faces, of several in one frame the most confident: bool (n,). Raises UserError when
    there is no such face."""
    faces = _faces(sheet)
    if absent := sorted(set(wanted) - set(faces.astype(int).tolist())):
        known = ", ".join(str(int(face)) for face in np.unique(faces))
        raise UserError(f"{path}: there is no face_id {', '.join(map(str, absent))}; there are {known}")
    confidence = np.nan_to_num(sheet.values.get("confidence", np.ones(len(faces))))
    order = np.lexsort((confidence, visible, sheet.values["frame"]))  # the most confident of each frame comes last
    order = order[np.isin(faces[order], wanted)]
    last = np.diff(sheet.values["frame"][order], append=np.inf) > 0
    rows = np.zeros(len(faces), bool)
    rows[order[last]] = True
    return rows


def _face_columns(sheet: csv_text.Sheet) -> dict[str, np.ndarray]:
    """FACE's columns that the file has, (n,); rows without a face hold the file's values."""
    found = {name: sheet.values[name] for name in (*AU_R, *AU_C) if name in sheet.values}
    for name in _WITHOUT_A_COLUMN:
        found.pop(name, None)
    if _has(sheet, LANDMARKS_Y):
        found["face_height"] = np.ptp(sheet.matrix(LANDMARKS_Y), axis=1) * LANDMARKS_TO_MESH
    if not _has(sheet, ROTATION):
        return found
    rotation = sheet.matrix(ROTATION)
    found |= dict(zip(("pitch_deg", "yaw_deg", "roll_deg"), angles.head_deg(rotation).T, strict=True))
    if _has(sheet, GAZE_ANGLES):
        directions = angles.direction(sheet.matrix(GAZE_ANGLES))
    elif _has(sheet, GAZE_VECTORS):
        directions = angles.mean_direction(sheet.matrix(GAZE_VECTORS))
    else:
        return found
    gaze = angles.in_head_deg(directions, rotation)
    return found | dict(zip(("gaze_x_deg", "gaze_y_deg"), gaze.T, strict=True))


def _has(sheet: csv_text.Sheet, names: tuple[str, ...]) -> bool:
    return all(name in sheet.values for name in names)
