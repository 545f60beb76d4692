from __future__ import annotations

import numpy as np
import pytest
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from moodreel.classify.training import train
from moodreel.settings.classify import ClassifySettings


@pytest.mark.parametrize("neighbours", [1, 4, 5])
def test_euclidean_neighbours_say_what_tslearn_says(neighbours):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 400)
    series = (rng.normal(size=(4, 10, 6))[codes] + rng.normal(size=(400, 10, 6)) * 3).astype(np.float32)
    ours = train("knn", series[:300], codes[:300].astype(str), ClassifySettings(knn={"neighbours": neighbours}))
    theirs = KNeighborsTimeSeriesClassifier(neighbours, metric="euclidean").fit(series[:300], codes[:300])
    assert ours.predict(series[300:]).astype(int).tolist() == theirs.predict(series[300:]).tolist()
    assert np.allclose(ours.estimator.predict_proba(series[300:]), theirs.predict_proba(series[300:]))
