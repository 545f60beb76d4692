"""How an evaluation is divided among jobs: which replicates each does, and which folds of each protocol."""

from collections.abc import Mapping

PROTOCOL = {"window": "paper", "window_in_order": "paper", "video": "grouped", "performer": "grouped"}
"""What a fold keeps together, and the protocol that this belongs to."""

FOLD_COST = {"paper": 1, "grouped": 2}
"""Approximate relative cost of a fold of each protocol: grouped ones have clusters of their own."""


def number_range(text: str) -> range:
    """`2` or `2-5` as a range, the last included. Raises ValueError for anything else."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def part(text: str) -> tuple[int, int]:
    """`1/4` as (1, 4): the second of four parts. Raises ValueError for anything else."""
    number, _, of = text.partition("/")
    found = int(number), int(of)
    if not 0 <= found[0] < found[1]:
        raise ValueError(text)
    return found


def deal(folds: Mapping[str, int], parts: int) -> list[list[tuple[str, int]]]:
    """The folds that each of `parts` jobs does, as (group, number), from how many folds each group has.

    The most costly first, each to the job that has least to do so far.
    """
    costly_first = sorted(folds, key=lambda group: -FOLD_COST[PROTOCOL[group]])
    jobs: list[list[tuple[str, int]]] = [[] for _ in range(parts)]
    cost = [0] * parts
    for group in costly_first:
        for number in range(folds[group]):
            job = cost.index(min(cost))
            jobs[job].append((group, number))
            cost[job] += FOLD_COST[PROTOCOL[group]]
    return jobs
