"""Giving the clusters of one clustering the numbers of another."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix


def match_numbers(clusters: np.ndarray, reference: np.ndarray) -> dict[int, int]:
    """For each number in `clusters` (windows,) the number in `reference` (windows,) that it shares most windows with.

    One to one, so that the total of shared windows is largest (the Hungarian method, Kuhn 1955, Nav. Res. Logist. Q.
    2:83). Clusters that find no partner get numbers above those of the reference.
    """
    own, theirs = np.unique(clusters), np.unique(reference)
    rows, columns = linear_sum_assignment(contingency_matrix(clusters, reference), maximize=True)
    names = {int(own[r]): int(theirs[c]) for r, c in zip(rows, columns, strict=True)}
    alone = [int(n) for n in own if int(n) not in names]
    return names | {n: int(theirs.max()) + i for i, n in enumerate(alone, start=1)}
