"""The null of every figure: features shuffled over time and videos.

What is shuffled: within the rows that kept windows use, every column keeps exactly its own values and gets them in
another order, so that no row shows any more what happened then. (Columns that the analysis centres per owner are
shuffled without their owner's median, which goes back afterwards; the analysis would take it away anyway.)

Which order matters. Rows in plain random order also lose what has nothing to do with recurring expressions and yet
makes clusters easy to recognise: a face moves smoothly, its columns move together, and a moment resembles the rest of
its video. On smooth noise of four hidden dimensions, no clusters at all, grouped fidelity of k-NN lies 0.12 above such
a null and stability 0.13, so that noise would pass for a discovery; above the null used here, -0.01 and 0.00 (means of
four studies with three draws each, the one in tests/unit/classify/test_protocol.py). Shuffled after they were averaged
over bins, which is what a large study holds, features give the same null: 0.02 and 0.01 where rows give 0.01 and 0.02
(twelve studies, standard error 0.02).

The order is that of amplitude-adjusted Fourier surrogates (Theiler et al. 1992, Physica D 58:77) with the same random
phases in every column (Prichard & Theiler 1994, Phys. Rev. Lett. 73:951): how fast columns move, and how they move
together, stays nearly the same; the timing, the agreement with labels, and clusters beyond what those two imply are
gone. The videos are strung together in random order first, so that nothing of the table's order remains.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
from scipy import fft
from scipy.special import ndtri
from scipy.stats import rankdata

from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.features.matrix import FeatureMatrix
from moodreel.settings.features import FeaturesSettings


def shuffled(matrix: FeatureMatrix, windows: pl.DataFrame, features: FeaturesSettings, seed: int) -> FeatureMatrix:
    """The matrix with the rows of `windows` (table WINDOWS) shuffled over time and videos; other rows stay."""
    rng = np.random.default_rng(seed)
    rows = _rows_of(windows) if matrix.first_row is None else np.arange(len(matrix.values))  # means of their rows
    places = rng.permutation(len(matrix.videos))[matrix.video[rows]]
    rows = rows[np.argsort(places, kind="stable")]
    values = matrix.values.copy()
    medians = _medians(matrix, windows, features, rows)
    values[rows] = surrogate(values[rows] - medians, rng) + medians
    return dataclasses.replace(matrix, values=values)


def surrogate(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The columns of `values` (rows, columns), each in another order, smoothness and correlations kept.

    What was not seen (NaN) is shuffled by turning all rows round by the same number, so that gaps keep their length and
    what was unseen together stays so; a gap counts as the column's median, and a value that lands in a gap is lost.
    """
    n = len(values)
    if n < 2:
        return values.copy()
    phases = np.exp(2j * np.pi * rng.random(n // 2 + 1))
    phases[0] = 1  # the mean, and the highest frequency of an even length, have no phase
    if n % 2 == 0:
        phases[-1] = 1
    gaps = np.isnan(values)
    result = np.empty_like(values)
    for j, column in enumerate(values.T):
        seen = column[~gaps[:, j]]
        filled = np.where(gaps[:, j], np.median(seen) if len(seen) else 0, column)
        normal = ndtri((rankdata(filled) - 0.5) / n)
        moved = fft.irfft(fft.rfft(normal) * phases, n)
        result[np.argsort(moved, kind="stable"), j] = np.sort(filled)
    result[np.roll(gaps, rng.integers(n), axis=0)] = np.nan
    return result


def _rows_of(windows: pl.DataFrame) -> np.ndarray:
    """The rows that lie in at least one of `windows`, rising, each once."""
    spans = windows.select(pl.int_ranges("first_row", pl.col("first_row") + pl.col("rows")).alias("row"))
    return spans.explode("row")["row"].unique().sort().to_numpy()


def _medians(matrix: FeatureMatrix, windows: pl.DataFrame, features: FeaturesSettings, rows: np.ndarray) -> np.ndarray:
    """For each of `rows` its owner's median in centred columns, 0 in the others: float32 (rows, columns)."""
    centred = np.array([features.centers and GROUPS[GROUP_OF[c]].centered for c in matrix.columns])
    result = np.zeros((len(rows), len(matrix.columns)), np.float32)
    owners = matrix.owners(windows, features.center)[rows].astype(str)
    for owner in np.unique(owners):
        mine = owners == owner
        values = matrix.values[rows[mine]]
        use = centred & ~np.isnan(values).all(axis=0)
        result[np.ix_(mine, use)] = np.nanmedian(values[:, use], axis=0)
    return result
