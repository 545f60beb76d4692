"""Neural network on series: tslearn's TimeSeriesMLPClassifier."""

from __future__ import annotations

from tslearn.neural_network import TimeSeriesMLPClassifier

from moodreel.settings.classify import ClassifySettings

GRID = {"learning_rate": (0.001, 0.003, 0.01)}


def build(settings: ClassifySettings, seed: int, windows: int) -> TimeSeriesMLPClassifier:
    """An unfitted network, trained by Adam.

    In batches of a quarter of the windows, 200 at most as scikit-learn has it: that alone would make one step per pass
    over the demo.
    """
    return TimeSeriesMLPClassifier(
        hidden_layer_sizes=tuple(settings.mlp.hidden),
        learning_rate_init=settings.mlp.learning_rate,
        max_iter=settings.mlp.iterations,
        batch_size=min(200, max(1, windows // 4)),
        random_state=seed,
    )


def quadratic(settings: ClassifySettings) -> bool:
    """Never: a pass over the windows is linear in them."""
    return False
