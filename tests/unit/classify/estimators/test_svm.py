import numpy as np
import pytest
import skops.io

from moodreel.classify.estimators import TRUSTED
from moodreel.classify.training import train
from moodreel.settings.classify import ClassifySettings

DESCENT = ClassifySettings(svm={"kernel": "linear_sgd"}, max_windows=100)


@pytest.fixture(scope="module")
def windows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 600)
    return rng.normal(size=(4, 1, 40))[codes] * 0.4 + rng.normal(size=(600, 10, 40)), codes.astype(str)


def test_the_descent_learns_from_every_window(windows):
    series, labels = windows
    trained = train("svm", series[:400], labels[:400], DESCENT)
    assert trained.n_train == 400
    assert (trained.predict(series[400:]) == labels[400:]).mean() > 0.9


def test_the_descent_is_repeatable_and_saved_without_pickle(windows):
    series, labels = windows
    once, again = (train("svm", series[:400], labels[:400], DESCENT) for _ in range(2))
    assert np.array_equal(once.estimator.decision_function(series), again.estimator.decision_function(series))
    data = skops.io.dumps(once.estimator)
    assert set(skops.io.get_untrusted_types(data=data)) <= set(TRUSTED)
    loaded = skops.io.loads(data, trusted=list(TRUSTED))
    assert np.array_equal(loaded.predict(series), once.estimator.predict(series))
