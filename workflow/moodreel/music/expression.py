"""Valence and arousal of a facial expression, from its action units and motion, to be compared with those of music.

A rule of thumb for how an expression looks, not a measurement of what anybody feels. Valence: the smile (AU12, AU6)
against frown (AU4), lowered lip corners (AU15) and wrinkled nose (AU9); zygomaticus and corrugator follow the valence
of what people see (J. T. Larsen, C. J. Norris & J. T. Cacioppo, Psychophysiology 40, 2003), and the units are those of
EMFACS for happiness, anger, sadness and disgust (P. Ekman, W. V. Friesen & J. C. Hager, Facial Action Coding System,
2002). Arousal: wide eyes (AU5), open mouth (AU25, AU26) and tightened lips (AU23) against closed eyes (AU45, held) and
lowered lip corners (surprise, fear and anger are high, sadness and sleepiness low in the circumplex of J. A. Russell,
Journal of Personality and Social Psychology 39, 1980), and the motion of face, head and body. The weights are ours.
"""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from moodreel.tables import base
from moodreel.tables.features import FEATURES

VALENCE_WEIGHTS = {12: 1.0, 6: 0.5, 4: -1.0, 15: -1.0, 9: -0.5}
ACTIVATION_WEIGHTS = {5: 1.0, 25: 0.5, 26: 1.0, 23: 0.5, 15: -0.5, 45: -1.0}
"""Weights of the action units' intensities (0-5), mean over a window."""

AROUSAL_CUES = ("activation", "face_speed", "head_speed", "body_speed")
"""Each is standardised over the run's windows; arousal is the mean of those available."""

LEAST_SPREAD = 1e-9
"""A smaller standard deviation is rounding, not a difference."""

HEAD = ("pitch_deg", "yaw_deg", "roll_deg")
BODY = tuple(f"{point}_{axis}" for point in ("nose", "left_wrist", "right_wrist", "mid_hip") for axis in "xy")
UNITS = (1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26)


def read(features: Path, windows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """As `valence_arousal`, from a table FEATURES."""
    columns = ["video", "time_s", *needed_columns(pq.read_schema(features).names)]
    return valence_arousal(base.read(features, FEATURES, columns), windows)


def needed_columns(columns: list[str]) -> list[str]:
    """Those of the feature columns that are read here."""
    units = {name for unit in {*UNITS, *VALENCE_WEIGHTS, *ACTIVATION_WEIGHTS} if (name := unit_column(unit, columns))}
    return [c for c in columns if c in units or c in HEAD or c in BODY]


def unit_column(unit: int, columns: list[str]) -> str | None:
    """The best column of an action unit: against the neutral face, without it, presence; None where there is none."""
    names = (f"AU{unit:02d}_{kind}" for kind in ("r", "raw", "c"))
    return next((name for name in names if name in columns), None)


def valence_arousal(features: pl.DataFrame, windows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Valence and arousal of each window, float64, shape (windows,), standardised over the windows.

    `features`: FEATURES with the columns of `needed_columns`; `windows`: WINDOWS. NaN where a window shows none of the
    columns needed.
    """
    valence = np.full(len(windows), np.nan)
    cues = {name: np.full(len(windows), np.nan) for name in AROUSAL_CUES}
    columns = features.columns
    units = [name for unit in UNITS if (name := unit_column(unit, columns))]
    groups = {
        "face_speed": units,
        "head_speed": [c for c in HEAD if c in columns],
        "body_speed": [c for c in BODY if c in columns],
    }
    values = {c: features[c].cast(pl.Float64).to_numpy() for c in needed_columns(columns)}
    times_s = features["time_s"].to_numpy()
    for index, (first, rows) in enumerate(windows.select("first_row", "rows").iter_rows()):
        part = slice(first, first + rows)
        valence[index] = _weighted_mean(values, VALENCE_WEIGHTS, part)
        cues["activation"][index] = _weighted_mean(values, ACTIVATION_WEIGHTS, part)
        for cue, names in groups.items():
            cues[cue][index] = _speed([values[name][part] for name in names], times_s[part])
    stack = np.stack([standardise(cue) for cue in cues.values()])
    return standardise(valence), np.ma.masked_invalid(stack).mean(axis=0).filled(np.nan)


def _weighted_mean(values: dict[str, np.ndarray], weights: dict[int, float], part: slice) -> float:
    """Weighted sum of the units' means over a window; a unit that is not visible counts as absent; NaN when none is."""
    total, found = 0.0, False
    for unit, weight in weights.items():
        column = unit_column(unit, list(values))
        visible = values[column][part] if column else np.empty(0)
        visible = visible[np.isfinite(visible)]
        if len(visible):
            total, found = total + weight * visible.mean(), True
    return total if found else np.nan


def _speed(columns: list[np.ndarray], times_s: np.ndarray) -> float:
    """Mean over time of the columns' mean absolute change per second."""
    if not columns or len(times_s) < 2:
        return np.nan
    speeds = np.abs(np.diff(np.stack(columns), axis=1)) / np.diff(times_s)
    return float(speeds[np.isfinite(speeds)].mean()) if np.isfinite(speeds).any() else np.nan


def standardise(values: np.ndarray) -> np.ndarray:
    """`values` (n,), NaN where unknown, minus their mean, divided by their standard deviation; 0 where all are the
    same."""
    known = values[np.isfinite(values)]
    if not len(known):
        return values
    spread = known.std()
    return (values - known.mean()) / (spread if spread > LEAST_SPREAD else 1.0)
