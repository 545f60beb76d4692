"""Saves trained classifiers as files that can be loaded without trusting their source.

A file is written by skops: a zip of JSON and NumPy arrays. Loading builds objects of the types named here and in skops'
own list of harmless ones, and refuses any other.
"""

import importlib.metadata
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import skops.io

from moodreel.classify import estimators
from moodreel.classify.archive import reproducible
from moodreel.classify.series import bin_features
from moodreel.classify.training import Classifier
from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.scaling import FeatureScaler
from moodreel.storage.atomic import replacement

TRUSTED = (
    "moodreel.classify.saved.Model",
    "moodreel.classify.training.Classifier",
    "moodreel.features.scaling.FeatureScaler",
    "moodreel.settings.features.FeaturesSettings",
    "moodreel.settings.features.PaperColumnsSettings",
    *estimators.TRUSTED,
)
"""Types that a model may hold besides those that skops itself trusts. Each of them only takes numbers and text."""


FORMAT = 3
"""Raised whenever a `Model` changes; a file of another format is refused."""

BOUND_TO = ("scikit-learn", "tslearn", "sktime")
"""Distributions whose trained objects another minor version may misread."""


@dataclass(frozen=True)
class Model:
    """Trained classifiers with everything needed to apply them to another features table.

    `columns` are the features they were trained on, `grid_hz` their rate (None: one window per video), `rate_hz` that
    of the series, `rows` the length of a window on the grid; `clusters` was trained on cluster numbers and `truth` on
    labels, each None where there was nothing to learn; `stamp` says what made it.
    """

    columns: tuple[str, ...]
    grid_hz: float | None
    rate_hz: float
    rows: int
    scaler: FeatureScaler
    clusters: Classifier | None
    truth: Classifier | None
    stamp: dict[str, Any]
    format: int = field(default_factory=lambda: FORMAT)  # no plain default: a file without it must not seem to have it

    def predict(self, matrix: FeatureMatrix, windows: pl.DataFrame, kind: str = "clusters") -> np.ndarray:
        """The predicted cluster or label of each of `windows` (table WINDOWS), text (windows,).

        `kind` is `clusters`, for the clusters' numbers, or `truth`, for labels. Raises UserError when the features are
        not those of the training, or the model has not learnt that kind.
        """
        classifier = {"clusters": self.clusters, "truth": self.truth}[kind]
        if classifier is None:
            raise UserError(f"this model has not learnt {kind!r}; train it on windows of at least two {kind}")
        return classifier.predict(self.series(matrix, windows))

    def series(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> np.ndarray:
        """The classifiers' input for `windows` (table WINDOWS, kept ones): float32, shape (windows, bins, columns).

        Head pose, gaze, body and raw action units lose the median of their owner, the performer or video that `windows`
        and the training's `features.center` name: the median learnt in training, or, of an owner who was not in it,
        that over these windows. Raises UserError when the features are not those of the training.
        """
        self._check(matrix, windows)
        return bin_features(matrix, windows, self.scaler.settings, self.rate_hz).series(self.scaler)

    def _check(self, matrix: FeatureMatrix, windows: pl.DataFrame) -> None:
        absent = sorted(set(self.columns) - set(matrix.columns))
        if absent or tuple(c for c in matrix.columns if c in self.columns) != self.columns:
            found = f"without {', '.join(absent)}" if absent else "in another order"
            raise UserError(
                f"this model was trained on other features: these come {found}. Use the training's features.groups."
            )
        lengths = windows["rows"].unique().to_list()
        if matrix.rate_hz != self.grid_hz or any(rows != self.rows for rows in lengths):
            raise UserError(
                f"this model was trained on windows of {self.rows} rows at {_pace(self.grid_hz)}; these have {lengths} "
                f"rows at {_pace(matrix.rate_hz)}. Use the training's windows.rate_hz and windows.length_s, or its "
                "windows.per and windows.steps."
            )


def _pace(rate_hz: float | None) -> str:
    return "each video's own pace" if rate_hz is None else f"{rate_hz:g} Hz"


def save(path: str | Path, model: Model) -> None:
    """Write a model, atomically; the same one is always the same bytes."""
    with replacement(path) as temporary:
        temporary.write_bytes(reproducible(skops.io.dumps(model)))


def load(path: str | Path) -> Model:
    """Read a model written by `save`.

    Raises UserError when it is absent, not a model, of another format or library, or holds a type not listed here.
    """
    try:
        foreign = sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED))
        if foreign:
            raise UserError(f"{path}: refused, since it holds types that no model of ours has: {', '.join(foreign)}")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="h5py not installed")  # tslearn; not used here
            model = skops.io.load(path, trusted=list(TRUSTED))
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"{path}: not a model written by moodreel ({error})") from None
    if not isinstance(model, Model):
        raise UserError(f"{path}: not a model of ours but a {type(model).__name__}")
    found = getattr(model, "format", 1)
    if found != FORMAT:
        raise UserError(f"{path}: a model of format {found}, this moodreel reads format {FORMAT}. Train again.")
    for name, version in model.stamp.get("libraries", {}).items():
        if name in BOUND_TO and _minor(version) != _minor(importlib.metadata.version(name)):
            raise UserError(
                f"{path}: trained with {name} {version}, but {importlib.metadata.version(name)} is installed, which "
                f"may misread its parts. Train again, or install {name} {version}."
            )
    return model


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
