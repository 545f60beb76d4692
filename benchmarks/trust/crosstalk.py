"""Crosstalk: the reading of each unit while another is acted, over the built-in clips."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from benchmarks.trust.agreement import correlation, monotonicity
from benchmarks.trust.references import Clip
from moodreel.demo.script import ACTED
from moodreel.tables.face import ACTION_UNITS

APEX_SHARE = 0.8
"""Share of a clip's largest activation from which a frame belongs to the apex."""

NEUTRAL = 0.05
"""Intensity up to which a unit is neutral."""

MIN_FRAMES = 5
"""Least number of neutral and of apex frames for a clip to count for a unit."""

DRIVEN = {"AU26": "AU25"}
"""Units that follow from another: the actors' lips part because the jaw drops."""

FIGURES = ("response", "correlation", "monotonicity")


def crosstalk(clips: Sequence[Clip], faces: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """Rows of trust-crosstalk.tsv without the backend, from the built-in `clips` and our FACE tables by their names."""
    units = [f"AU{unit:02d}" for unit in ACTION_UNITS]
    labels = {expression: "+".join(unit.upper() for unit in acted) for expression, acted in ACTED.items()}
    found: dict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for clip in clips:
        acted = labels[clip.name.split("-")[1]]
        joined = clip.truth.join(faces[clip.name].select("frame", pl.col("^AU\\d+_r$")), on="frame")
        for unit in units:
            read = joined.filter(pl.col(f"{unit}_r").is_not_null())
            if of_clip := _of_clip(read, acted.split("+"), read[f"{unit}_r"].to_numpy()):
                found[acted, unit].append(of_clip)
    rows = []
    for acted in labels.values():
        for unit in units:
            of_clips = found[acted, unit]
            means = np.mean(of_clips, axis=0).tolist() if of_clips else [None] * len(FIGURES)
            figures = dict(zip(FIGURES, means, strict=True))
            rows.append({"acted": acted, "read": unit, "clips": len(of_clips), **figures})
    return rows


def _of_clip(truth: pl.DataFrame, acted: Sequence[str], read: np.ndarray) -> tuple[float, ...] | None:
    """`FIGURES` of the readings `read` (frames,) in one clip, without frames in which a unit other than those `acted`
    moves, such as blinks. None where there is no neutral frame or no apex."""
    own = {*acted, *(DRIVEN[unit] for unit in acted if unit in DRIVEN)}
    others = [name for name in truth.columns if len(name) == 4 and name.startswith("AU") and name not in own]
    alone = truth.select(pl.all_horizontal(pl.col(others) < NEUTRAL)).to_series().to_numpy()
    shown, read = truth[acted[0]].to_numpy()[alone], read[alone]
    neutral, apex = shown < NEUTRAL, shown >= max(APEX_SHARE * shown.max(initial=0), NEUTRAL)
    if min(neutral.sum(), apex.sum()) < MIN_FRAMES:
        return None
    return float(read[apex].mean() - read[neutral].mean()), correlation(read, shown), monotonicity(read, shown)
