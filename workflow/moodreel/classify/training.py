"""Trains one classifier on scaled series."""

import warnings
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from moodreel.classify import estimators
from moodreel.classify.search import search
from moodreel.errors import Missing
from moodreel.settings.classify import ClassifySettings


@dataclass(frozen=True)
class Classifier:
    """A trained classifier.

    `classes` (classes,) text, sorted; `estimator` takes scaled series (windows, bins, columns) and gives positions in
    `classes`; `n_train` is the number of windows it learnt from. Where hyper-parameters were searched, `searched` has
    those chosen. `notes` state, one line each, that it learnt from fewer windows than there were, and what a search
    tried.
    """

    name: str
    classes: np.ndarray
    estimator: Any
    n_train: int
    searched: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """All notes in one line."""
        return "; ".join(self.notes)

    def predict(self, series: np.ndarray) -> np.ndarray:
        """The label (windows,) of each of `series` (windows, bins, columns), scaled as those it was trained on."""
        if not len(series):
            return self.classes[:0]
        return self.classes[self.estimator.predict(np.asarray(series))]


def train(
    name: str,
    series: np.ndarray,
    labels: np.ndarray,
    settings: ClassifySettings,
    groups: np.ndarray | None = None,
) -> Classifier:
    """Train the classifier `name` on scaled `series` (windows, bins, columns) with `labels` (windows,) of text.

    Where its cost is quadratic, it learns from `settings.max_windows` of them (`training_sample`). With
    `settings.search` its hyper-parameters are chosen first, on inner folds that keep windows of the same one of
    `groups` (windows,) together; None: folds over windows. Raises Missing when there are no windows or, except for
    the baseline, only one label.
    """
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if not len(classes):
        raise Missing(f"{name}: there are no windows to train on")
    if len(classes) < 2 and name != estimators.BASELINE:
        only = str(classes[0])
        raise Missing(f"{name}: all {len(codes)} training windows are of one class, {only!r}; it takes two")
    notes: tuple[str, ...] = ()
    chosen = training_sample(name, len(codes), settings)
    if len(chosen) < len(codes):
        series, codes = series[chosen], codes[chosen]
        groups = groups if groups is None else groups[chosen]
        notes = (
            f"{name} learns from {settings.max_windows} of the training windows only, since its cost grows with their "
            "square (classify.max_windows)",
        )
    if not settings.search:
        return Classifier(name, classes, _fit(name, series, codes, settings), len(codes), notes=notes)
    found = search(name, series, codes, groups, settings, partial(_fit, name))
    fitted = _fit(name, series, codes, found.settings)
    return Classifier(name, classes, fitted, len(codes), found.values, (*notes, found.note))


def _fit(name: str, series: np.ndarray, codes: np.ndarray, settings: ClassifySettings) -> Any:
    estimator = estimators.module(name).build(settings, settings.seed, len(codes))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The `probability` parameter")  # tslearn passes it on, unused
        return estimator.fit(series, codes)


def training_sample(name: str, windows: int, settings: ClassifySettings) -> np.ndarray:
    """Positions of the windows, of `windows` in all, that the classifier `name` learns from: int64, rising.

    All unless its cost is quadratic; then `settings.max_windows` evenly spaced, so that every video keeps its share.
    Labels play no part in it: all their orders are judged on the same windows.
    """
    if not estimators.module(name).quadratic(settings) or windows <= settings.max_windows:
        return np.arange(windows)
    return np.linspace(0, windows - 1, settings.max_windows).round().astype(np.int64)
