"""Features that keep how they move and lose what they mean: the nulls of clusters and classifiers.

Movement becomes amplitude-adjusted Fourier surrogates (Theiler et al. 1992, Physica D 58:77) with the same random
phases in every column (Prichard & Theiler 1994, Phys. Rev. Lett. 73:951): how fast columns move, and how they move
together, stays nearly the same; the timing, the agreement with labels, and clusters beyond what those two imply are
gone. Rows in plain random order would also lose what has nothing to do with recurring expressions and yet makes
clusters easy to recognise: a face moves smoothly, its columns move together, and a row resembles the rest of its video.
On smooth noise of four hidden dimensions, no clusters at all, grouped fidelity of k-NN lies 0.12 above such a null.

People and videos also have levels, so that features fall into groups, one per person or video, without any expression
that recurs. Levels keep their sizes, so that outlying people stay outlying, and their directions are turned by a random
rotation (Langsrud 2005, Stat. Comput. 15:53), which keeps how these vary together. Levels that recur in discrete groups
of videos, as those of a held expression do, are spread out by it. Rotated with their sizes, levels of which few are
large would become normal, and noise a discovery: docs/clusters.md has the figures.
"""

import numpy as np
from scipy import fft
from scipy.special import ndtri
from scipy.stats import rankdata

CHUNK_COLUMNS = 64
"""Columns whose means are taken at a time: bounds the copies."""


def surrogate(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The columns of `values` (rows, columns), each in another order, smoothness and correlations kept.

    Missing values (NaN) are shuffled by a cyclic shift of all rows, so that gaps keep their length and what is missing
    together stays so; a gap counts as the column's median, and a value that lands in a gap is lost.
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
        visible = column[~gaps[:, j]]
        filled = np.where(gaps[:, j], np.median(visible) if len(visible) else 0, column)
        normal = ndtri((rankdata(filled) - 0.5) / n)
        shuffled = fft.irfft(fft.rfft(normal) * phases, n)
        result[np.argsort(shuffled, kind="stable"), j] = np.sort(filled)
    result[np.roll(gaps, rng.integers(n), axis=0)] = np.nan
    return result


def surrogate_keeping_levels(
    values: np.ndarray, videos: np.ndarray, performers: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The columns of `values` (rows, columns), NaN where not visible, with levels turned and movement as surrogates.

    `videos` and `performers`, both (rows,), give the owner of each row; rows of one video are in order of time. A level
    is a video's mean; a performer's is the mean of their videos' levels. Performers' levels are turned about the mean
    of all, videos' deviations from their performer within the performers, and the movement about each video's mean is a
    `surrogate` of all videos strung together in random order, so that nothing of the table's order remains.
    """
    names, first, video = np.unique(videos, return_index=True, return_inverse=True)
    performer = np.unique(performers[first], return_inverse=True)[1]  # of each video
    levels = _means(values, video)
    of_performer = _means(levels, performer)
    overall = np.nan_to_num(_means(of_performer, np.zeros(len(of_performer), int)))
    of_performer = np.where(np.isnan(of_performer), overall, of_performer)
    levels = np.where(np.isnan(levels), of_performer[performer], levels)
    rotated = overall + turn_levels(of_performer - overall, np.zeros(len(of_performer), int), rng)
    rotated = rotated[performer] + turn_levels(levels - of_performer[performer], performer, rng)
    order = np.argsort(rng.permutation(len(names))[video], kind="stable")
    shuffled = np.empty_like(values)
    shuffled[order] = surrogate((values - levels.astype(values.dtype)[video])[order], rng)
    return shuffled + (rotated - np.nan_to_num(_means(shuffled, video))).astype(values.dtype)[video]


def turn_levels(levels: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`levels` (rows, columns) of the same sizes, in directions that are a random rotation of theirs.

    The columns sum to zero in each of the `groups` (rows,), numbers, before and after; this changes sizes a little.
    """
    sizes = np.linalg.norm(levels, axis=1, keepdims=True)
    directions = np.divide(levels, sizes, out=np.zeros_like(levels), where=sizes > 0)
    rotated = rotate(directions - _means(directions, groups)[groups], rng, groups)
    lengths = np.linalg.norm(rotated, axis=1, keepdims=True)
    result = np.divide(rotated, lengths, out=np.zeros_like(rotated), where=lengths > 1e-9) * sizes
    return result - _means(result, groups)[groups]


def rotate(values: np.ndarray, rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    """A random rotation of `values` (rows, columns) in the space of rows, which keeps their sums of products.

    The columns sum to zero in each of the `groups` (rows,), numbers, before and after.
    """
    if not values.any():
        return values.copy()
    _, sizes, directions = np.linalg.svd(values, full_matrices=False)
    rank = int((sizes > 1e-9 * sizes[0]).sum())
    normal = rng.normal(size=(len(values), rank))
    normal -= _means(normal, groups)[groups]
    basis, triangle = np.linalg.qr(normal)
    # undo the sign that the decomposition happens to choose: then all bases are equally likely
    return basis * np.sign(np.diag(triangle)) * sizes[:rank] @ directions[:rank]


def _means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mean of `values` (rows, columns) over the rows of each of `groups` (rows,), from 0: NaN where none is visible."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    result = np.full((len(starts), values.shape[1]), np.nan)
    for at in range(0, values.shape[1], CHUNK_COLUMNS):
        part = values[order, at : at + CHUNK_COLUMNS]
        visible = np.add.reduceat(~np.isnan(part), starts, dtype=float)
        sums = np.add.reduceat(np.nan_to_num(part), starts, dtype=float)
        np.divide(sums, visible, out=result[:, at : at + CHUNK_COLUMNS], where=visible > 0)
    return result
