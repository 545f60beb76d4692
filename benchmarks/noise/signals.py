"""Features unrelated to their labels, in forms in which that easily goes unnoticed.

Every feature is smooth noise, as faces move. The kinds differ in what else the features reveal: nothing (`none`), the
video (`video`) or the performer (`performer`). Where performers have levels, labels are balanced within each one, or
each performer shows one label in three quarters of their videos (`performer_unbalanced`), as people do.
"""

import numpy as np
import polars as pl
from scipy.ndimage import gaussian_filter1d

from moodreel.features.groups import GROUPS
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.windows import index
from moodreel.settings.windows import WindowsSettings

KINDS = ("none", "video", "performer", "performer_unbalanced")
"""What the features reveal besides noise."""

COLUMNS = GROUPS["action_units"].columns + GROUPS["head_pose"].columns
RATE_HZ = 25
USUAL = 0.75
"""Share of a person's videos that show the label they usually show, in `performer_unbalanced`."""


def study(
    seed: int, kind: str, *, labels: int = 2, signal: float = 0.0, seconds: int = 20
) -> tuple[FeatureMatrix, pl.DataFrame]:
    """Features on a grid of 25 Hz and their kept windows (table WINDOWS), labelled `L0`, `L1`, ...

    20 videos without named performers, or 48 of 6 performers. The levels that `kind` names vary as much as the features
    do, by a standard deviation of 1. `signal`: what each label adds to the first six columns, 0 for pure noise.
    """
    rng = np.random.default_rng(seed)
    people = kind.startswith("performer")
    videos, performers = (48, 6) if people else (20, 20)
    performer_of = np.arange(videos) % performers
    label = _labels(rng, performer_of, labels, kind)
    levels = rng.normal(size=(performers if people else videos, len(COLUMNS))) * (kind != "none")
    rows, values, windows = seconds * RATE_HZ, [], []
    names = tuple(f"v{v:02d}" for v in range(videos))
    for v, name in enumerate(names):
        noise = gaussian_filter1d(rng.normal(size=(rows, len(COLUMNS))), 8, axis=0)
        noise = noise / noise.std() + levels[performer_of[v] if people else v]
        noise[:, :6] += signal * label[v]
        values.append(noise)
        cut = index(np.arange(rows) / RATE_HZ, np.ones(rows, bool), rows * v, WindowsSettings())
        performer = f"p{performer_of[v]}" if people else name
        windows.append(cut.with_columns(video=pl.lit(name), performer=pl.lit(performer), label=pl.lit(f"L{label[v]}")))
    matrix = FeatureMatrix(
        np.concatenate(values).astype(np.float32),
        COLUMNS,
        np.repeat(np.arange(videos, dtype=np.int32), rows),
        names,
        np.tile(np.arange(rows) / RATE_HZ, videos),
        float(RATE_HZ),
    )
    return matrix, pl.concat(windows).filter(pl.col("reason").is_null())


def _labels(rng: np.random.Generator, performer_of: np.ndarray, labels: int, kind: str) -> np.ndarray:
    """A label (videos,) int for each video: as evenly spread as possible, within each performer where these have
    levels."""
    if not kind.startswith("performer"):
        return rng.permutation(np.arange(len(performer_of)) % labels)
    result = np.empty(len(performer_of), dtype=int)
    for person in np.unique(performer_of):
        mine = np.flatnonzero(performer_of == person)
        shown = np.arange(len(mine)) % labels
        if kind == "performer_unbalanced":
            usual = rng.integers(labels)
            others = np.delete(np.arange(labels), usual)
            often = round(USUAL * len(mine))
            shown = np.concatenate([np.full(often, usual), np.resize(rng.permutation(others), len(mine) - often)])
        result[mine] = rng.permutation(shown)
    return result
