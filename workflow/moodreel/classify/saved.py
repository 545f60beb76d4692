"""Saves trained classifiers as files that can be loaded without trusting their source.

A file is written by skops: a zip of JSON and NumPy arrays. Before anything is unpacked, its members are measured and
its types compared with those named here. What was built is then checked in turn: the types and parameters, the arrays
that compiled code takes on trust, and at last a prediction for a window of zeros.
"""

import importlib.metadata
import itertools
import os
import typing
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import skops.io

from moodreel.classify import estimators
from moodreel.classify.archive import reproducible, require_sound
from moodreel.classify.contents import ContentError, is_like, require, require_array, require_finite, require_number
from moodreel.classify.probabilities import probabilities
from moodreel.classify.series import bin_features
from moodreel.classify.training import Classifier
from moodreel.errors import UserError
from moodreel.features.groups import GROUP_OF
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.scaling import FeatureScaler
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.storage.atomic import replacement
from moodreel.storage.content_marks import special_kind

TRUSTED = (
    "moodreel.classify.saved.Model",
    "moodreel.classify.training.Classifier",
    "moodreel.features.scaling.FeatureScaler",
    "moodreel.settings.features.FeaturesSettings",
    "moodreel.settings.features.PaperColumnsSettings",
    *estimators.TRUSTED,
)
"""Types that a model may hold, besides plain values and arrays."""

LOADERS: Mapping[str, tuple[str, ...]] = {
    "DictNode": ("builtins.dict",),
    "JsonNode": ("builtins.str",),
    "ListNode": ("builtins.list",),
    "SetNode": ("builtins.set",),
    "TupleNode": ("builtins.tuple",),
    "TypeNode": ("builtins.str", "builtins.int"),
    "NdArrayNode": (
        "numpy.ndarray",
        "numpy.float32",
        "numpy.float64",
        "numpy.int32",
        "numpy.int64",
        "numpy.uint64",
        "numpy.bool",
        "numpy.str_",
    ),
    "RandomStateNode": ("numpy.random.mtrand.RandomState",),
    "RandomGeneratorNode": ("numpy.random._generator.Generator",),
    "LossNode": estimators.TRUSTED_LOSSES,
    "ObjectNode": TRUSTED,
}
"""Names of types by the loader of skops that makes them: no functions, no methods, none of the many estimators that
skops takes to be harmless, some of which open files."""

MOST_LABELS = 10_000
LONGEST_LABEL = 1000
"""Most classes, and most characters of one."""

MOST_VALUES = 20_000_000
"""Most numbers in a window: rows of the grid times columns."""

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

    @property
    def bins(self) -> int:
        """Bins of a window's series."""
        return self.rows // (1 if self.grid_hz is None else round(self.grid_hz / self.rate_hz))

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

    Raises UserError when it is absent, not a model, of another format or library, or damaged or forged: where what it
    holds does not fit together, or could make the machine read, wait or remember without end.
    """
    try:
        kind = special_kind(path, os.stat(path).st_mode)  # opening a pipe would wait for its writer
        require(kind is None, f"{kind}, not a file")
        require_sound(path, {(loader, name) for loader, names in LOADERS.items() for name in names})
        model = _build(path)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except ContentError as error:
        raise UserError(
            f"{path}: not a model written by moodreel, or damaged or forged: {_shown(error)}. Train again."
        ) from None
    found = getattr(model, "format", 1)
    if found != FORMAT:
        raise UserError(f"{path}: a model of format {found}, this moodreel reads format {FORMAT}. Train again.")
    _require_libraries(path, model)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_contents(model)
    except Exception as error:  # whatever else the parts of a forged file do to each other
        what = str(error) if isinstance(error, ContentError) else f"{type(error).__name__}: {error}"
        raise UserError(f"{path}: this model is damaged or forged: {_shown(what)}. Train it again.") from None
    return model


def _shown(error: object) -> str:
    """What is wrong with a file, with none of the control characters that it may hold, and not longer than a line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(error)[:300])


def _build(path: str | Path) -> Model:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tslearn misses h5py, which is not used here
            model = skops.io.load(path, trusted=list(TRUSTED))
    except OSError:
        raise
    except Exception as error:  # of skops and of each object that it builds
        raise ContentError(f"{type(error).__name__}: {str(error)[:300]}") from None
    require(type(model) is Model, f"it is not a model of ours but a {type(model).__name__}")
    return model


def _require_libraries(path: str | Path, model: Model) -> None:
    stamp = getattr(model, "stamp", None)
    libraries = stamp.get("libraries", {}) if isinstance(stamp, dict) else None
    if not isinstance(libraries, dict) or not all(isinstance(version, str) for version in libraries.values()):
        raise UserError(f"{path}: this model is damaged or forged: its stamp is none. Train it again.")
    for name, version in libraries.items():
        if name in BOUND_TO and _minor(version) != _minor(importlib.metadata.version(name)):
            raise UserError(
                f"{path}: trained with {name} {version}, but {importlib.metadata.version(name)} is installed, which "
                f"may misread its parts. Train again, or install {name} {version}."
            )


def _check_contents(model: Model) -> None:
    """Raise ContentError, or whatever comes up, where the parts of `model` do not fit together."""
    for name, rate in (("rate_hz", model.rate_hz), ("grid_hz", 1.0 if model.grid_hz is None else model.grid_hz)):
        require_number(rate, name, 1e-6, 1e6)
    require_number(model.rows, "rows", 1, MOST_VALUES)
    columns = model.columns
    require(isinstance(columns, tuple) and len(set(columns)) == len(columns) > 0, "its columns are none")
    require(all(name in GROUP_OF for name in columns), "a column is no feature")
    require(model.rows * len(columns) <= MOST_VALUES, f"its windows have more than {MOST_VALUES} values")
    _check_scaler(model.scaler, columns)
    per_bin = 1 if model.grid_hz is None else round(model.grid_hz / model.rate_hz)
    require(per_bin >= 1 and model.rows % per_bin == 0, "its windows are no whole number of bins")
    shape = model.bins, len(model.scaler.columns_)
    both = [classifier for classifier in (model.clusters, model.truth) if classifier is not None]
    for classifier in both:
        _check_classifier(classifier, shape)
    if both:
        _try(model, both)


def _check_scaler(scaler: FeatureScaler, columns: tuple[str, ...]) -> None:
    require(type(scaler) is FeatureScaler and type(scaler.settings) is FeaturesSettings, "there is no scaler")
    scaler.settings = settings = FeaturesSettings(**vars(scaler.settings))  # with defaults of settings newer than it
    wanted = tuple(name for name in columns if GROUP_OF[name] in settings.groups_in_use)
    keep = require_array(scaler._keep, "_keep", (len(wanted),), "b")
    require(scaler.columns_ == tuple(name for name, kept in zip(wanted, keep, strict=True) if kept), "columns_ differ")
    count = len(scaler.columns_)
    require(count > 0, "the scaler keeps no column")
    require_array(scaler._centered, "_centered", (count,), "b")
    require_array(scaler.mean_, "mean_", (count,))
    require(bool((require_array(scaler.scale_, "scale_", (count,)) > 0).all()), "scale_ is not positive")
    require(isinstance(scaler._medians, dict), "the medians are none")
    for name, medians in (("the overall", scaler._overall), *scaler._medians.items()):
        require(isinstance(name, str) and isinstance(medians, np.ndarray), "a median is none")
        require_array(np.where(np.isnan(medians), 0, medians), f"the median of {name[:LONGEST_LABEL]}", (count,))


def _check_classifier(classifier: Classifier, shape: tuple[int, int]) -> None:
    require(type(classifier) is Classifier and classifier.name in estimators.CLASSIFIERS, "a classifier is unknown")
    classes = require_array(classifier.classes, "classes", (None,), "U")
    require(1 <= len(classes) <= MOST_LABELS, f"it has {len(classes)} classes")
    require(classes.dtype.itemsize <= 4 * LONGEST_LABEL, f"a label has more than {LONGEST_LABEL} characters")
    require(classes.tolist() == sorted(set(classes.tolist())), "its classes are not sorted")
    require_number(classifier.n_train, "n_train", 1, 2**53)
    module = estimators.module(classifier.name)
    like = (module.build(settings, settings.seed, classifier.n_train) for settings in _variants(classifier.name))
    require(any(is_like(classifier.estimator, fresh) for fresh in like), f"it is not what trains {classifier.name}")
    require_finite(classifier.estimator)
    module.check(classifier.estimator, shape, len(classes))


def _variants(name: str) -> Iterator[ClassifySettings]:
    """Settings with each combination of the words that the section of classifier `name` allows."""
    section = getattr(ClassifySettings(), name, None)
    fields = type(section).model_fields if section else {}
    words = {key: typing.get_args(one.annotation) for key, one in fields.items()}
    words = {key: found for key, found in words.items() if found and all(isinstance(word, str) for word in found)}
    for chosen in itertools.product(*words.values()):
        yield ClassifySettings.model_validate({name: dict(zip(words, chosen, strict=True))} if words else {})


def _try(model: Model, classifiers: list[Classifier]) -> None:
    """Predict a window in which nothing moves."""
    rows, columns = model.rows, model.columns
    zeros, numbers = np.zeros((rows, len(columns)), np.float32), np.zeros(rows, np.int32)
    times = np.arange(rows) / (model.grid_hz or 1.0)
    windows = pl.DataFrame({"video": "v", "performer": "p", "first_row": [0], "rows": [rows]})
    series = model.series(FeatureMatrix(zeros, columns, numbers, ("v",), times, model.grid_hz), windows)
    for classifier in classifiers:
        require(classifier.predict(series).shape == (1,), "it does not predict one class for a window")
        shares = probabilities(classifier, series)
        fits = shares is None or (np.isfinite(shares).all() and abs(shares.sum() - 1) < 1e-3)
        require(bool(fits), "its probabilities are none")


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]
