"""Neural network on series: tslearn's TimeSeriesMLPClassifier."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier
from tslearn.neural_network import TimeSeriesMLPClassifier

from moodreel.classify.contents import check_binarizer, require, require_array, require_classes
from moodreel.settings.classify import ClassifySettings

GRID = {"learning_rate": (0.001, 0.003, 0.01)}

SINGLE_ABOVE = 20_000_000
"""Numbers in the training series above which they stay in single precision: half the memory, twice the speed."""


class Network(TimeSeriesMLPClassifier):
    """tslearn's network without tslearn's copies of the rows, which at the paper's size are gigabytes.

    Series are never padded here, so the rows are the same ones.
    """

    def fit(self, series: np.ndarray, labels: np.ndarray) -> Network:
        """Learn from `series` (windows, bins, columns)."""
        series = np.asarray(series)
        self._kind = "f4" if series.dtype == np.float32 and series.size > SINGLE_ABOVE else "f8"
        return MLPClassifier.fit(self, self._rows(series), labels)

    def predict(self, series: np.ndarray) -> np.ndarray:
        return MLPClassifier.predict(self, self._rows(series))

    def predict_proba(self, series: np.ndarray) -> np.ndarray:
        return MLPClassifier.predict_proba(self, self._rows(series))

    def _rows(self, series: np.ndarray) -> np.ndarray:
        return np.asarray(series, dtype=self._kind).reshape(len(series), -1)


def build(settings: ClassifySettings, seed: int, windows: int) -> Network:
    """An unfitted network, trained by Adam.

    Batches hold a quarter of the windows, at most 200: scikit-learn's default of 200 would make one step per pass over
    the demo.
    """
    return Network(
        hidden_layer_sizes=tuple(settings.mlp.hidden),
        learning_rate_init=settings.mlp.learning_rate,
        max_iter=settings.mlp.iterations,
        batch_size=min(200, max(1, windows // 4)),
        random_state=seed,
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Never: a pass over the windows is linear in them."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """Steps of Adam, at 0.2 ms each and 20 thousand million operations per second (0.4 s in the demo)."""
    weights = inputs * settings.mlp.hidden[0]
    steps = settings.mlp.iterations * max(4, windows / 200)
    return 2e-4 * steps + 3e-10 * settings.mlp.iterations * windows * weights


def check(estimator: Network, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together, or series of `shape` (bins, columns)."""
    known = require_classes(estimator, classes)
    outputs = 1 if known == 2 else known
    layers = (shape[0] * shape[1], *estimator.hidden_layer_sizes, outputs)
    require(estimator._kind in ("f4", "f8"), "_kind is no type of numbers")
    require(estimator.n_layers_ == len(layers) and estimator.n_outputs_ == outputs, "it has another number of layers")
    require(estimator.out_activation_ == ("logistic" if known == 2 else "softmax"), "out_activation_ is another")
    require(len(estimator.coefs_) == len(estimator.intercepts_) == len(layers) - 1, "weights of a layer are missing")
    for i, (weights, bias) in enumerate(zip(estimator.coefs_, estimator.intercepts_, strict=True)):
        require_array(weights, f"coefs_[{i}]", (layers[i], layers[i + 1]))
        require_array(bias, f"intercepts_[{i}]", (layers[i + 1],))
    check_binarizer(estimator._label_binarizer, estimator.classes_)
