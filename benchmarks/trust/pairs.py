"""Our readings beside the reference's, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.trust.agreement import WEAK, Pair, correlation_of
from benchmarks.trust.references import Clip
from moodreel.tables.face import ACTION_UNITS

LARGEST_SHIFT = 10
"""In frames."""


def pair_units(clip: Clip, face: pl.DataFrame, shift: int = 0) -> Iterator[Pair]:
    """Each unit of the clip's reference beside ours, in the frames that the reference knows; ours is NaN where unread.

    Rows go by the frame's index, the reference's moved later by `shift` frames.
    """
    joined = clip.truth.with_columns(pl.col("frame") + shift).join(face, on="frame").sort("frame")
    for unit in clip.units:
        if unit in ACTION_UNITS:
            both = joined.select("time_s", f"AU{unit:02d}_r", f"AU{unit:02d}").drop_nulls(f"AU{unit:02d}")
            if len(both):
                yield Pair(unit, clip.name, clip.person, *both.cast(pl.Float64).fill_null(np.nan).to_numpy().T)


def best_shift(clip: Clip, face: pl.DataFrame) -> int | None:
    """By how many frames the reference comes early, where the units that move in it agree best; None where they agree
    nowhere.

    Much else than 0 tells of a table that belongs to another video, or to a cut or resampled copy of it.
    """
    found = {}
    for shift in range(-LARGEST_SHIFT, LARGEST_SHIFT + 1):
        moving = [pair for pair in pair_units(clip, face, shift) if pair.counts and not pair.unread]
        found[shift] = np.mean([correlation_of(pair) for pair in moving]) if moving else -np.inf
    best = max(found, key=lambda shift: (found[shift], -abs(shift)))
    return best if found[best] >= WEAK else None
