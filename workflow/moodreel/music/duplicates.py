"""Finds soundtracks that are the same piece of sound.

Uploads of one song under several ids, and the built-in clips of one take, sound alike. A clip is not given
its own sound under another name, and one sound takes one place in a ranking.
"""

from collections.abc import Mapping
from typing import cast

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

TOLERANCE = {"brightness_octaves": 0.07, "register_midi": 0.7, "loudness_lufs": 0.7}
"""Root mean square differences over the passages up to which two sounds count as one. Loudness counts against the
track's own, so that a change of volume does not matter. Measured on the built-in music: encoding the same sound once
more moves them by at most 0.07 octaves, 0.7 semitones and 0.2 dB (AAC at 48 kbit/s; a tenth of it at 128), another
melody in the same mood by at least 0.9 semitones."""

MAX_LENGTH_DIFFERENCE_S = 1.0


def group(soundtracks: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """The number of each video's sound, by its SOUNDTRACK table: videos of the same sound have the same
    number.

    Sounds are compared passage by passage from the beginning, so a piece cut off at its start is not
    recognised. Every empty table has a number of its own.
    """
    videos = sorted(soundtracks)
    fingerprints = [_fingerprint(soundtracks[v]) for v in videos]
    lengths_s = [cast(float | None, soundtracks[v]["end_s"].max()) or 0.0 for v in videos]
    sounding = [n for n, measures in enumerate(fingerprints) if np.isfinite(measures).any()]
    pairs = [
        (sounding[a], sounding[b])
        for a, b in _near(np.array([_mean_of_known(fingerprints[n]) for n in sounding]))
        if abs(lengths_s[sounding[a]] - lengths_s[sounding[b]]) <= MAX_LENGTH_DIFFERENCE_S
        and _are_equal(fingerprints[sounding[a]], fingerprints[sounding[b]])
    ]
    first, second = np.array(pairs, int).reshape(-1, 2).T
    links = coo_array((np.ones(len(pairs)), (first, second)), shape=(len(videos), len(videos)))
    _, numbers = connected_components(links, directed=False)
    return {video: int(number) for video, number in zip(videos, numbers, strict=True)}


def _near(means: np.ndarray) -> set[tuple[int, int]]:
    """Pairs whose mean measures are near enough to be worth a comparison: the mean of a difference is at most
    its root mean square, and a passage more at the end moves it a little."""
    return cKDTree(means).query_pairs(1.5, p=np.inf) if len(means) else set()


def _mean_of_known(measures: np.ndarray) -> np.ndarray:
    return np.ma.masked_invalid(measures).mean(axis=0).filled(0)


def _fingerprint(soundtrack: pl.DataFrame) -> np.ndarray:
    """(passages, measures) in units of the tolerance; NaN where a passage is silent."""
    passages = soundtrack.filter(pl.col("scope") == "passage")
    loudness_lufs = passages["loudness_lufs"].cast(pl.Float64)
    measures = {
        "brightness_octaves": passages["brightness_hz"].cast(pl.Float64).log(2),
        "register_midi": passages["register_midi"].cast(pl.Float64),
        "loudness_lufs": loudness_lufs - loudness_lufs.mean(),
    }
    columns = [measures[name].to_numpy().astype(float) / tolerance for name, tolerance in TOLERANCE.items()]
    return np.stack(columns, axis=1)


def _are_equal(a: np.ndarray, b: np.ndarray) -> bool:
    rows = min(len(a), len(b))
    if (np.isnan(a[:rows]) != np.isnan(b[:rows])).any():
        return False
    return bool((_mean_of_known((a[:rows] - b[:rows]) ** 2) <= 1).all())
