"""A classifier's own probability of each class."""

import numpy as np

from moodreel.classify.estimators import DUMMIES
from moodreel.classify.training import Classifier


def has_probabilities(classifier: Classifier) -> bool:
    """Whether the classifier gives probabilities. A support vector machine does not, unless fitted for it."""
    estimator = classifier.estimator
    return hasattr(estimator, "predict_proba") and getattr(estimator, "probability", True) is not False


def probabilities(classifier: Classifier, series: np.ndarray) -> np.ndarray | None:
    """For each of `series` (windows, bins, columns), the probability of each of `classifier.classes`.

    Float64, shape (windows, classes), each row with the sum 1; None where the classifier gives none. They are the
    estimator's own: neighbours' votes or a network's outputs, not calibrated against how often they are right. A class
    that was left out when a large training was thinned has 0.
    """
    if not has_probabilities(classifier):
        return None
    found = np.zeros((len(series), len(classifier.classes)))
    if len(series):
        given = np.asarray(classifier.estimator.predict_proba(np.asarray(series)))
        found[:, np.asarray(classifier.estimator.classes_, dtype=int)] = given
    return found


def predict(classifier: Classifier, series: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The label (windows,) of each of `series`, as in `classifier.predict`, and the probability (windows,) that it
    gives to that label; None in its place when it gives none or is a dummy, which is always sure of its guess.

    The series are evaluated once: the label is the most probable, the first in a tie.
    """
    of_each = None if classifier.name in DUMMIES else probabilities(classifier, series)
    if of_each is None:
        return classifier.predict(series), None
    place = of_each.argmax(axis=1)
    return classifier.classes[place], of_each[np.arange(len(place)), place]
