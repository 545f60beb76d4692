"""Boosted trees on summary statistics: a strong baseline that ignores the shape of a series."""

from __future__ import annotations

import numpy as np
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.pipeline import Pipeline

from moodreel.classify.contents import require, require_array, require_classes
from moodreel.classify.principal import PrincipalSeries
from moodreel.settings.classify import ClassifySettings

GRID = {"leaves": (4, 15, 31)}


class Summary(TransformerMixin, BaseEstimator):
    """Five figures of each column of a series; nothing is learnt."""

    def fit(self, series: np.ndarray, labels: np.ndarray | None = None) -> Summary:
        return self

    def transform(self, series: np.ndarray) -> np.ndarray:
        """Of `series` (windows, bins, columns): mean, standard deviation, slope per bin (least squares), range and mean
        absolute change from bin to bin, (windows, 5 x columns). With a single bin all but the mean are 0.
        """
        bins = series.shape[1]
        time = np.arange(bins) - (bins - 1) / 2
        slope = np.tensordot(series, time, axes=(1, 0)) / max(np.square(time).sum(), 1)
        change = np.abs(np.diff(series, axis=1)).sum(axis=1) / max(bins - 1, 1)
        return np.hstack([series.mean(axis=1), series.std(axis=1), slope, np.ptp(series, axis=1), change])


def build(settings: ClassifySettings, seed: int, windows: int) -> Pipeline:
    """Unfitted trees; without early stopping, which would validate on windows of the videos they learn from."""
    trees = settings.trees
    boosting = HistGradientBoostingClassifier(
        max_iter=trees.iterations,
        learning_rate=trees.learning_rate,
        max_leaf_nodes=trees.leaves,
        min_samples_leaf=trees.leaf_windows,
        early_stopping=False,
        random_state=seed,
    )
    return Pipeline(
        [("principal", PrincipalSeries(settings.components)), ("summary", Summary()), ("boosting", boosting)]
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Never: values are counted in 255 bins."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """Rounds of boosting: some 2 ms each, and more with many windows, for each of a handful of classes."""
    return settings.trees.iterations * (1e-2 + 2e-5 * windows)


def check(estimator: Pipeline, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together, or series of `shape` (bins, columns).

    scikit-learn follows a tree's indices unchecked. Children stand behind their parents, as it writes them, so that
    every way through a tree ends.
    """
    inputs = 5 * estimator["principal"].check(shape[1])
    boosting = estimator["boosting"]
    known = require_classes(boosting, classes)
    per_round = 1 if known == 2 else known
    require(boosting.n_features_in_ == boosting._n_features == inputs, "it takes other inputs")
    require(boosting._preprocessor is None and boosting.is_categorical_ is None, "it has categories")
    require(not boosting._bin_mapper.is_categorical_.any(), "it has categories")
    require_array(boosting._bin_mapper.is_categorical_, "is_categorical_", (inputs,), "bu")
    require(boosting.n_trees_per_iteration_ == per_round, "it has another number of trees in a round")
    require_array(boosting._baseline_prediction, "_baseline_prediction", (1, per_round))
    loss = HalfBinomialLoss if known == 2 else HalfMultinomialLoss
    require(type(boosting._loss) is loss and boosting._loss.n_classes in (2, per_round), "its loss is another")
    require(len(boosting._predictors) > 0, "it has no trees")
    for trees in boosting._predictors:
        require(len(trees) == per_round, "a round has another number of trees")
        for tree in trees:
            _check_tree(tree, inputs)


def _check_tree(tree: TreePredictor, inputs: int) -> None:
    require(type(tree) is TreePredictor, "a tree is none")
    nodes = tree.nodes
    require(type(nodes) is np.ndarray and nodes.dtype == PREDICTOR_RECORD_DTYPE and nodes.ndim == 1, "no nodes")
    require(len(nodes) > 0 and bool(np.isfinite(nodes["value"]).all()), "a leaf has no value")
    require(bool((nodes["is_leaf"] <= 1).all() and not nodes["is_categorical"].any()), "a node is of no kind")
    place = np.flatnonzero(nodes["is_leaf"] == 0)
    inner = nodes[place]
    for side in ("left", "right"):
        child = inner[side].astype(np.int64)
        require(bool(((child > place) & (child < len(nodes))).all()), "a node points outside its tree, or back")
    feature = inner["feature_idx"].astype(np.int64)
    require(bool(((feature >= 0) & (feature < inputs)).all()), "a node asks for a feature that there is not")
    require(not np.isnan(inner["num_threshold"]).any(), "a threshold is no number")
