"""A dummy: random labels, each as frequent as among the training windows."""

from sklearn.dummy import DummyClassifier

from moodreel.classify.contents import check_dummy
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


check = check_dummy
