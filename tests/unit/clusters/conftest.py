"""Planted expressions: what the clusters have to find again."""

import itertools
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from moodreel.features.matrix import FeatureMatrix
from moodreel.features.windows import index
from moodreel.settings.windows import WindowsSettings

COLUMNS = ("AU04_r", "AU12_r", "AU15_r", "AU26_r", "pitch_deg", "yaw_deg", "nose_x", "nose_y")
EXPRESSIONS = {"smile": {"AU12_r": 3.0}, "frown": {"AU04_r": 2.5, "AU15_r": 2.0}, "jaw": {"AU26_r": 3.0}}
TAKES = {"smile": 4, "frown": 3, "jaw": 2}


@dataclass(frozen=True)
class Planted:
    matrix: FeatureMatrix
    windows: pl.DataFrame
    expression: np.ndarray
    """What each window shows, shape (windows,)."""


@pytest.fixture(scope="session")
def planted() -> Planted:
    """Noisy clips of 4 s at 25 Hz, two windows each, by two performers who hold their heads 25 degrees apart."""
    random, times_s = np.random.default_rng(7), np.arange(100) / 25
    values, windows, videos = [], [], []
    shown = [(expression, take) for expression in EXPRESSIONS for take in range(TAKES[expression])]
    for (performer, sits), (expression, take) in itertools.product((("ann", 0.0), ("bob", 25.0)), shown):
        clip = random.normal(scale=0.3, size=(100, len(COLUMNS)))
        clip[:, 4:6] = clip[:, 4:6] * 10 + sits
        clip[:, 6:] = clip[:, 6:] * 0.2 + sits / 25
        for unit, level in EXPRESSIONS[expression].items():
            clip[:, COLUMNS.index(unit)] += level * random.uniform(0.8, 1.2)
        videos.append(f"{performer}-{expression}-{take}")
        found = index(times_s, np.ones(100, bool), 100 * len(values), WindowsSettings())
        own = {"video": videos[-1], "performer": performer, "label": expression}
        windows.append(found.with_columns(pl.lit(text).alias(name) for name, text in own.items()))
        values.append(clip)
    table, numbers = pl.concat(windows), np.repeat(np.arange(len(videos), dtype=np.int32), 100)
    all_values, all_times_s = np.concatenate(values).astype(np.float32), np.tile(times_s, len(videos))
    matrix = FeatureMatrix(all_values, COLUMNS, numbers, tuple(videos), all_times_s, 25.0)
    return Planted(matrix, table, table["label"].to_numpy())
