"""Training one classifier, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from moodreel.classify import estimators
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings


@dataclass(frozen=True)
class Classifier:
    """A trained classifier with everything it needs to read a series.

    `classes` (classes,) text, sorted; `scaler` takes (bins, columns) as measured and gives them with mean 0 and deviation 1, gaps 0;
    `estimator` takes scaled series and gives positions in `classes`; `n_train` windows were learnt from.
    """

    name: str
    classes: np.ndarray
    scaler: Pipeline
    estimator: Any
    n_train: int

    def predict(self, series: np.ndarray) -> np.ndarray:
        """The label (windows,) of each of `series` (windows, bins, columns), where NaN is a gap."""
        if not len(series):
            return self.classes[:0]
        return self.classes[self.estimator.predict(_scaled(self.scaler, series))]


def train(name: str, series: np.ndarray, labels: np.ndarray, settings: ClassifySettings) -> Classifier:
    """Train the classifier `name` on `series` (windows, bins, columns) with `labels` (windows,) of text.

    Scaler and filling of gaps are learnt from the same series. Where the classifier's cost is quadratic, it sees
    `settings.max_windows` of them, with the labels' shares kept. Raises UserError when no label or only one is there (the baseline
    does with one).
    """
    module = estimators.module(name)
    classes, codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    if len(classes) < 2 and (name != estimators.BASELINE or not len(classes)):
        seen = f"all {len(codes)} training windows are of the class {classes[0]!r}" if len(classes) else "no training windows"
        raise UserError(f"{name} needs windows of two classes at least, but there are {seen}")
    chosen = np.arange(len(codes))
    if module.quadratic(settings) and len(codes) > settings.max_windows:
        chosen = _thinned(codes, settings.max_windows, settings.seed)
    scaler = _scaler(series[chosen])
    estimator = module.build(settings, settings.seed, len(chosen))
    estimator.fit(_scaled(scaler, series[chosen]), codes[chosen])
    return Classifier(name, classes, scaler, estimator, len(chosen))


def _scaler(series: np.ndarray) -> Pipeline:
    # 0 after scaling is the column's mean; a column that was never seen stays 0 throughout
    fill = SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True)
    return Pipeline([("scale", StandardScaler()), ("fill", fill)]).fit(_flat(series))


def _scaled(scaler: Pipeline, series: np.ndarray) -> np.ndarray:
    return scaler.transform(_flat(series)).reshape(series.shape)


def _flat(series: np.ndarray) -> np.ndarray:
    return np.asarray(series, dtype=np.float64).reshape(-1, series.shape[-1])


def _thinned(codes: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Positions of `size` windows, drawn at even distances from all of them sorted by class and, within it, at random."""
    order = np.lexsort((np.random.default_rng(seed).random(len(codes)), codes))
    return np.sort(order[np.linspace(0, len(codes) - 1, size).round().astype(int)])
