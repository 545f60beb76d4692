from types import SimpleNamespace

import numpy as np
import pytest

from moodreel.classify.probabilities import has_probabilities, predict, probabilities
from moodreel.classify.training import Classifier, train
from moodreel.settings.classify import ClassifySettings

LABELS = np.array(["joy", "calm", "0012"])[np.arange(45) % 3]


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(size=(3, 1, 8)) * 2)[np.arange(45) % 3] + rng.normal(size=(45, 10, 8))


@pytest.mark.parametrize("name", ["knn", "mlp", "trees", "majority"])
def test_probabilities_stand_in_the_order_of_the_classes(name, series):
    classifier = train(name, series, LABELS, ClassifySettings())
    found = probabilities(classifier, series)
    assert has_probabilities(classifier) and found.shape == (45, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (classifier.classes[found.argmax(axis=1)] == classifier.predict(series)).mean() > 0.9
    assert probabilities(classifier, series[:0]).shape == (0, 3)


def test_a_support_vector_machine_gives_none(series):
    classifier = train("svm", series, LABELS, ClassifySettings())
    assert not has_probabilities(classifier) and probabilities(classifier, series) is None


def test_a_class_that_thinning_lost_has_none():
    sure = SimpleNamespace(classes_=np.array([0, 2]), predict_proba=lambda series: np.array([[0.25, 0.75]]))
    classifier = Classifier("knn", np.array(["a", "b", "c"]), sure, 2)
    assert probabilities(classifier, np.zeros((1, 2, 2))).tolist() == [[0.25, 0, 0.75]]


@pytest.mark.parametrize("name", ["svm", "knn", "mlp", "trees", "minirocket", "majority", "stratified"])
@pytest.mark.parametrize("labels", [LABELS, np.array(["a", "b"])[np.arange(45) % 2]])
def test_what_is_reported_is_what_is_predicted(name, labels, series):
    """Also where neighbours' votes tie, four of them with two classes that have nothing to do with the series."""
    classifier = train(name, series, labels, ClassifySettings(knn={"neighbours": 4}, minirocket={"kernels": 84}))
    predicted, probability = predict(classifier, series)
    np.testing.assert_array_equal(predicted, classifier.predict(series))
    if name in ("knn", "mlp", "trees"):
        np.testing.assert_array_equal(probability, probabilities(classifier, series).max(axis=1))
    else:
        assert probability is None, "a dummy's certainty is none"
