"""MiniRocket (Dempster et al. 2021, KDD, doi:10.1145/3447548.3467231): sktime's transform, then a ridge classifier.

Its kernels' weights sum to 0, so that it captures how columns move but, apart from the padding at both ends, not their
level. A held expression is only a level: `trees` captures it, and so do the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sktime.transformations.rocket import MiniRocketMultivariate

from moodreel.classify.contents import check_binarizer, is_like, require, require_array, require_classes
from moodreel.classify.principal import PrincipalSeries
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings

GRID = {"penalty": (1.0, 10.0, 100.0, 1000.0)}

BINS = 9
"""Length of a kernel, and so the least length of a series."""

KERNELS = 84
"""Kernels with three weights of 2 among nine: MiniRocket has all of them, once or more at each dilation."""


class Kernels(TransformerMixin, BaseEstimator):
    """The share of a series above the biases of `kernels` kernels, each over up to nine random columns."""

    def __init__(self, kernels: int = 1008, seed: int = 0) -> None:
        self.kernels = kernels
        self.seed = seed

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> Kernels:
        """Draw columns and biases from `series` (windows, bins, columns). Raises UserError when these are too short."""
        if series.shape[1] < BINS:
            raise UserError(
                f"minirocket: a window is a series of {series.shape[1]} bins, and its kernels are {BINS} long. Raise "
                "embed.rate_hz or windows.length_s, or leave it out of classify.classifiers."
            )
        before = np.random.get_state()  # noqa: NPY002 (sktime seeds NumPy's global generator)
        self.rocket_ = MiniRocketMultivariate(num_kernels=self.kernels, random_state=self.seed).fit(_panel(series))
        np.random.set_state(before)  # noqa: NPY002
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        """Shares in 0..1, float32 (windows, kernels rounded down to a multiple of 84)."""
        return self.rocket_.transform(_panel(series)).to_numpy()


def _panel(series: np.ndarray) -> np.ndarray:
    """In sktime's order: (windows, columns, bins)."""
    return np.ascontiguousarray(series.transpose(0, 2, 1))


def build(settings: ClassifySettings, seed: int, windows: int) -> Pipeline:
    """An unfitted classifier.

    The penalty is a setting and not left to ridge's own leave-one-out, whose left-out windows have neighbours of the
    same video among the others.
    """
    return Pipeline(
        [
            ("principal", PrincipalSeries(settings.components)),
            ("kernels", Kernels(settings.minirocket.kernels, seed)),
            ("scale", StandardScaler()),
            ("ridge", RidgeClassifier(alpha=settings.minirocket.penalty)),
        ]
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Never: transform and ridge are linear in the windows."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """The kernels over every window, and the ridge on what they give."""
    return 0.05 + 1e-6 * windows * settings.minirocket.kernels


def shares(settings: ClassifySettings) -> bool:
    """Always: no label enters the transform."""
    return True


def share_fit(settings: ClassifySettings, learn: np.ndarray, test: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge classifiers on one transform."""
    pipeline = build(settings, settings.seed, len(learn))
    transform = pipeline[:-1].fit(learn)
    of_learnt, of_test = transform.transform(learn), transform.transform(test)

    def predict(codes: np.ndarray) -> np.ndarray:
        return clone(pipeline[-1]).fit(of_learnt, codes).predict(of_test)

    return predict


def check(estimator: Pipeline, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together, or series of `shape` (bins, columns)."""
    columns = estimator["principal"].check(shape[1])
    kernels, scale, ridge = estimator["kernels"], estimator["scale"], estimator["ridge"]
    outputs = _check_kernels(kernels, shape[0], columns)
    for name in ("mean_", "scale_"):
        require_array(getattr(scale, name), name, (outputs,))
    require(bool((scale.scale_ > 0).all()) and scale.n_features_in_ == outputs, "a kernel has no scale")
    known = require_classes(ridge, classes)
    rows = 1 if known == 2 else known
    require_array(np.atleast_2d(ridge.coef_), "coef_", (rows, outputs))  # with two classes one axis only
    require_array(np.atleast_1d(ridge.intercept_), "intercept_", (rows,))
    require(ridge.n_features_in_ == outputs, "the ridge classifier takes other inputs")
    check_binarizer(ridge._label_binarizer, ridge.classes_)


def _check_kernels(kernels: Kernels, bins: int, columns: int) -> int:
    """The number of kernels. Numba reads where their indices point, unchecked."""
    rocket = kernels.rocket_
    fresh = MiniRocketMultivariate(num_kernels=kernels.kernels, random_state=0)
    same = is_like(rocket, fresh) and rocket._config_dynamic == fresh.get_config()
    require(same, "the kernels are set otherwise")
    require(rocket._is_fitted is True and rocket._is_vectorized is False, "the kernels are not fitted")
    require(isinstance(rocket.parameters, tuple) and len(rocket.parameters) == 5, "the kernels have other parameters")
    channels, indices, dilations, features, biases = rocket.parameters
    for name, array in (("dilations", dilations), ("features", features), ("channels", channels), ("indices", indices)):
        require_array(array, name, (None,), "i")
        require(len(array) > 0 and array.dtype == np.int32, f"{name} are of another type")
    require(len(features) == len(dilations), "a dilation has no features")
    require(
        bool(((dilations >= 1) & (dilations <= (bins - 1) // (BINS - 1))).all()), "a kernel is longer than a series"
    )
    require(bool((features >= 1).all()), "a dilation has no features")
    count = KERNELS * int(features.sum(dtype=np.int64))
    require_array(biases, "biases", (count,))
    require(biases.dtype == np.float32, "biases are of another type")
    require_array(channels, "channels", (KERNELS * len(dilations),), "i")
    require(bool((channels >= 1).all()) and channels.sum(dtype=np.int64) == len(indices), "a kernel has no columns")
    require(bool(((indices >= 0) & (indices < columns)).all()), "a kernel asks for a column that there is not")
    return count
