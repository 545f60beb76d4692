"""Classifiers of series, by name.

A classifier is a module with

- `build(settings, seed, windows)`: an unfitted scikit-learn estimator for `windows` training windows; it is given
series (windows, bins, columns) of floats without gaps, and whole numbers as labels;
- `quadratic(settings)`: whether its cost grows with the square of the training windows;
- `check(estimator, shape, classes)`: raises ContentError (`classify/contents.py`) where a loaded estimator's arrays do
not fit together, series of `shape` (bins, columns), or so many classes; it is called before anything is predicted, and
its mistakes are those that compiled code makes of arrays which it trusts;
- `GRID`: the candidates of a search, values by field of its settings section, which has its name; empty where it has
none;
- `fit_seconds(settings, windows, inputs)`: about how long training on `windows` windows of `inputs` numbers each takes
on one core of a laptop; this, and never the clock, decides whether labels are permuted for it, so that all machines
  decide alike;
- and, where the greater part of its work does not depend on labels: `shares(settings)`, whether that is so, and
  `share_fit(settings, learn, test)`, a function from codes (windows learnt,) to those that it predicts for the series
  `test`, trained on the series `learn`, as `build`, `fit` and `predict` would. Label permutations use it.

plus one line in `CLASSIFIERS`, its name in `settings/classify.py`, and in `TRUSTED` the types that it is saved with.
Only the chosen ones are imported.
"""

import importlib
import warnings
from types import ModuleType

from moodreel.errors import UserError

CLASSIFIERS = {
    "svm": "moodreel.classify.estimators.svm",
    "knn": "moodreel.classify.estimators.knn",
    "mlp": "moodreel.classify.estimators.mlp",
    "minirocket": "moodreel.classify.estimators.minirocket",
    "trees": "moodreel.classify.estimators.trees",
    "stratified": "moodreel.classify.estimators.stratified",
    "majority": "moodreel.classify.estimators.majority",
}
"""Classifiers by name: the module that holds each."""

BASELINE = "majority"
"""The classifier that is reported whatever the settings."""

DUMMIES = (BASELINE, "stratified")
"""Classifiers that ignore the series."""

TRUSTED = (
    "moodreel.classify.estimators.knn.NearestRows",
    "moodreel.classify.estimators.minirocket.Kernels",
    "moodreel.classify.estimators.mlp.Network",
    "moodreel.classify.estimators.trees.Summary",
    "moodreel.classify.flat.FlatSeries",
    "moodreel.classify.principal.PrincipalSeries",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn.decomposition._pca.PCA",
    "sklearn.dummy.DummyClassifier",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.linear_model._ridge.RidgeClassifier",
    "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing._data.StandardScaler",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.preprocessing._label.LabelEncoder",
    "sklearn.svm._classes.SVC",
    "sktime.transformations.rocket._minirocket_multivariate.MiniRocketMultivariate",
    "tslearn.neighbors.neighbors.KNeighborsTimeSeriesClassifier",
    "tslearn.svm.svm.TimeSeriesSVC",
)
"""Types of trained classifiers. Each of them only takes numbers and text."""

TRUSTED_LOSSES = (
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn.linear_model._sgd_fast.Hinge",
)
"""Losses that trained classifiers hold."""


def module(name: str) -> ModuleType:
    """The module of the classifier `name`. Raises UserError where there is none of that name."""
    if name not in CLASSIFIERS:
        raise UserError(f"classify.classifiers: there is no {name!r}; allowed: {', '.join(CLASSIFIERS)}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="h5py not installed")  # tslearn, about a format that is not used here
        return importlib.import_module(CLASSIFIERS[name])
