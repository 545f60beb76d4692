"""The truth of a clip: what it shows, in a table next to it."""

import numpy as np
import polars as pl

from moodreel.demo.catalogue import Clip
from moodreel.demo.script import MOTIONS, UNITS, Script

TRANSITION = "transition"

APEX_ACTIVATION = 0.5
"""The apex is where the activation is at least this share of its peak."""

APEX_SHARE = 0.6
"""Share of a window that the apex has to fill for the window to show the expression."""


def truth_table(clip: Clip, script: Script) -> pl.DataFrame:
    """One row per frame, with the columns of `tables/truth.py`."""
    frame = pl.DataFrame(
        {
            "frame": np.arange(len(script.time_s), dtype=np.int32),
            "time_s": script.time_s,
            "activation": script.activation,
            **{unit: script.units[:, i] for i, unit in enumerate(UNITS)},
            **{name: script.motion[:, i] for i, name in enumerate(MOTIONS)},
        }
    )
    return frame.with_columns(expression=pl.lit(clip.expression), au25=pl.col("au26"), mood=pl.lit(clip.mood))


def window_truth(expression: str, time_s: np.ndarray, activation: np.ndarray, start_s: float, end_s: float) -> str:
    """The label of the window from `start_s` up to, not including, `end_s`: `expression` or `transition`.

    `time_s` and `activation` (n,) are those of the clip. Frames count as the apex where the activation is at least half
    of the clip's peak. Raises ValueError where no frame lies in the window.
    """
    # Times of grids and frames carry rounding errors far below a frame's length.
    inside = (time_s >= start_s - 1e-6) & (time_s < end_s - 1e-6)
    if not inside.any():
        raise ValueError(f"no frame lies between {start_s} s and {end_s} s")
    apex = activation >= APEX_ACTIVATION * activation.max()
    return expression if apex[inside].mean() >= APEX_SHARE - 1e-9 else TRANSITION


def window_labels(windows: pl.DataFrame, truth: pl.DataFrame) -> pl.Series:
    """The labels (windows,) of the `windows` (table WINDOWS) of one clip, from its table TRUTH."""
    clip = truth["expression"][0], truth["time_s"].to_numpy(), truth["activation"].to_numpy()
    spans = windows.select("start_s", "end_s").iter_rows()
    return pl.Series([window_truth(*clip, start, end) for start, end in spans], dtype=pl.String)
