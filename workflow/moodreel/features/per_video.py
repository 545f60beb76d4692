"""One video's features: makes the columns of each group and puts them on the time grid."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.features.body import relative_to_torso
from moodreel.features.gaps import bridged_gap_s
from moodreel.features.grid import bridged_on_grid_s, grid_of, interpolate, nearest_frames, rates
from moodreel.features.groups import (
    EMOTION,
    FACE_MISSING,
    GROUP_OF,
    GROUPS,
    MISSING,
    OPENFACE_COUNTED,
    PX,
    RATE,
    SIDES,
    Group,
)
from moodreel.features.smoothing import runs, smooth
from moodreel.features.visibility import UNREAD, frames_read, shows_face, was_read
from moodreel.settings.features import FeaturesSettings
from moodreel.settings.windows import WindowsSettings
from moodreel.tables.emotions import EMOTIONS
from moodreel.tables.extraction import BODY_25
from moodreel.tables.openface import PREFIX

POSE_COLUMNS = [
    "time_s", "status", "cut", *(f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence"))
]  # fmt: skip


def face_columns(columns: Iterable[str]) -> list[str]:
    """The columns of FACE from which the features `columns` are made, and those that tell whether a face is visible."""
    needed = ["time_s", "status", "confidence"]
    for column in columns:
        if column.endswith(SIDES):
            unit = column.removesuffix(SIDES)
            needed += [f"{unit}_left", f"{unit}_right"]
        elif GROUPS[GROUP_OF[column]].source == "face":
            needed.append(column.removesuffix(RATE))
    return list(dict.fromkeys(needed))


FACE_COLUMNS = face_columns(c for c, group in GROUP_OF.items() if GROUPS[group].source == "face")


def openface_columns(columns: Iterable[str]) -> list[str]:
    """The columns of OPENFACE among the features `columns`."""
    return [c for c in columns if c.startswith(PREFIX)]


def emotion_columns(columns: Iterable[str]) -> list[str]:
    """The scores of emotions among the features `columns`."""
    return [c for c in columns if c.startswith(EMOTION)]


def with_emotions(face: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """The table FACE with the scores of a table EMOTION_SCORES, frame by frame, named as in the group `emotions`.

    Raises UserError when the tables are of other frames.
    """
    if not scores["frame"].equals(face["frame"]):
        raise UserError("emotion scores are not of the face table's frames. Delete both and run again.")
    return face.with_columns(scores.select(pl.col(name).alias(EMOTION + name) for name in EMOTIONS))


def visible_columns(pose: pl.DataFrame, face: pl.DataFrame) -> set[str]:
    """The feature columns that a video's POSE and FACE tables hold at least one value of, emotions included where
    `face` has them (`with_emotions`)."""
    visible = {c for table in (pose, face) for c in table.columns if table[c].count()}
    if not set(pose["status"]) <= set(UNREAD):  # every frame tells what is missing, and has 0 for it
        known = ("paper_pose", "paper_counted")
        visible |= {c for group in known for c in GROUPS[group].columns if c.startswith(PX)}
        visible |= set(GROUPS["missing"].columns)
    visible |= {c + RATE for c in visible}
    if set(face["status"]) <= {"not_read"}:  # `missing` would say in each row that nobody looked
        visible.discard(FACE_MISSING)
    else:
        visible.add(FACE_MISSING)
    visible |= {c.removesuffix("_left") + SIDES for c in visible if c.endswith("_left")}
    return visible & set(GROUP_OF)


def valid_rows(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    windows: WindowsSettings,
    features: FeaturesSettings,
    *,
    min_face_confidence: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One video's grid times (s) and whether each counts (bool), both (rows,).

    `pose` and `face` are its POSE and FACE tables, with at least `time_s` and `status`, and `confidence` of the face. A
    row counts where what the features are made of is visible: a face, a body or both. Faces below
    `min_face_confidence` are not visible. Frames that were not read do not count: gaps are between frames of the same
    table that were.
    """
    grid, step_s = grid_of(_times(pose), windows)
    tables = [(face, lambda read: shows_face(read, min_face_confidence))] if features.needs_face else []
    if features.needs_body:
        tables.append((pose, lambda read: (read["status"] == "ok").to_numpy()))
    valid = np.ones(len(grid), bool)
    for table, shows in tables:
        read = frames_read(table)
        gap_s = bridged_on_grid_s(_times(read), windows, step_s)
        valid &= nearest_frames(_times(read), shows(read), grid, gap_s) >= 0
    return grid, valid


def video_features(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    columns: list[str],
    windows: WindowsSettings,
    features: FeaturesSettings,
    *,
    openface: pl.DataFrame | None = None,
    min_face_confidence: float = 0.0,
) -> pl.DataFrame:
    """One video's features: `time_s`, `valid` and `columns` (float32), one row per grid time.

    `pose` and `face` are its POSE and FACE tables, with `POSE_COLUMNS` and `face_columns(columns)`, the latter
    `with_emotions` where these are among the columns; `openface` its OPENFACE table with what `columns` need, on the
    frames of `face`. With `features.smoothing_s` (s) above 0 all but 0/1 and raw columns are smoothed, neither across
    gaps nor across cuts.

    A row is valid as in `valid_rows`; the same gaps are bridged. Points may still be null in it: a close-up has no
    shoulders and so no body columns at all, but it shows the face.
    """
    grid, valid = valid_rows(pose, face, windows, features, min_face_confidence=min_face_confidence)
    _, step_s = grid_of(_times(pose), windows)
    cuts = _times(pose)[pose["cut"].to_numpy()] if features.smoothing_s else np.empty(0)
    if min_face_confidence:
        names = [name for name in face.columns if name not in ("time_s", "status")]
        face = face.with_columns(pl.when(pl.Series(shows_face(face, min_face_confidence))).then(pl.col(names)))
    scored = face  # by a detector of its own
    if openface is not None and len(openface) == len(face):
        openface = openface.filter(was_read(face))
    pose, face = frames_read(pose), frames_read(face)
    face_visible = shows_face(face, min_face_confidence)
    body = relative_to_torso(pose) if any(_of(c).source == "body" for c in columns) else {}
    bridged_s = {name: bridged_on_grid_s(_times(t), windows, step_s) for name, t in (("pose", pose), ("face", face))}

    def on_grid(column: str) -> np.ndarray:
        """A column of FACE, emotions included, or of the body, on the grid."""
        kind = GROUPS[GROUP_OF.get(column, "action_units")].interpolation
        if column in body:
            times, values, gap_s = _times(pose), body[column], bridged_s["pose"]
        else:
            table = scored if column.startswith(EMOTION) else face
            times, values, gap_s = _times(table), table[column].cast(pl.Float64).to_numpy(), bridged_s["face"]
        if features.smoothing_s:
            joined_s = bridged_gap_s(times, windows.max_gap_s)
            values = _smooth(times, values, kind, features.smoothing_s, lambda t: runs(t, joined_s, cuts))
        return interpolate(times, values, grid, gap_s, kind)

    def signal(column: str) -> np.ndarray:
        if column.endswith(RATE):
            return rates(grid, on_grid(column.removesuffix(RATE)), _of(column).interpolation)
        if column.endswith(SIDES):
            left, right = (on_grid(column.removesuffix(SIDES) + side) for side in ("_left", "_right"))
            return left - right
        return on_grid(column)

    def near(table: pl.DataFrame, visible: np.ndarray) -> np.ndarray:
        return nearest_frames(_times(table), visible, grid, bridged_s["pose" if table is pose else "face"])

    raw = [c for c in columns if c.startswith((PREFIX, PX, MISSING))]
    parts = [
        pl.DataFrame({"time_s": grid, "valid": valid}),
        *_raw_columns(pose, face, openface, raw, face_visible, near),
    ]
    others = {c: signal(c).astype(np.float32) for c in columns if c not in raw}
    parts.append(pl.DataFrame(others, nan_to_null=True))
    return pl.concat([part for part in parts if part.width], how="horizontal").select("time_s", "valid", *columns)


def _raw_columns(
    pose: pl.DataFrame,
    face: pl.DataFrame,
    openface: pl.DataFrame | None,
    columns: list[str],
    face_visible: np.ndarray,
    near: Callable[[pl.DataFrame, np.ndarray], np.ndarray],
) -> Iterator[pl.DataFrame]:
    """The raw `columns` and what is missing, copied from the frames nearest to each row of the grid; all tables hold
    frames that were read.

    `face_visible` (frames,): which frames of `face` show one; `near(table, visible)`: each row's nearest visible frame,
    or -1.
    """
    if any(c.startswith((PX, MISSING)) for c in columns):
        read_frames = near(pose, np.ones(len(pose), bool))
        yield _take_rows(pixels(pose), read_frames, [c for c in columns if c.startswith(PX)])
        yield _missing_points(pose, read_frames, [c for c in columns if c.startswith(MISSING) and c != FACE_MISSING])
    if FACE_MISSING in columns:
        unseen = np.append(~face_visible, True)[near(face, np.ones(len(face), bool))]  # -1: nothing near
        yield pl.DataFrame({FACE_MISSING: unseen.astype(np.float32)})
    if needed := openface_columns(columns):
        if openface is None or len(openface) != len(face):
            raise UserError("OpenFace's columns are not of the face table's frames. Delete both and run again.")
        counted = [PREFIX + name for name in OPENFACE_COUNTED if PREFIX + name in needed]
        yield _take_rows(openface, near(face, face_visible), [c for c in needed if c not in counted])
        yield _take_rows(openface, near(face, np.ones(len(face), bool)), counted)


def pixels(pose: pl.DataFrame) -> pl.DataFrame:
    """BODY_25 as in OpenPose's tables: `px_<point>_x`, `_y`, `_confidence`, 0 for what is not visible."""
    parts = [f"{point}_{part}" for point in BODY_25 for part in ("x", "y", "confidence")]
    return pose.select(pl.col(name).fill_null(0.0).alias(PX + name) for name in parts)


def _times(table: pl.DataFrame) -> np.ndarray:
    return table["time_s"].to_numpy().astype(float)


def _of(column: str) -> Group:
    return GROUPS[GROUP_OF[column]]


def _take_rows(table: pl.DataFrame, frames: np.ndarray, columns: list[str]) -> pl.DataFrame:
    """The rows `frames` (grid,) of `columns`, null where the number is -1."""
    places = pl.Series(frames, dtype=pl.Int64)
    places = places.set(places < 0, None)
    return table.select(pl.col(columns).cast(pl.Float32).gather(places)) if columns else pl.DataFrame()


def _missing_points(pose: pl.DataFrame, frames: np.ndarray, columns: list[str]) -> pl.DataFrame:
    """1 where a body point is not visible in the nearest frame, or no frame is near; else 0."""
    unseen = pose.select(pl.col(c.removeprefix(MISSING) + "_x").is_null().cast(pl.Float32).alias(c) for c in columns)
    return _take_rows(unseen, frames, columns).fill_null(1.0)


def _smooth(
    times: np.ndarray, values: np.ndarray, kind: str, reach_s: float, runs_of: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    visible = ~np.isnan(values)
    if kind == "nearest" or not visible.any():
        return values
    result, t, v = values.astype(float), times[visible], values[visible].astype(float)
    if kind == "angle":
        v = np.unwrap(v, period=360.0)
    result[visible] = smooth(t, v, runs_of(t), reach_s)
    return (result + 180.0) % 360.0 - 180.0 if kind == "angle" else result
