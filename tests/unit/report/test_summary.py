from __future__ import annotations

import polars as pl
import pytest

from moodreel.report import summary
from unit.report import study


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


@pytest.mark.parametrize(
    ("null", "p_value", "permutations", "says"),
    [
        (0.5, 0.004, 199, "above its null and the majority"),
        (0.5, 0.2, 199, "not above shuffled labels (p = 0.2): chance also gives this"),
        (None, 0.004, 199, "above shuffled labels and the majority"),
        (0.5, 0.5, 1, "above its null and the majority"),
        (None, 0.5, 1, "no null was drawn: nothing can be said"),
    ],
)
def test_shuffled_labels_are_a_null_too_if_there_are_enough(null, p_value, permutations, says):
    figures = study.evaluation(svm=(0.9, null), majority=(0.5, null), p_value=p_value, permutations=permutations)
    assert {v.says for v in summary.verdicts(figures)} == {says}


def test_the_gap_is_held_against_its_null():
    leakage = study.of_classifiers()["leakage"]
    (within,) = summary.leakage_says(leakage)
    assert "gap of +5 points, no more than on null draws (95th percentile +20)" in within
    (beyond,) = summary.leakage_says(leakage.with_columns(null_gap_p95=pl.lit(0.01)))
    assert "gap of +5 points, more than on null draws (95th percentile +1)" in beyond
    (alone,) = summary.leakage_says(leakage.with_columns(null_gap_p95=pl.lit(None, pl.Float64)))
    assert alone.endswith("with no null to hold it against.")


def test_classes_stand_in_the_order_of_their_numbers_and_clusters_have_names():
    assert summary.class_order(pl.Series(["10", "b", "2", "a", "2"])) == ["2", "10", "a", "b"]
    assert summary.class_name("2", "clusters", {2: "calm"}) == "calm"
    assert summary.class_name("2", "truth", {2: "calm"}) == "2"


def test_the_papers_protocol_comes_first_and_the_strictest_last():
    rows = [("grouped", "performer"), ("grouped", "video"), ("paper", "window_in_order"), ("paper", "window")]
    table = pl.DataFrame(rows * 2, schema=["protocol", "group"], orient="row")
    assert summary.protocols(table) == rows[::-1]
    assert [summary.where(*row) for row in rows] == [
        "grouped by performer",
        "grouped by video",
        "paper, windows in order",
        "paper, windows shuffled",
    ]
