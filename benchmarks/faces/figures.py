"""Agreement of a judge's predictions with labels, and its chance level. Pure functions over codes of labels.

A code is the index of a label in a list of names; a face that was not found is `NO_FACE`, wrong for every label.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix, f1_score, recall_score

from moodreel.classify.interval import interval
from moodreel.classify.metrics import class_counts, pooled_metrics
from moodreel.classify.permutation import exchange
from moodreel.emotions.frames import NO_FACE

SHUFFLES = 999

NULLED = ("accuracy", "balanced_accuracy", "macro_f1")
"""Figures with a null distribution by exchanged labels; `accuracy` and `balanced_accuracy` also have an interval."""


def accuracy_figures(
    truth: np.ndarray, predicted: np.ndarray, people: np.ndarray, names: Sequence[str], seed: int
) -> dict[str, Any]:
    """The figures of `predicted` compared with `truth`, both codes (pictures,) in `names`, of `people` (pictures,)
    text.

    `all`: of all pictures; `with_face`: only of those in which a face was found, None where there is none.
    """
    has_face = predicted != NO_FACE
    return {
        "pictures": len(truth),
        "missed": int((~has_face).sum()),
        "all": _figures(truth, predicted, people, names, seed),
        "with_face": _figures(truth[has_face], predicted[has_face], people[has_face], names, seed)
        if has_face.any()
        else None,
    }


def _figures(
    truth: np.ndarray, predicted: np.ndarray, people: np.ndarray, names: Sequence[str], seed: int
) -> dict[str, Any]:
    """Figures over all given pictures; no face is a class of its own, which no label has."""
    none = len(names)
    predicted = np.where(predicted == NO_FACE, none, predicted)
    labels = np.unique(truth)
    counts = per_person(truth, predicted, people, none + 1)
    recall = recall_score(truth, predicted, labels=labels, average=None, zero_division=0)
    intervals = {metric: interval(counts, metric, seed) for metric in NULLED[:2]}
    orders = among_people(truth, people, seed)
    return {
        "pictures": len(truth),
        "people": len(np.unique(people)),
        "accuracy": agreement(truth, predicted)["accuracy"],
        "balanced_accuracy": float(recall.mean()),
        "macro_f1": float(f1_score(truth, predicted, labels=labels, average="macro", zero_division=0)),
        "kappa": agreement(truth, predicted)["kappa"],
        "majority": float(np.bincount(truth).max() / len(truth)),
        "constant_balanced_accuracy": 1 / len(labels),
        "intervals": {name: found and [found.low, found.high] for name, found in intervals.items()},
        "labels": {
            names[label]: {
                "pictures": int((truth == label).sum()),
                "recall": float(value),
                "said": float((predicted == label).mean()),
            }
            for label, value in zip(labels.tolist(), recall, strict=True)
        },
        "confusion": confusion_matrix(truth, predicted, labels=range(none + 1))[:none].tolist(),
        "exchanged": null_figures(anywhere(truth, seed), truth, predicted, none + 1),
        "exchanged_by_people": None if orders is None else null_figures(orders, truth, predicted, none + 1),
        "within_people": within_people(truth, predicted, people, none + 1, seed),
    }


def per_person(truth: np.ndarray, predicted: np.ndarray, people: np.ndarray, kinds: int) -> np.ndarray:
    """Support, predicted and hits of each class by person, int (people, 3, kinds), of codes (pictures,) from 0."""
    who = np.unique(people, return_inverse=True)[1]
    return np.stack([class_counts(truth[who == n], predicted[who == n], kinds) for n in range(who.max() + 1)])


def anywhere(truth: np.ndarray, seed: int) -> np.ndarray:
    """`SHUFFLES` orders of the labels, exchanged between any two pictures: codes (SHUFFLES, pictures)."""
    return np.random.default_rng(seed).permuted(np.tile(truth, (SHUFFLES, 1)), axis=1)


def among_people(truth: np.ndarray, people: np.ndarray, seed: int) -> np.ndarray | None:
    """As `anywhere`, with labels exchanged between the pictures of one person; people who show one label throughout
    exchange theirs as a whole (`classify.permutation`). None where all labels are the same."""
    pictures = pl.DataFrame(
        {
            "video": [str(number) for number in range(len(truth))],
            "performer": people.astype(str),
            "label": [f"{code:03d}" for code in truth.tolist()],
        }
    )
    found = exchange(pictures, np.zeros(len(truth), int))
    return None if found is None else found.classes.astype(int)[found.orders(SHUFFLES, seed)]


def null_figures(
    orders: np.ndarray, truth: np.ndarray, predicted: np.ndarray, kinds: int
) -> dict[str, dict[str, float]]:
    """By figure, its null distribution over labels in `orders` (n, pictures): `mean`, `max`, and the `p_value` of the
    data, (1 + orders that reach it) / (1 + orders) (Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9:39)."""
    chance = pooled_metrics(np.stack([class_counts(order, predicted, kinds) for order in orders]))
    own = pooled_metrics(class_counts(truth, predicted, kinds))
    return {
        name: {
            "mean": float(chance[name].mean()),
            "max": float(chance[name].max()),
            "p_value": float((1 + np.sum(chance[name] >= own[name] - 1e-9)) / (1 + len(orders))),
        }
        for name in NULLED
    }


def within_people(
    truth: np.ndarray, predicted: np.ndarray, people: np.ndarray, kinds: int, seed: int
) -> dict[str, Any] | None:
    """Only for people with several labels: the accuracy of `predicted`, and its null distribution under labels
    exchanged within each person. None where there are no such people.

    The identity of a person is no help here: a constant prediction for all pictures of a person is no better than
    chance.
    """
    frame = pl.DataFrame({"person": people.astype(str), "label": truth})
    several = frame.select(pl.col("label").n_unique().over("person") > 1).to_series().to_numpy()
    if not several.any():
        return None
    truth, predicted, people = truth[several], predicted[several], people[several]
    orders = among_people(truth, people, seed)
    assert orders is not None  # as they show several labels
    return {
        "pictures": len(truth),
        "people": len(np.unique(people)),
        "accuracy": float(accuracy_score(truth, predicted)),
        **null_figures(orders, truth, predicted, kinds)["accuracy"],
    }


def agreement(first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    """Agreement of two raters of the same pictures, from codes (pictures,)."""
    same = len(np.unique(np.concatenate([first, second]))) == 1
    return {
        "accuracy": float(accuracy_score(first, second)),
        "kappa": None if same else float(cohen_kappa_score(first, second)),
    }
