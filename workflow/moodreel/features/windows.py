"""An index of windows into the feature grid, and what is known of each window."""

from __future__ import annotations

import numpy as np
import polars as pl

from moodreel.settings.windows import WindowsSettings


def index(time_s: np.ndarray, valid: np.ndarray, first_row: int, settings: WindowsSettings) -> pl.DataFrame:
    """The windows of one video: columns `window` to `reason` of WINDOWS.

    `time_s` (s) and `valid` (bool), shape (rows,), are its grid; `first_row` is the grid's place in features.parquet.
    A window that the video ends in is dropped as `partial`, one with too few valid rows as `gaps`.
    """
    length, stride = round(settings.length_s * settings.rate_hz), round(settings.stride_s * settings.rate_hz)
    starts = np.arange(0, len(time_s), stride)
    rows = np.minimum(length, len(time_s) - starts)
    share = np.array([valid[a : a + n].mean() for a, n in zip(starts, rows, strict=True)])
    reasons = np.where(rows < length, "partial", np.where(share < settings.min_valid_share, "gaps", ""))
    return pl.DataFrame(
        {
            "window": np.arange(len(starts), dtype=np.int32),
            "start_s": time_s[starts],
            "end_s": time_s[starts] + rows / settings.rate_hz,
            "first_row": first_row + starts,
            "rows": rows.astype(np.int32),
            "valid_share": share.astype(float),
            "reason": reasons.astype(str),
        }
    ).with_columns(reason=pl.col("reason").replace("", None))


def kept(windows: pl.DataFrame) -> pl.DataFrame:
    """The windows that were not dropped."""
    return windows.filter(pl.col("reason").is_null())


def counts(windows: pl.DataFrame) -> dict[str, int]:
    """How many windows were kept, and how many dropped for each reason."""
    found = windows["reason"].fill_null("kept").value_counts()
    return {reason: found.filter(pl.col("reason") == reason)["count"].sum() for reason in ("kept", "partial", "gaps")}
