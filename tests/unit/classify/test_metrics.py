import warnings

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from moodreel.classify.metrics import METRICS, metrics


def test_figures_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth, predicted = rng.choice(list("abcc"), 60), rng.choice(list("abcd"), 60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = (
            accuracy_score(truth, predicted),
            balanced_accuracy_score(truth, predicted),
            f1_score(truth, predicted, average="macro"),
        )
    assert tuple(metrics(truth, predicted)) == METRICS
    assert tuple(metrics(truth, predicted).values()) == pytest.approx(expected)


def test_always_the_majority_is_seen_through():
    truth = np.array(["a"] * 8 + ["b"] * 2)
    assert metrics(truth, np.array(["a"] * 10)) == pytest.approx(
        {"accuracy": 0.8, "balanced_accuracy": 0.5, "macro_f1": (2 * 8 / 18) / 2}
    )


def test_one_class():
    assert set(metrics(np.array(["a"]), np.array(["a"])).values()) == {1.0}
