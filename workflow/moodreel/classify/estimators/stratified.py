"""A dummy: labels at random, each as often as the training windows have it."""

from sklearn.dummy import DummyClassifier

from moodreel.settings.classify import ClassifySettings

GRID: dict[str, tuple] = {}


def build(settings: ClassifySettings, seed: int, windows: int) -> DummyClassifier:
    """An unfitted dummy; the same seed gives the same labels each time it is asked."""
    return DummyClassifier(strategy="stratified", random_state=seed)


def quadratic(settings: ClassifySettings) -> bool:
    """Never: it only counts."""
    return False


def fit_seconds(settings: ClassifySettings, windows: int, inputs: int) -> float:
    """Nothing to speak of: it only counts."""
    return 0.0
