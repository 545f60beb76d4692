"""A dummy: random labels, each as frequent as among the training windows."""

from sklearn.dummy import DummyClassifier

from moodreel.classify.contents import require, require_array, require_classes
from moodreel.settings.classify import ClassifySettings

GRID: dict[str, tuple] = {}


def build(settings: ClassifySettings, seed: int, windows: int) -> DummyClassifier:
    """An unfitted dummy; the same seed gives the same labels at every prediction."""
    return DummyClassifier(strategy="stratified", random_state=seed)


def quadratic(settings: ClassifySettings) -> bool:
    """Never: it only counts."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """Negligible: it only counts."""
    return 0.0


def check(estimator: DummyClassifier, shape: tuple[int, int], classes: int) -> None:
    """Raise ContentError where what was learnt does not fit together."""
    known = require_classes(estimator, classes)
    require_array(estimator.class_prior_, "class_prior_", (known,))
    require(estimator.n_outputs_ == 1 and estimator.n_classes_ == known, "it has more outputs than one")
    require(estimator._strategy == estimator.strategy, "_strategy is another")
    require(estimator.sparse_output_ is False, "its output is sparse")
