"""The table of docs/noise.md, from benchmarks/results/noise.json."""

from collections.abc import Mapping
from typing import Any

from scipy.stats import binom

from benchmarks import pages

WORDS = {
    "none": "no levels",
    "video": "each video at a level of its own",
    "performer": "each person at a level of their own, labels balanced within people",
    "performer_unbalanced": "the same, each person showing one label in three quarters of the videos",
}


def most_allowed(studies: int) -> int:
    """The 99 % quantile of how many of `studies` are called more than chance if each is with probability 0.05."""
    return int(binom.ppf(0.99, studies, 0.05))


def parts(result: Mapping[str, Any]) -> dict[str, str]:
    """The figures as Markdown."""
    return pages.fill("noise", {**result, "words": WORDS, "most_allowed": most_allowed})
