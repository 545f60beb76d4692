"""Support vector machine on series: tslearn's TimeSeriesSVC, or a linear one that can learn from every window."""

from collections.abc import Callable

import numpy as np
from sklearn import config_context
from sklearn.linear_model import SGDClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from tslearn.svm import TimeSeriesSVC

from moodreel.classify.flat import FlatSeries
from moodreel.classify.principal import PrincipalSeries
from moodreel.settings.classify import ClassifySettings

GRID = {"penalty": (0.1, 1.0, 10.0, 100.0)}

PASSES = 30
"""Passes of the descent: with averaged weights, seven overlapping classes of 18,000 rows came within 0.03 of the best
possible accuracy, and 100 passes added 0.002 at most."""


def build(settings: ClassifySettings, seed: int, windows: int) -> TimeSeriesSVC | Pipeline:
    """An unfitted machine with the configured kernel.

    tslearn's gamma `auto` is derived from soft-DTW, which only the global alignment kernel needs; the others take
    scikit-learn's `scale`, 1 / (inputs x variance).
    """
    kernel = settings.svm.kernel
    if kernel == "linear_sgd":
        return _descent(settings, seed, windows)
    return TimeSeriesSVC(
        C=settings.svm.penalty,
        kernel=kernel,
        gamma="auto" if kernel == "gak" else "scale",
        random_state=seed,
    )


def _descent(settings: ClassifySettings, seed: int, windows: int) -> Pipeline:
    """The linear machine by averaged stochastic gradient descent (Bottou 2010), one class against the others."""
    machine = SGDClassifier(
        loss="hinge",
        alpha=1 / (settings.svm.penalty * windows),  # the same weight of the error term as C gives it
        average=True,
        max_iter=PASSES,
        tol=None,
        random_state=seed,
    )
    return Pipeline([("principal", PrincipalSeries(settings.components)), ("flat", FlatSeries()), ("svm", machine)])


def quadratic(settings: ClassifySettings) -> bool:
    """Except by descent: libsvm's solver fills the kernel matrix."""
    return settings.svm.kernel != "linear_sgd"


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """libsvm's kernel rows, or the passes of the descent."""
    if settings.svm.kernel == "linear_sgd":
        return 1e-6 * windows * min(inputs, 10 * settings.components) * PASSES
    slower = 300 if settings.svm.kernel == "gak" else 1  # every pair is aligned in time
    return 1e-9 * slower * min(windows, settings.max_windows) ** 2 * inputs


def shares(settings: ClassifySettings) -> bool:
    """Whether the machine uses the series only through a kernel matrix."""
    return settings.svm.kernel in ("rbf", "linear")


def share_fit(settings: ClassifySettings, learn: np.ndarray, test: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Machines on one kernel matrix."""
    learn, test = (series.reshape(len(series), -1).astype(float) for series in (learn, test))
    if settings.svm.kernel == "linear":
        of_learnt, of_test = learn @ learn.T, test @ learn.T
    else:
        gamma = 1 / (learn.shape[1] * learn.var()) if learn.var() > 0 else 1.0  # scikit-learn's `scale`
        of_learnt, of_test = rbf_kernel(learn, gamma=gamma), rbf_kernel(test, learn, gamma=gamma)

    def predict(codes: np.ndarray) -> np.ndarray:
        with config_context(assume_finite=True, skip_parameter_validation=True):  # half of the time in small studies
            return SVC(C=settings.svm.penalty, kernel="precomputed").fit(of_learnt, codes).predict(of_test)

    return predict
