from __future__ import annotations

import numpy as np
import pytest

from moodreel.classify.evaluation_input import fold_of
from moodreel.classify.folds import make_folds
from moodreel.classify.protocol import evaluate
from moodreel.classify.series import BinnedFeatures


@pytest.mark.parametrize("group", ["window", "video", "performer"])
def test_the_scaler_of_a_fold_is_fitted_on_its_training_windows(study, group, monkeypatch):
    """Mean, spread and medians of test windows would tell classifiers what they are tested on."""
    given = study(performers=3, takes=2)
    folds, _ = make_folds(given.windows, given.settings)
    fold = fold_of(given.windows, folds, group)
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
