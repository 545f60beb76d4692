"""OpenFace's CSV as rows of the FACE table."""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.formats import csv_layout, csv_numbers
from moodreel.formats.csv_layout import Layout
from moodreel.formats.csv_numbers import NumberRange, Sheet
from moodreel.formats.face_rows import LANDMARKS_TO_MESH, face_rows
from moodreel.formats.face_track import Track, track_face
from moodreel.formats.mistakes import Mistakes
from moodreel.formats.openface import angles
from moodreel.tables.openface import AU_C, AU_R, COLUMNS, GAZE_ANGLES, GAZE_VECTORS, LANDMARKS_Y, PREFIX, ROTATION

CERTAIN = 0.7
"""Confidence from which a face counts as visible in a file without the column `success`: in a clip of 811 rows OpenFace
reports success from 0.738 on, and none up to 0.674."""

_WITHOUT_A_COLUMN = {"AU28_c"}

_UNIT = NumberRange(-1.001, 1.001, "a direction's part from -1 to 1")
_RADIANS = NumberRange(-2 * math.pi, 2 * math.pi, "an angle in radians, from -2 pi to 2 pi")

IDS_STAMPED = 20
"""How many numbers of faces are named."""

ANY_NUMBER = NumberRange(-1e9, 1e9, "a number")
"""The range of any other column: px, mm, parameters of a shape."""

HEAD_MM = 225.0
"""Height of a head from crown to chin (DIN 33402-2: 50th percentile of adults 220 to 230 mm), in which distances
between the places `pose_T` are measured."""

NEAR_A_BASE = 0.2
"""By how many frames the first row's time may differ from that of a file that counts from 0, or from 1. Times in the
file are rounded to 1 ms."""

ROW = {
    "frame": NumberRange(0, 2**31 - 1, "the frame's number, whole, from 0", whole=True),
    "face_id": NumberRange(0, 2**31 - 1, "the face's number, whole, from 0", whole=True),
    "timestamp": NumberRange(0, 1e7, "a time in seconds"),
    "success": NumberRange(0, 1, "0 or 1", whole=True, truth=True),
    "confidence": NumberRange(0, 1, "a confidence from 0 to 1"),
}
"""Columns that tell a row's frame, and whether a face is visible."""

MEASURED = {
    **dict.fromkeys(GAZE_VECTORS, _UNIT),
    **dict.fromkeys((*GAZE_ANGLES, *ROTATION), _RADIANS),
    **dict.fromkeys(LANDMARKS_Y, NumberRange(-1e5, 1e5, "a landmark's place in px, within 100,000")),
    **dict.fromkeys(AU_R, NumberRange(0, 5, "an intensity from 0 to 5")),
    **dict.fromkeys(AU_C, NumberRange(0, 1, "0 or 1", whole=True, truth=True)),
}
"""Columns that are read where a face is visible."""

PLACE = ("pose_Tx", "pose_Ty", "pose_Tz")
LANDMARKS_X = tuple(f"x_{point}" for point in range(68))


def read(path: Path, faces: Sequence[int] = ()) -> pl.DataFrame:
    """The rows of `import_face`."""
    return import_face(path, faces)[0]


def import_face(path: Path, faces: Sequence[int] = ()) -> tuple[pl.DataFrame, dict[str, Any]]:
    """FACE's columns on the file's own frames, and facts for the stamp.

    `frame` counts from 0, whatever the file counts from (`counted_from`). `time_s` is the file's own `timestamp`, which
    OpenFace computes from the frame's number and the average rate; null without one. Of several faces one person's is
    tracked by its place (`face_track`), since `face_id` changes whenever OpenFace finds a face again; or, with
    `faces`, those with these numbers, in each frame the most confident of them. Rows with success 0, and frames in
    which only others are visible, are `no_face`. Action units keep OpenFace's values: `AUxx_r` 0 to 5, `AUxx_c` 0 or 1
    (AU28_c has no column here). Head pose and gaze are converted into ours (`angles`); `face_height` is computed from
    the landmarks. Null: AU18, `_left`, `_right`, `_raw`, blendshapes, and what the file does not have.

    Raises UserError with every mistake, by line and column, or when there is no such face: then nothing is imported.
    """
    wanted = dict.fromkeys((*MEASURED, *PLACE))
    layout, found = _read_checked(path, {**ROW, **{name: _range(name) for name in wanted}}, _measure)
    head, rows_in_file = layout.header, len(found["frame"])
    most = _most_faces(found)
    if faces:
        _check_ids(found["face_id"], faces, path)
        found = {name: values[np.isin(found["face_id"], faces)] for name, values in found.items()}
    frames, base = _from_zero(found)
    track = _track(found, faces, path)
    followed = _followed(found.pop("face_id"), track)
    others = found.pop("visible")[track.rows] & ~track.visible
    certainty = np.where(others, np.nan, found.pop("confidence")[track.rows])
    for name in ("frame", "place", "height", "line"):
        del found[name]
    times_s = found.pop("timestamp")[track.rows] if "timestamp" in head else None
    table = face_rows(
        frames[track.rows], times_s, track.visible, certainty if "confidence" in head else None, found, track.rows
    )
    facts = {
        "format": "OpenFace CSV",
        "columns_in_file": len(head),
        "rows_in_file": rows_in_file,
        "counted_from": base,
        "faces_in_file": most,
        "face_followed": list(faces) or followed,
        "restarts": track.restarts,
        "success_from": "success" if "success" in head else f"confidence of at least {CERTAIN}",
        "left_out": sorted(_WITHOUT_A_COLUMN & set(head)),
    }
    return table, facts


class RawColumns:
    """All of OpenFace's columns of one face as in OPENFACE, on the file's own frames, which count from 0 as those of
    `import_face` do. They lie in a file on the disk: an hour of them has 0.3 GB.

    facts: for the stamp.
    """

    def __init__(self, kept: IO[bytes], names: list[str], frames: np.ndarray, rows: np.ndarray, facts: dict[str, Any]):
        """`kept`: rows of float32, a number for each of `names`; `frames`, rising, and in which of the `rows` each
        is."""
        self._kept, self._names, self._frames, self._rows, self.facts = kept, names, frames, rows, facts

    def of_frames(self, frames: np.ndarray) -> pl.DataFrame:
        """The 714 columns at these `frames` (n,), null where the file has no row, no such column or an empty cell."""
        places = np.searchsorted(self._frames, frames)
        found = np.flatnonzero(places < len(self._frames))
        found = found[self._frames[places[found]] == frames[found]]
        rows = self._rows[places[found]]
        values = np.full((len(frames), len(self._names)), np.nan, np.float32)
        runs = np.flatnonzero(np.diff(rows) != 1) + 1  # of neighbours in the file, which are read at once
        for into, run in zip(np.split(found, runs), np.split(rows, runs), strict=True):
            if len(run):
                self._kept.seek(int(run[0]) * values.strides[0])
                content = self._kept.read(len(run) * values.strides[0])
                values[into] = np.frombuffer(content, np.float32).reshape(len(run), -1)
        table = pl.DataFrame(dict(zip(self._names, values.T, strict=True)), nan_to_null=True)
        absent = (pl.lit(None, pl.Float32).alias(PREFIX + name) for name in self.facts["absent"])
        return table.with_columns(absent).select(PREFIX + name for name in COLUMNS)


@contextmanager
def raw(path: Path, folder: Path | None = None) -> Iterator[RawColumns]:
    """All of OpenFace's columns. Numbers are the file's; null is an empty cell, and a column that the file does not
    have (`absent` of the facts: files of 2017 and 2018 have 431 of 714).

    A frame in which only others than the tracked face are visible has no row. In `folder` (None: the system's) a file
    without a name holds the numbers until the end of the context. Raises UserError as `import_face` does.
    """
    with tempfile.TemporaryFile(dir=folder) as kept:
        names: list[str] = []

        def _keep(sheet: Sheet) -> dict[str, np.ndarray]:
            names[:] = [name for name in COLUMNS if name in sheet.values]
            kept.write(sheet.matrix(names).astype(np.float32).tobytes())
            return {}

        layout, found = _read_checked(path, {name: _range(name) for name in COLUMNS}, _keep)
        frames, _ = _from_zero(found)
        track = _track(found, (), path)
        rows = track.rows[track.visible | ~found["visible"][track.rows]]
        facts = {
            "columns_in_file": len(layout.header),
            "rows_in_file": len(found["frame"]),
            "absent": [name for name in COLUMNS if name not in names],
            "faces_in_file": track.most,
            "face_followed": _followed(found["face_id"], track),
        }
        yield RawColumns(kept, [PREFIX + name for name in names], frames[rows], rows, facts)


def _range(name: str) -> NumberRange:
    return ROW.get(name) or MEASURED.get(name, ANY_NUMBER)


def _read_checked(
    path: Path, columns: Mapping[str, NumberRange], measure: Callable[[Sheet], dict[str, np.ndarray]]
) -> tuple[Layout, dict[str, np.ndarray]]:
    """How a file is written, and by name, (n, ...): what `measure` makes of it; `frame` and `face_id` as in the file,
    `timestamp`, `confidence` (1 where the file has none), `visible`, `line`; `place` and `height`, by which faces are
    followed. Raises UserError with every mistake."""
    mistakes = Mistakes(path)
    layout = csv_layout.layout(path, COLUMNS)
    _check_header(layout.header, mistakes)
    mistakes.raise_any()
    if not set(PLACE) <= set(layout.header):
        columns = {**columns, **dict.fromkeys(LANDMARKS_X, MEASURED[LANDMARKS_Y[0]])}
    parts = []
    for sheet in csv_numbers.pieces(layout, columns, mistakes):
        visible = _check_rows(sheet)
        empty, count = np.full(len(sheet.lines), np.nan), len(sheet.lines)
        place, height = _place(sheet)
        row = {
            "line": sheet.lines,
            "frame": sheet.values.get("frame", empty),
            "face_id": sheet.values.get("face_id", np.zeros(count)),
            "timestamp": sheet.values.get("timestamp", empty),
            "confidence": sheet.values.get("confidence", np.ones(count)).astype(np.float32),
            "visible": visible,
            "place": place,
            "height": height,
        }
        with np.errstate(over="ignore"):  # such numbers are mistakes, which are noted
            parts.append(row | measure(sheet))
    found = csv_numbers.concatenate(parts)
    mistakes.raise_any()
    _check_doubles(found, mistakes)
    mistakes.raise_any()
    return layout, found


def _check_doubles(found: dict[str, np.ndarray], mistakes: Mistakes) -> None:
    """Note rows of a frame and face that another row is of already."""
    frame, face, line = found["frame"], found["face_id"], found["line"]
    order = np.lexsort((line, face, frame))
    again = (np.diff(frame[order]) == 0) & (np.diff(face[order]) == 0)
    for before in np.flatnonzero(again):
        first, row = order[before], order[before + 1]
        mistakes.add(line[row], f"frame {frame[row]:g} is in line {line[first]} already", "frame")
        if mistakes.too_many:
            return


def _from_zero(found: dict[str, np.ndarray]) -> tuple[np.ndarray, int]:
    """The frames, (n,), counted from 0, and what the file counts them from.

    OpenFace counts from 1, some programs that write its columns from 0. A frame 0 decides it; else the time of the
    first row, which is 0 s for the first frame; else the file is OpenFace's.
    """
    frames, times_s = found["frame"], found["timestamp"]
    if not len(frames):
        return frames, 1
    base = int(frames.min() > 0)
    first, last = frames.argmin(), frames.argmax()
    if base and times_s[last] > times_s[first]:
        pace_hz = (frames[last] - frames[first]) / (times_s[last] - times_s[first])
        if abs(frames[first] - times_s[first] * pace_hz) < NEAR_A_BASE:
            base = 0
    return frames - base, base


def _track(found: dict[str, np.ndarray], faces: Sequence[int], path: Path) -> Track:
    """The rows of one person's face; of the wanted `faces` the most confident in each frame."""
    frames, visible, confidence = found["frame"], found["visible"], found["confidence"]
    if faces:
        order = np.lexsort((np.nan_to_num(confidence), visible, frames))  # a frame's most confident comes last
        rows = order[np.diff(frames[order], append=np.inf) > 0]
        return Track(rows, visible[rows], 1, 0)
    try:
        return track_face(frames, visible, confidence, found["place"], found["height"], found["face_id"])
    except ValueError as error:
        raise UserError(f"{path}: {error}. Is this the file of one video?") from None


def _most_faces(found: dict[str, np.ndarray]) -> int:
    return int(np.unique(found["frame"][found["visible"]], return_counts=True)[1].max(initial=0))


def _followed(face_ids: np.ndarray, track: Track) -> int | list[int]:
    """The number of the tracked face, or the first `IDS_STAMPED` of its numbers."""
    numbers = np.unique(face_ids[track.rows[track.visible]]).astype(int).tolist()
    return numbers[0] if len(numbers) == 1 else numbers[:IDS_STAMPED]


def _check_ids(face_ids: np.ndarray, wanted: Sequence[int], path: Path) -> None:
    if absent := sorted(set(wanted) - set(face_ids.astype(int).tolist())):
        known = np.unique(face_ids).astype(int).tolist()
        shown = ", ".join(map(str, known[:IDS_STAMPED])) + (", ..." if len(known) > IDS_STAMPED else "")
        raise UserError(f"{path}: there is no face_id {', '.join(map(str, absent))}; there are {shown}")


def _check_header(head: list[str], mistakes: Mistakes) -> None:
    if "FaceScore" in head or "FaceRectX" in head:
        mistakes.add(1, "these are py-feat's columns; read the file as pyfeat")
        return
    csv_numbers.check_names(head, [*ROW, *GAZE_ANGLES, *ROTATION, *AU_R, *AU_C], COLUMNS, mistakes)
    if "success" not in head and "confidence" not in head:
        mistakes.add(1, "neither 'success' nor 'confidence' is there, one of which says where a face was seen")
    if not any(name in head for name in (*AU_R, *AU_C)):
        mistakes.add(1, f"there is no action unit; expected columns such as {AU_R[0]!r} or {AU_C[0]!r}")


def _check_rows(sheet: Sheet) -> np.ndarray:
    """Where a face is visible, (n,); mistakes in the rows are noted."""
    for name in ROW:
        sheet.check(name, may_be_empty=name == "confidence")
    visible = _visible(sheet)
    for name in sheet.values:
        if name not in ROW:
            sheet.check(name, rows=visible)
    return visible


def _visible(sheet: Sheet) -> np.ndarray:
    if "success" in sheet.values:
        return sheet.values["success"] == 1
    return sheet.values["confidence"] >= CERTAIN


def _place(sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
    """Where faces are, (n, 3) mm or (n, 2) px, and how high, (n,), in the same unit; (n, 0) where the file does not
    tell."""
    count = len(sheet.lines)
    with np.errstate(over="ignore"):  # rows without a face may hold anything
        if _has(sheet, PLACE):
            return sheet.matrix(PLACE).astype(np.float32), np.full(count, HEAD_MM, np.float32)
        if _has(sheet, (*LANDMARKS_X, *LANDMARKS_Y)):
            y = sheet.matrix(LANDMARKS_Y)
            place = np.column_stack([sheet.matrix(LANDMARKS_X).mean(axis=1), y.mean(axis=1)])
            return place.astype(np.float32), np.ptp(y, axis=1).astype(np.float32)
    return np.empty((count, 0), np.float32), np.full(count, np.nan, np.float32)


def _measure(sheet: Sheet) -> dict[str, np.ndarray]:
    """FACE's columns that the file has, (n,) float32; rows without a face hold the file's values."""
    found = {name: sheet.values[name] for name in (*AU_R, *AU_C) if name in sheet.values}
    for name in _WITHOUT_A_COLUMN:
        found.pop(name, None)
    if _has(sheet, LANDMARKS_Y):
        found["face_height"] = np.ptp(sheet.matrix(LANDMARKS_Y), axis=1) * LANDMARKS_TO_MESH
    if _has(sheet, ROTATION):
        rotation = sheet.matrix(ROTATION)
        found |= dict(zip(("pitch_deg", "yaw_deg", "roll_deg"), angles.head_deg(rotation).T, strict=True))
        directions = None
        if _has(sheet, GAZE_ANGLES):
            directions = angles.direction(sheet.matrix(GAZE_ANGLES))
        elif _has(sheet, GAZE_VECTORS):
            directions = angles.mean_direction(sheet.matrix(GAZE_VECTORS))
        if directions is not None:
            gaze = angles.in_head_deg(directions, rotation)
            found |= dict(zip(("gaze_x_deg", "gaze_y_deg"), gaze.T, strict=True))
    return {name: values.astype(np.float32) for name, values in found.items()}


def _has(sheet: Sheet, names: tuple[str, ...]) -> bool:
    return all(name in sheet.values for name in names)
