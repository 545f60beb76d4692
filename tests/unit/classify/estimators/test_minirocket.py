import numpy as np
import pytest

from moodreel.classify.training import train
from moodreel.errors import UserError
from moodreel.settings.classify import ClassifySettings


def test_shapes_are_distinguished_wherever_they_stand():
    """A rise or a fall of the same size at a random place: nothing in mean, spread or range differs."""
    rng = np.random.default_rng(0)
    labels = np.array(["rise", "fall"])[np.arange(300) % 2]
    at = rng.integers(0, 16, 300)[:, None]
    shape = np.clip(np.arange(20) - at, 0, 4) / 4 * np.where(labels == "rise", 1, -1)[:, None]
    series = (shape - shape.mean(axis=1, keepdims=True))[:, :, None] + rng.normal(size=(300, 20, 1)) * 0.1
    rocket = train("minirocket", series[:200], labels[:200], ClassifySettings())
    assert (rocket.predict(series[200:]) == labels[200:]).mean() > 0.95


def test_too_short_series_name_the_settings():
    with pytest.raises(UserError, match=r"8 bins.*embed\.rate_hz.*windows\.length_s"):
        train("minirocket", np.zeros((10, 8, 2)), np.array(["a", "b"] * 5), ClassifySettings())


def test_numpys_global_generator_is_left_alone():
    rng = np.random.default_rng(0)
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).random()
    train("minirocket", rng.normal(size=(20, 10, 2)), np.array(["a", "b"] * 10), ClassifySettings())
    assert np.random.random() == expected  # noqa: NPY002


def test_as_many_kernels_as_asked_for():
    series, labels = np.random.default_rng(0).normal(size=(20, 10, 2)), np.array(["a", "b"] * 10)
    rocket = train("minirocket", series, labels, ClassifySettings(minirocket={"kernels": 200}))
    assert rocket.estimator[:2].transform(series).shape == (20, 168)
