"""Emotions frame by frame: the agreement of detectors, and the change over time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from moodreel.emotions.votes import highest
from moodreel.tables.emotions import EMOTIONS

PART_FRAMES = 1000
"""Frames of one part of a timeline, as the paper cs640-2020 cuts its videos."""

SAME_FACE = 0.5
"""Intersection over union from which two boxes hold the same face."""

NO_FACE = -1


def emotions_of(scores: pl.DataFrame, decimals: int | None = None) -> np.ndarray:
    """The index in `EMOTIONS` of each frame's highest score, int (frames,), from EMOTION_SCORES; -1 without a face."""
    values = scores.select(EMOTIONS).cast(pl.Float64).to_numpy()
    has_face = ~np.isnan(values).any(axis=1)
    found = np.full(len(values), NO_FACE)
    found[has_face] = highest(values[has_face], decimals)
    return found


def agreement(
    first: pl.DataFrame, second: pl.DataFrame, classes: Mapping[str, str], decimals: int | None = None
) -> dict[str, int]:
    """The counts of DETECTORS, from two tables EMOTION_SCORES of the same frames."""
    one, other = (emotions_of(table, decimals) for table in (first, second))
    both = (one != NO_FACE) & (other != NO_FACE)
    class_of = np.array([classes[name] for name in EMOTIONS])
    same_face = _overlap(*(table.filter(pl.Series(both)) for table in (first, second))) >= SAME_FACE
    same_emotion = one[both] == other[both]
    return {
        "frames": len(one),
        "both": int(both.sum()),
        "only_first": int(((one != NO_FACE) & ~both).sum()),
        "only_second": int(((other != NO_FACE) & ~both).sum()),
        "same_face": int(same_face.sum()),
        "same_emotion": int(same_emotion.sum()),
        "same_class": int((class_of[one[both]] == class_of[other[both]]).sum()),
        "disagree": int(((one != NO_FACE) != (other != NO_FACE)).sum() + (~(same_face & same_emotion)).sum()),
    }


def _overlap(first: pl.DataFrame, second: pl.DataFrame) -> np.ndarray:
    """Intersection over union of the boxes (frames,) of two tables."""
    boxes = [table.select("x", "y", "width", "height").cast(pl.Float64).to_numpy() for table in (first, second)]
    corners = [np.hstack([box[:, :2], box[:, :2] + box[:, 2:]]) for box in boxes]
    sides = np.minimum(corners[0][:, 2:], corners[1][:, 2:]) - np.maximum(corners[0][:, :2], corners[1][:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    whole = sum(np.prod(box[:, 2:], axis=1) for box in boxes) - shared
    return shared / np.maximum(whole, 1)


def timeline(emotions: np.ndarray, times_s: np.ndarray | None = None) -> list[dict[str, Any]]:
    """Rows of EMOTION_TIMELINE, columns from `part` on, from `emotions` (frames,) as by `emotions_of` and the frames'
    times."""
    rows = []
    for part, start in enumerate(range(0, len(emotions), PART_FRAMES)):
        own = emotions[start : start + PART_FRAMES]
        counts = np.bincount(own[own != NO_FACE], minlength=len(EMOTIONS))
        begins = None if times_s is None else float(times_s[start])
        rows.append(
            {"part": part, "frames": len(own), "start_s": begins, **dict(zip(EMOTIONS, counts.tolist(), strict=True))}
        )
    return rows
