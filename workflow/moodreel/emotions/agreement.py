"""Agreement of classes by emotion scores with labels that people gave, per video, and between detectors.

Nothing is trained, so there are no folds. Each figure has an interval over people, and a chance level by labels
exchanged within each person, since a person may show one label more often than others and be predicted as one class
throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from moodreel.classify.interval import interval
from moodreel.emotions.votes import CLASSES

SHUFFLES = 999

NO_FACE = "none"
"""The class of a video without a face, which is wrong for every label."""


def clip_accuracy(videos: pl.DataFrame, seed: int = 0) -> dict[str, float | int | None]:
    """The figures of CLIP_ACCURACY for `videos`: columns `performer`, `label` and `class`, null where no face was
    found.

    Raises ValueError where there are no videos.
    """
    if videos.is_empty():
        raise ValueError("no video has a label")
    truth = videos["label"].to_numpy().astype(str)
    predicted = videos["class"].fill_null(NO_FACE).to_numpy().astype(str)
    people = np.unique(videos["performer"].to_numpy().astype(str), return_inverse=True)[1]
    right = truth == predicted
    found = interval(_counts(right, people), "accuracy", seed)
    chance = np.array([np.mean(order == predicted) for order in _shuffled_labels(truth, people, seed)])
    accuracy = float(right.mean())
    constant = len(np.unique(np.concatenate([truth, predicted]))) == 1
    return {
        "videos": len(truth),
        "people": int(people.max()) + 1,
        "correct": int(right.sum()),
        "accuracy": accuracy,
        "low": found and found.low,
        "high": found and found.high,
        "balanced_accuracy": float(np.mean([right[truth == label].mean() for label in np.unique(truth)])),
        "kappa": None if constant else float(cohen_kappa_score(truth, predicted)),
        "majority": float(np.unique(truth, return_counts=True)[1].max() / len(truth)),
        "chance_mean": float(chance.mean()),
        "chance_max": float(chance.max()),
        "shuffles": SHUFFLES,
        "p_value": float((1 + np.sum(chance >= accuracy - 1e-9)) / (1 + SHUFFLES)),
    }


def _counts(right: np.ndarray, people: np.ndarray) -> np.ndarray:
    """By person support, predicted and hits of one class (people, 3, 1), for `interval`."""
    videos, hits = np.bincount(people), np.bincount(people, weights=right).astype(int)
    return np.stack([videos, videos, hits], axis=1)[..., np.newaxis]


def _shuffled_labels(truth: np.ndarray, people: np.ndarray, seed: int) -> list[np.ndarray]:
    """`SHUFFLES` permutations of the labels within each person."""
    rng, order = np.random.default_rng(seed), np.argsort(people, kind="stable")
    orders = []
    for _ in range(SHUFFLES):
        shuffled = np.empty_like(truth)
        # sorted by person, in random order within each person
        shuffled[order] = truth[np.lexsort([rng.random(len(truth)), people])]
        orders.append(shuffled)
    return orders


@dataclass(frozen=True)
class Mcnemar:
    """Two detectors on the same videos: how many are right only by the first or only by the second, and the exact p
    value."""

    only_first: int
    only_second: int
    p_value: float


def mcnemar(first: np.ndarray, second: np.ndarray) -> Mcnemar:
    """McNemar's exact test (1947, Psychometrika 12:153) on which videos (n,) bool each gets right.

    Videos are taken as independent, which those of one person are not: the p value tends to be too small.
    """
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(~first & second))
    discordant = only_first + only_second
    p_value = stats.binomtest(only_first, discordant).pvalue if discordant else 1.0
    return Mcnemar(only_first, only_second, float(p_value))


def other_classes(classes: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By name, the classes of the settings, and those with fear and sadness as negative, the more usual choice."""
    return {"settings": dict(classes), "negative": {**classes, "fear": CLASSES[1], "sad": CLASSES[1]}}
