"""Hyper-parameters chosen inside the training windows.

The inner folds keep together what the outer ones do: with folds over windows, neighbours from the same video would
decide, and the candidate that memorises videos best would win.
"""

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from moodreel.classify import estimators
from moodreel.classify.metrics import metrics
from moodreel.settings.classify import ClassifySettings

FOLDS = 3
"""Inner folds; fewer where there are fewer groups."""

Fit = Callable[[np.ndarray, np.ndarray, ClassifySettings], Any]
"""From series, codes and settings to a fitted estimator."""


@dataclass(frozen=True)
class SearchResult:
    """The result of a search: `settings` with the best hyper-parameters put in, `values` these, `scores` every
    candidate's balanced accuracy, mean over inner folds; `note` states all that in one line.
    """

    settings: ClassifySettings
    values: dict[str, Any] = field(default_factory=dict)
    scores: tuple[tuple[dict[str, Any], float], ...] = ()
    note: str = ""


def search(
    name: str,
    series: np.ndarray,
    codes: np.ndarray,
    groups: np.ndarray | None,
    settings: ClassifySettings,
    fit: Fit,
) -> SearchResult:
    """The best of the classifier's `GRID` on inner folds of `series` (windows, bins, columns) and `codes` (windows,).

    `groups` (windows,) are what the inner folds keep together; None: nothing. The configured values stay where they do
    as well as any other, where there is nothing to choose among, and where no inner fold has two classes to learn.
    """
    candidates = grid(name, settings)
    folds = inner_folds(codes, groups, settings.seed) if len(candidates) > 1 else []
    folds = [(learn, test) for learn, test in folds if len(np.unique(codes[learn])) > 1]
    if not folds:
        reason = "there are too few groups or classes" if len(candidates) > 1 else "it has no grid"
        return SearchResult(settings, note=f"{name}: nothing searched, since {reason}")
    scores = []
    for values, given in candidates:
        accuracies = [
            metrics(codes[test], fit(series[learn], codes[learn], given).predict(series[test]))["balanced_accuracy"]
            for learn, test in folds
        ]
        scores.append((values, float(np.mean(accuracies))))
    best = int(np.argmax([round(score, 9) for _, score in scores]))  # the first in a tie
    values, given = candidates[best]
    others = ", ".join(f"{_text(tried)}: {score:.3f}" for tried, score in scores)
    return SearchResult(
        given, values, tuple(scores), f"{name}: {_text(values)} chosen in {len(folds)} inner folds ({others})"
    )


def grid(name: str, settings: ClassifySettings) -> list[tuple[dict[str, Any], ClassifySettings]]:
    """Each candidate of the classifier: its hyper-parameters, and the settings with them; the configured one first."""
    choices = estimators.module(name).GRID
    if not choices:
        return [({}, settings)]
    section = getattr(settings, name)
    configured = {key: getattr(section, key) for key in choices}
    tried = [configured]
    for values in itertools.product(*choices.values()):
        candidate = dict(zip(choices, values, strict=True))
        if candidate != configured:
            tried.append(candidate)
    return [(c, settings.model_copy(update={name: type(section)(**section.model_dump() | c)})) for c in tried]


def inner_folds(codes: np.ndarray, groups: np.ndarray | None, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions to train and to validate on, in `FOLDS` folds or as many as there are groups; none with a single group.

    Stratified by code, which is fair here even for clusters: those of training windows are made without the test
    windows.
    """
    count = min(FOLDS, len(codes) if groups is None else len(np.unique(groups)))
    if count < 2:
        return []
    if np.bincount(codes).max() < count:  # scikit-learn refuses to stratify then
        codes = np.zeros(len(codes), dtype=int)
    split = (StratifiedKFold if groups is None else StratifiedGroupKFold)(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # rare classes
        return [(learn, test) for learn, test in split.split(codes, codes, groups) if len(learn) and len(test)]


def _text(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in values.items())
