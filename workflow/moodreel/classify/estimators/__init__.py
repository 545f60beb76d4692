"""Classifiers of series, by name.

A classifier is a module with

- `build(settings, seed, windows)`: an unfitted scikit-learn estimator for so many training windows; it will be given
  series (windows, bins, columns) float64 without gaps, and whole numbers as labels;
- `quadratic(settings)`: whether its cost grows with the square of the training windows;

plus one line in `CLASSIFIERS` and its name in `settings/classify.py`. Only the chosen ones are imported.
"""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType

from moodreel.errors import UserError

CLASSIFIERS = {
    "svm": "moodreel.classify.estimators.svm",
    "knn": "moodreel.classify.estimators.knn",
    "mlp": "moodreel.classify.estimators.mlp",
    "majority": "moodreel.classify.estimators.majority",
}
"""Classifiers by name: the module that holds each."""

BASELINE = "majority"
"""The classifier that is reported whatever the settings ask for."""


def module(name: str) -> ModuleType:
    """The module of the classifier `name`. Raises UserError where there is none of that name."""
    if name not in CLASSIFIERS:
        raise UserError(f"classify.classifiers: there is no {name!r}; allowed: {', '.join(CLASSIFIERS)}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="h5py not installed")  # tslearn, of a format that is not used here
        return importlib.import_module(CLASSIFIERS[name])
