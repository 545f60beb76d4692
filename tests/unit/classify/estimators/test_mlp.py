import numpy as np
import pytest
from tslearn.neural_network import TimeSeriesMLPClassifier

from moodreel.classify.estimators import mlp
from moodreel.settings.classify import ClassifySettings


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 120)
    series = rng.normal(size=(3, 10, 4))[codes] + rng.normal(size=(120, 10, 4)) * 1.5
    return series.astype(np.float32), codes


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_it_says_exactly_what_tslearns_says(data):
    series, codes = data
    ours = mlp.build(ClassifySettings(mlp={"iterations": 30}), 9000, 90).fit(series[:90], codes[:90])
    theirs = TimeSeriesMLPClassifier((64,), learning_rate_init=0.003, max_iter=30, batch_size=22, random_state=9000)
    theirs.fit(series[:90], codes[:90])
    np.testing.assert_array_equal(ours.predict_proba(series[90:]), theirs.predict_proba(series[90:]))
    np.testing.assert_array_equal(ours.predict(series[90:]), theirs.predict(series[90:]))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_many_series_stay_in_single_precision(data, monkeypatch):
    monkeypatch.setattr(mlp, "SINGLE_ABOVE", 1000)
    series, codes = data
    network = mlp.build(ClassifySettings(mlp={"iterations": 30}), 9000, 90).fit(series[:90], codes[:90])
    assert network.coefs_[0].dtype == np.float32
    assert (network.predict(series[90:]) == codes[90:]).mean() > 0.8
