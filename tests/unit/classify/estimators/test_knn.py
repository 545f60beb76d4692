from __future__ import annotations

import numpy as np
import pytest
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from moodreel.classify.estimators import knn
from moodreel.classify.estimators.knn import NearestRows
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


def test_neighbours_far_from_zero_and_duplicates_are_still_exact():
    """Where single precision leaves a doubt, all in doubt are measured; of equals the first counts."""
    rng = np.random.default_rng(1)
    rows = (rng.normal(size=(500, 40)) * 0.01 + 1000).astype(np.float32)
    rows[400:] = rows[:100]
    asked = (rng.normal(size=(60, 40)) * 0.01 + 1000).astype(np.float32)
    found = NearestRows(7).fit(rows, np.arange(500) % 3).nearest(asked)
    middle = rows.mean(axis=0)
    apart = np.square((asked - middle)[:, None].astype(float) - (rows - middle)).sum(axis=2)
    np.testing.assert_array_equal(found, np.argsort(apart, axis=1, kind="stable")[:, :7])


def test_neighbours_are_found_once_for_all_labels_of_the_same_windows(monkeypatch):
    rng = np.random.default_rng(2)
    rows, asked = rng.normal(size=(50, 4)).astype(np.float32), rng.normal(size=(9, 4)).astype(np.float32)
    first = NearestRows(3).fit(rows, np.arange(50) % 2).nearest(asked)
    monkeypatch.setattr(NearestRows, "_nearest", None)
    np.testing.assert_array_equal(NearestRows(3).fit(rows, np.arange(50) % 5).nearest(asked.copy()), first)
    assert len(knn.LATEST) == 1
