"""An index of windows into the feature grid, with facts about each."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.errors import Missing, UserError
from moodreel.settings.windows import WindowsSettings
from moodreel.tables import base

DROPPED = {
    "partial": "cut off by the end of the video (windows.length_s)",
    "gaps": "with too few rows in which the person is seen (windows.min_valid_share, windows.max_gap_s)",
    "short": "of a video with fewer than two rows that count",
}
"""Why windows are dropped, in words that follow their number."""


def index(
    time_s: np.ndarray, valid: np.ndarray, first_row: int, settings: WindowsSettings, *, skip: int = 0
) -> pl.DataFrame:
    """The windows of one video: columns `window` to `reason` of WINDOWS.

    `time_s` (s) and `valid` (bool), shape (rows,), are its grid (`grid.grid_of`); `first_row` is the grid's place in
    features.parquet. Windows begin every `stride_s` from the first row, or from `skip` rows after it; their numbers
    count those too that lie where the grid has no rows, which are not in the index. A window that the video ends in is
    dropped as `partial`, one with too few valid rows as `gaps`. With `settings.per` "video" the whole grid is one
    window; it is dropped as `short` where the video has no length or less than two of its rows are valid.
    """
    if settings.per == "video":
        return _whole(time_s, valid, first_row, settings)
    length, stride = round(settings.length_s * settings.rate_hz), round(settings.stride_s * settings.rate_hz)
    number = np.round((time_s - time_s[:1]) * settings.rate_hz).astype(np.int64) - skip  # of each row, holes counted
    starts = np.flatnonzero((number >= 0) & (number % stride == 0))
    ends = np.minimum(starts + length, len(time_s))
    whole = number[ends - 1] - number[starts] == ends - starts - 1
    starts, ends = starts[whole], ends[whole]
    rows, counted = ends - starts, np.append(0, np.cumsum(valid))
    share = (counted[ends] - counted[starts]) / rows
    reasons = np.where(rows < length, "partial", np.where(share < settings.min_valid_share, "gaps", ""))
    return pl.DataFrame(
        {
            "window": (number[starts] // stride).astype(np.int32),
            "start_s": time_s[starts],
            "end_s": time_s[starts] + rows / settings.rate_hz,
            "first_row": first_row + starts,
            "rows": rows.astype(np.int32),
            "valid_share": share.astype(float),
            "reason": reasons.astype(str),
        }
    ).with_columns(reason=pl.col("reason").replace("", None))


def _whole(time_s: np.ndarray, valid: np.ndarray, first_row: int, settings: WindowsSettings) -> pl.DataFrame:
    step_s = np.diff(time_s[:2]).sum()
    share = float(valid.mean()) if len(valid) else 0.0
    short = not step_s > 0 or valid.sum() < 2
    return pl.DataFrame(
        {
            "window": [0],
            "start_s": time_s[:1],
            "end_s": time_s[:1] + step_s * len(time_s),
            "first_row": [first_row],
            "rows": [len(time_s)],
            "valid_share": [share],
            "reason": ["short" if short else "gaps" if share < settings.min_valid_share else None],
        },
        schema_overrides={"window": pl.Int32, "rows": pl.Int32, "reason": pl.String},
    )


def require_kept(windows: pl.DataFrame) -> pl.DataFrame:
    """The windows that were not dropped. Raises Missing, with what was dropped and why, when there are none."""
    kept = windows.filter(pl.col("reason").is_null())
    if kept.is_empty():
        dropped = describe_dropped(counts(windows))
        raise Missing(f"no window is left: {dropped}. Change these settings or add videos.")
    return kept


def describe_dropped(found: Mapping[str, int]) -> str:
    """Why windows were dropped, from their `counts`, with the settings that decide."""
    parts = [f"{found[reason]} {words}" for reason, words in DROPPED.items() if found.get(reason)]
    return ", ".join(parts) or "there was none"


def counts(windows: pl.DataFrame) -> dict[str, int]:
    """How many windows were kept, and how many dropped for each reason (`short` where there are any)."""
    reasons = windows["reason"].fill_null("kept").to_list()
    short = ("short",) if "short" in reasons else ()
    return {reason: reasons.count(reason) for reason in ("kept", "partial", "gaps", *short)}


def settings_of(path: Path) -> WindowsSettings:
    """The settings by which the windows at `path` were cut, from the table's own stamp. Raises UserError where it has
    none."""
    found = base.read_stamp(path).get("settings", {})
    if "windows" not in found:
        raise UserError(f"{path}: does not say by which settings it was cut. Delete it and run again.")
    return WindowsSettings(**found["windows"])
