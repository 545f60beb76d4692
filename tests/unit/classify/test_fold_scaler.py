from __future__ import annotations

import numpy as np
import pytest

from moodreel.classify.protocol import evaluate
from moodreel.classify.series import BinnedFeatures
from unit.classify.evaluations import fold_by


@pytest.mark.parametrize("group", ["window", "video", "performer"])
def test_the_scaler_of_a_fold_is_fitted_on_its_training_windows(study, group, monkeypatch):
    """Mean, spread and medians of test windows would tell classifiers what they are tested on."""
    given = study(performers=3, takes=2)
    fold = fold_by(given, group)
    fitted_on = []
    scaler = BinnedFeatures.scaler

    def spy(self, features, train):
        if len(train) == len(fold):  # else the clusters' own, which are given their windows alone
            fitted_on.append(train.copy())
        return scaler(self, features, train)

    monkeypatch.setattr(BinnedFeatures, "scaler", spy)
    evaluate(given, group, fold, 0)
    assert len(fitted_on) >= fold.max() + 1
    assert all(any(np.array_equal(train, fold != n) for n in np.unique(fold)) for train in fitted_on)
