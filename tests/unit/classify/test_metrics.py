from functools import partial

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from moodreel.classify.metrics import METRICS, metrics


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_figures_are_scikit_learns():
    rng = np.random.default_rng(0)
    truth, predicted = rng.choice(list("abcc"), 60), rng.choice(list("abcd"), 60)
    scores = accuracy_score, balanced_accuracy_score, partial(f1_score, average="macro")
    expected = [score(truth, predicted) for score in scores]
    assert tuple(metrics(truth, predicted)) == METRICS
    assert list(metrics(truth, predicted).values()) == pytest.approx(expected)


def test_always_the_majority_is_seen_through():
    found = metrics(np.array(["a"] * 8 + ["b"] * 2), np.array(["a"] * 10))
    assert found == pytest.approx({"accuracy": 0.8, "balanced_accuracy": 0.5, "macro_f1": (2 * 8 / 18) / 2})
    assert set(metrics(np.array(["a"]), np.array(["a"])).values()) == {1.0}
