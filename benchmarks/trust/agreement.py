"""Agreement of an action unit with a reference. Pure functions over series of intensities 0..5.

A `Pair` is one unit in one clip. A figure of a unit over several clips is the mean of the figures of each, so that a
long clip counts no more than a short one and differences between people do not count. Only clips in which the reference
itself moves count; where it moves in none, all are shown and the unit is not judged. A clip in which the reference
moves and we read too little for a comparison is a failure, and counts as a correlation of 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata, t

from moodreel.face.trust import Verdict

MOVES = 1.0
"""Least range of the reference in a clip, from its 5th to its 95th percentile, to count as moving: one of FACS's five
levels."""

MIN_FRAMES = 25
"""Least number of frames with a face by the reference for a clip to count, and of these with our reading of the unit
for it to count as read."""

BLOCK_S = 1.0
"""Length of a block of the bootstrap: neighbouring frames are nearly the same, frames a second apart are taken as
independent."""

STEP = 0.5
"""Step of `monotonicity` in levels: ten steps from neutral to the most."""

REPLICATES = 1000
SEED = 0

WEAK = 0.3
"""Correlation below which a unit is not to be used; a `ci_low` below it allows `careful` at best."""

GOOD = 0.5
"""Least correlation for `use`."""

MANY_PEOPLE = 5
"""Fewer people allow `careful` at best, and have no interval over people."""

BOOTSTRAP_PEOPLE = 10
"""Number of people from which the interval over them is a percentile bootstrap. With fewer it is a t interval, since
the bootstrap would cover the truth too rarely (.85 instead of .95 with six)."""


@dataclass(frozen=True)
class Pair:
    """A unit in one clip: intensities 0..5 of ours and of the reference, (n,), in the frames in which the reference
    has a value, NaN where ours has none, and these frames' times in s, rising."""

    unit: int
    clip: str
    person: str
    times_s: np.ndarray
    ours: np.ndarray
    reference: np.ndarray

    @property
    def moves(self) -> bool:
        """Whether the reference moves in this clip, whether we read it or not."""
        return span(self.reference) >= MOVES

    @property
    def counts(self) -> bool:
        """Whether the clip counts for the unit: the reference moves in it, over enough frames."""
        return self.moves and len(self.times_s) >= MIN_FRAMES

    @property
    def in_both(self) -> Pair:
        """The pair in the frames in which both have values."""
        there = np.isfinite(self.ours)
        return replace(self, times_s=self.times_s[there], ours=self.ours[there], reference=self.reference[there])

    @property
    def unread(self) -> bool:
        """Whether we read too little of it: too few frames, or only frames in which the reference is constant."""
        compared = self.in_both
        return len(compared.times_s) < MIN_FRAMES or (self.moves and not np.ptp(compared.reference) > 0)


def span(values: np.ndarray) -> float:
    """95th minus 5th percentile of (n,); NaN if empty."""
    return float(np.subtract(*np.percentile(values, (95, 5)))) if len(values) else np.nan


def correlation(ours: np.ndarray, reference: np.ndarray) -> float:
    """Pearson's correlation of two series (n,). 0 where the reading is constant while the reference moves, since that
    is a failure; NaN where the reference is constant."""
    return float(_pearson(_sums(ours, reference, np.zeros(len(ours), int)).sum(axis=0)))


def rank_correlation(ours: np.ndarray, reference: np.ndarray) -> float:
    """Spearman's correlation of two series (n,), with ties at their mean rank; 0 and NaN as in `correlation`."""
    return correlation(rankdata(ours), rankdata(reference))


def monotonicity(ours: np.ndarray, reference: np.ndarray) -> float:
    """Whether a higher reference gives a higher reading, on any scale: Spearman's rank correlation of the reference's
    levels, in steps of `STEP`, with the mean reading at each. 1 where each step reads higher than all below.

    Frame by frame, it would mostly measure noise in the long segments in which the reference is constant.
    """
    levels, step = np.unique(np.round(reference / STEP), return_inverse=True)
    return rank_correlation(np.bincount(step, ours) / np.bincount(step), levels)


def slope(ours: np.ndarray, reference: np.ndarray) -> float:
    """Least-squares slope of `ours` on the `reference`: the rise of our levels per level of the reference.

    Ordinary, not orthogonal: the question is our reading for a given reference, and orthogonal regression would need
    the ratio of both errors. Errors of the reference therefore flatten it. NaN where the reference is constant.
    """
    off = reference - reference.mean()
    squares = off @ off
    return float(off @ ours / squares) if squares > 1e-12 else np.nan


def mae(ours: np.ndarray, reference: np.ndarray) -> float:
    """Mean absolute difference of two series (n,), in levels."""
    return float(np.abs(ours - reference).mean())


def interval(pairs: Sequence[Pair], *, replicates: int = REPLICATES) -> tuple[float, float]:
    """2.5th and 97.5th percentile of the mean correlation over `pairs`, by block bootstrap.

    In each replicate, every clip is resampled by blocks of `BLOCK_S` with replacement (Künsch 1989, with blocks that do
    not overlap). Clips and people are not resampled: the interval does not cover other people (`people_interval`). An
    unread pair is 0 in every replicate. NaN where no pair has a correlation.
    """
    random = np.random.default_rng(SEED)
    found = []
    for pair in pairs:
        if pair.unread:
            found.append(np.zeros(replicates))
            continue
        pair = pair.in_both
        blocks = _sums(pair.ours, pair.reference, _blocks(pair.times_s))
        counts = random.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=replicates)
        found.append(_pearson(counts @ blocks))
    means = _mean(np.array(found, float))
    means = means[np.isfinite(means)]
    return tuple(np.percentile(means, (2.5, 97.5)).tolist()) if len(means) else (np.nan, np.nan)


def people_interval(
    correlations: Sequence[float], people: Sequence[str], *, replicates: int = REPLICATES
) -> tuple[float, float] | None:
    """95 % interval of the mean of `correlations` (n,) for other people; None with fewer than `MANY_PEOPLE`.

    Correlations of one of the `people` (n,) stay together. From `BOOTSTRAP_PEOPLE` on, people are resampled with
    replacement, with all of their correlations (percentiles); below, the mean is a ratio of sums over people, whose
    linearised variance (Cochran 1977, Sampling Techniques, 6.4) gives a t interval, cut at -1 and 1.
    """
    values = np.asarray(correlations, float)
    names, person = np.unique(np.asarray(people, str), return_inverse=True)
    if len(names) < MANY_PEOPLE:
        return None
    counts, sums = np.bincount(person), np.bincount(person, values)
    if len(names) >= BOOTSTRAP_PEOPLE:
        resamples = np.random.default_rng(SEED).integers(len(names), size=(replicates, len(names)))
        low, high = np.percentile(sums[resamples].sum(axis=1) / counts[resamples].sum(axis=1), (2.5, 97.5))
    else:
        off = sums - values.mean() * counts
        error = np.sqrt(len(names) / (len(names) - 1) * off @ off) / len(values)
        wide = t.ppf(0.975, len(names) - 1) * error
        low, high = np.clip([values.mean() - wide, values.mean() + wide], -1, 1)
    return float(low), float(high)


def correlation_of(pair: Pair) -> float:
    """`correlation` in the frames in which both have values; 0 where the unit is `unread`."""
    compared = pair.in_both
    return 0.0 if pair.unread else correlation(compared.ours, compared.reference)


def agreement(pairs: Sequence[Pair]) -> dict[str, Any]:
    """The figures of one unit from its `pairs`: the columns `people` to `verdict` of trust.tsv, with a `span` on 0..5
    in place of `range`; None where there is no figure.

    `ci_low` and `ci_high` are the `people_interval` where there are enough people, else the `interval` within clips.
    """
    moving = [pair for pair in pairs if pair.counts]
    counted = moving or [pair for pair in pairs if not pair.unread]
    people = [pair.person for pair in counted]
    read = [pair.in_both for pair in counted if not pair.unread]
    correlations = [correlation_of(pair) for pair in counted]
    low, high = (moving and people_interval(correlations, people)) or interval(counted)
    found: dict[str, Any] = {
        "people": len(set(people)),
        "clips": len(counted),
        "unread": len(counted) - len(read),
        "frames": sum(len(pair.times_s) for pair in read),
        "span": _mean_of([span(pair.reference) for pair in counted]),
        "correlation": _mean_of(correlations),
        "read_correlation": _mean_of([correlation(pair.ours, pair.reference) for pair in read]),
        "ci_low": _mean_of([low]),
        "ci_high": _mean_of([high]),
        "slope": _mean_of([slope(pair.ours, pair.reference) for pair in read]),
        "mae": _mean_of([mae(pair.ours, pair.reference) for pair in read]),
    }
    result = verdict(found["correlation"], found["ci_low"], people=found["people"], moves=bool(moving))
    return {**found, "verdict": result.value}


def verdict(correlation: float | None, ci_low: float | None, *, people: int, moves: bool) -> Verdict:
    """`not judged` where the reference does not move or there is no correlation, `do not use` below `WEAK`, `use` from
    `GOOD` on if `ci_low` reaches `WEAK` and there are `MANY_PEOPLE`, else `careful`."""
    if not moves or correlation is None:
        return Verdict.NOT_JUDGED
    if correlation < WEAK:
        return Verdict.DO_NOT_USE
    sure = ci_low is not None and ci_low >= WEAK
    return Verdict.USE if sure and correlation >= GOOD and people >= MANY_PEOPLE else Verdict.CAREFUL


def _blocks(times_s: np.ndarray) -> np.ndarray:
    """The number of each frame's block, 0, 1, ...; blocks without frames are left out."""
    return np.unique(np.floor((times_s - times_s[0]) / BLOCK_S + 1e-9), return_inverse=True)[1]


def _sums(ours: np.ndarray, reference: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Per block count, sums, sums of squares and of products, (blocks, 6), from which correlations are computed."""
    x, y = ours - ours.mean(), reference - reference.mean()  # small numbers lose fewer digits
    terms = (np.ones_like(x), x, y, x * x, y * y, x * y)
    return np.stack([np.bincount(block, term) for term in terms], axis=1)


def _pearson(sums: np.ndarray) -> np.ndarray:
    """Correlations from (..., 6) `_sums`; 0 and NaN as in `correlation`."""
    n, x, y, xx, yy, xy = np.moveaxis(sums, -1, 0)
    of_ours, of_reference, of_both = n * xx - x * x, n * yy - y * y, n * xy - x * y
    constant = 1e-9 * n * n
    with np.errstate(invalid="ignore", divide="ignore"):
        r = of_both / np.sqrt(of_ours * of_reference)
    return np.where(of_reference <= constant, np.nan, np.where(of_ours <= constant, 0.0, r))


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean over the first axis without NaN; NaN where nothing is left."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.where(known, values, 0).sum(axis=0) / np.where(count, count, np.nan)


def _mean_of(values: Sequence[float]) -> float | None:
    """Mean without NaN; None where nothing is left."""
    mean = float(_mean(np.array(values)))
    return mean if np.isfinite(mean) else None
