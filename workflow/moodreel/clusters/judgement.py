"""What may be concluded about a number of clusters, as a value of its own: pages and logs put it into words."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

LIKELY_CHANCE = 0.05
"""A p value above this is no evidence."""

LEAST_NULLS = 19
"""Fewer null replicates than this cannot give a p value of 0.05."""


class Evidence(StrEnum):
    """Whether clusters go beyond those of the null."""

    FOUND = "found"
    NONE = "none"
    NOT_JUDGED = "not_judged"


def judge(p_value: float | None, nulls: int) -> Evidence:
    """The evidence from a p value over `nulls` null replicates; None: there is no p value."""
    if p_value is None or nulls < LEAST_NULLS:
        return Evidence.NOT_JUDGED
    return Evidence.FOUND if p_value <= LIKELY_CHANCE else Evidence.NONE


def most_stable(ks: Iterable[int], stability: Mapping[int, float | None]) -> int:
    """The one of `ks`, numbers of clusters, whose clusters are most stable.

    In a tie the largest: fewer clusters, each a union of recurring ones, are as stable as these (Tibshirani & Walther
    2005, J. Comput. Graph. Stat. 14:511).
    """
    return max(ks, key=lambda k: (-1.0 if stability.get(k) is None else stability[k], k))
