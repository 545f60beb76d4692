from __future__ import annotations

import numpy as np
import pytest

from moodreel.report import summary
from unit.report import study


def test_cluster_means_are_over_the_rows_of_their_windows(tmp_path):
    run = study.make(tmp_path)
    means = summary.feature_means(run.features, run.windows, run.clusters)
    assert means["cluster"].to_list() == [1, 2]
    assert means["AU12_r"].to_list() == [2.0, 0.0]
    units, names = summary.unit_profile(means)
    assert units.shape == (2, 2)
    assert names == ["AU04 brow lowerer", "AU12 lip corner puller"]
    angles, angle_names = summary.angle_profile(means)
    assert angle_names == ["head down"]
    assert angles.mean() == pytest.approx(0, abs=1e-6)


def test_bodies_are_relative_to_the_neck_and_average(tmp_path):
    run = study.make(tmp_path)
    bodies = summary.bodies(summary.feature_means(run.features, run.windows, run.clusters))
    assert set(bodies[1]) == {"neck", "nose", "left_shoulder", "right_shoulder"}
    mean = summary.average_body(bodies)
    assert mean["nose"][0] == pytest.approx(np.mean([bodies[1]["nose"][0], bodies[2]["nose"][0]]))


@pytest.mark.parametrize(
    ("accuracy", "null", "says"),
    [
        (0.9, 0.5, "above its null and the majority"),
        (0.45, 0.5, "not above its null: structure that chance also gives"),
        (0.48, 0.2, "above its null, but always guessing the largest class does as well"),
        (0.9, None, "no null was drawn: nothing can be said"),
    ],
)
def test_what_may_be_said_of_a_figure(accuracy, null, says):
    found = summary.verdicts(study.evaluation(svm=(accuracy, null), majority=(0.5, 0.5)))
    assert {v.says for v in found} == {says}
    assert {v.classifier for v in found} == {"svm"}
    assert {v.majority for v in found} == {0.5}


def test_the_best_is_the_most_accurate_of_its_evaluation():
    found = summary.verdicts(study.evaluation(svm=(0.6, 0.5), knn=(0.8, 0.5), majority=(0.5, 0.5)))
    assert summary.best(found, protocol="grouped", group="video", labels="truth").classifier == "knn"
    assert summary.best(found, protocol="paper", group="window", labels="truth") is None


def test_clusters_without_a_name_are_numbered(tmp_path):
    run = study.make(tmp_path)
    assert summary.cluster_names(run.clusters, {1: "calm"}) == {1: "calm", 2: "cluster 2"}
