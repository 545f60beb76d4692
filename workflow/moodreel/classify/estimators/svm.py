"""Support vector machine on series: tslearn's TimeSeriesSVC, or a linear one that can learn from every window."""

from collections.abc import Callable

import numpy as np
from sklearn import config_context
from sklearn.linear_model import SGDClassifier
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from tslearn.svm import TimeSeriesSVC

from moodreel.classify.contents import require, require_array, require_classes, require_number
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


def check(estimator: TimeSeriesSVC | Pipeline, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together, or series of `shape` (bins, columns)."""
    if isinstance(estimator, Pipeline):
        inputs = shape[0] * estimator["principal"].check(shape[1])
        machine = estimator["svm"]
        outputs = 1 if (known := require_classes(machine, classes)) == 2 else known
        require_array(machine.coef_, "coef_", (outputs, inputs))
        require_array(machine.intercept_, "intercept_", (outputs,))
        return
    windows = len(require_array(estimator._X_fit, "_X_fit", (None, *shape)))
    require(np.array_equal(estimator.classes_, estimator.svm_estimator_.classes_), "it has two sets of classes")
    if estimator.kernel == "gak":
        require_number(estimator.gamma_, "gamma_", np.finfo(float).tiny, np.finfo(float).max)
    _check_machine(estimator, windows, shape[0] * shape[1], classes)


def _check_machine(estimator: TimeSeriesSVC, windows: int, inputs: int, classes: int) -> None:
    """Check the sizes that libsvm takes on trust, and with a ready kernel matrix the places in it."""
    machine = estimator.svm_estimator_
    precomputed = estimator.kernel == "gak"
    require(type(machine) is SVC, "there is no machine")
    require(machine.kernel == ("precomputed" if precomputed else estimator.kernel), "the machine's kernel is another")
    settled = ("decision_function_shape", "degree", "coef0", "cache_size")
    require(all(getattr(machine, key) == getattr(estimator, key) for key in settled), "the machine is set otherwise")
    require(machine._sparse is False and machine._effective_probability is False, "the machine is of another kind")
    require(machine.break_ties is False, "the machine is of another kind")
    known = require_classes(machine, classes)
    vectors = len(require_array(machine.support_, "support_", (None,), "i"))
    require(known >= 2 and vectors > 0, "there are no support vectors")
    of_class = require_array(machine._n_support, "_n_support", (known,), "i")
    require(bool((of_class >= 0).all()) and of_class.sum(dtype=int) == vectors, "classes have other support vectors")
    require_array(machine.support_vectors_, "support_vectors_", (0, 0) if precomputed else (vectors, inputs))
    pairs = known * (known - 1) // 2
    for name in ("dual_coef_", "_dual_coef_"):
        require_array(getattr(machine, name), name, (known - 1, vectors))
    for name in ("intercept_", "_intercept_"):
        require_array(getattr(machine, name), name, (pairs,))
    for name in ("_probA", "_probB"):
        require_array(getattr(machine, name), name, (0,))
    places = machine.support_
    require(bool(((places >= 0) & (places < windows)).all()), "a support vector is no training window")
    trained_on = (windows, windows if precomputed else inputs)
    require(
        tuple(machine.shape_fit_) == trained_on and machine.n_features_in_ == trained_on[1], "it takes other inputs"
    )
    require_number(machine._gamma, "_gamma", 0, np.finfo(float).max)
