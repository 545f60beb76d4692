from __future__ import annotations

import polars as pl
import pytest

from moodreel.demo import scores
from moodreel.settings.classify import ClassifySettings
from unit.report import study


def _windows(labels):
    return pl.DataFrame({"video": ["v"] * len(labels), "window": list(range(len(labels))), "label": labels})


def _clusters(clusters):
    return pl.DataFrame({"video": ["v"] * len(clusters), "window": list(range(len(clusters))), "cluster": clusters})


def test_clusters_that_repeat_the_expressions_score_one_and_those_that_cut_across_no_better_than_chance():
    row = scores.clusters_row(_clusters([2, 2, 1, 1, 2]), _windows(["a", "a", "b", "b", "transition"]))
    assert row["value"] == pytest.approx(1.0)
    assert "4 windows" in row["meaning"]
    assert scores.clusters_row(_clusters([1, 2, 1, 2]), _windows(["a", "a", "b", "b"]))["value"] <= 0


def test_the_headlines_classifier_counts_and_not_the_best():
    evaluation = study.evaluation(svm=(0.6, 0.3), knn=(0.8, 0.3), majority=(0.9, 0.3))
    row = scores.classifiers_row(evaluation, ClassifySettings())
    assert (row["value"], row["baseline"], row["null_high"]) == (0.6, 0.3, 0.4)
    assert "svm on unseen videos (80 windows, 20 videos, 12 people)" in row["meaning"]
    # where it was not tested on videos nothing is said of it
    assert scores.classifiers_row(study.evaluation(majority=(0.9, 0.3)), ClassifySettings()) is None


def test_the_ending_words_name_figures_report_and_what_they_do_not_show():
    pairs = pl.DataFrame({"video": ["v", "w"], "track": ["w", "v"]}).with_columns(
        start_s=0.0, rank=1, track_start_s=0.0, score=0.5
    )
    table = scores.compare(
        _clusters([1, 2]),
        _windows(["a", "b"]),
        study.evaluation(svm=(0.75, 0.3), majority=(0.5, 0.3)),
        pairs,
        {"v": "sad", "w": "sad"},
        ClassifySettings(),
    )
    words = scores.in_words(table, "results/runs/demo/report.html")
    for part in ("1.00", "0.75", "labels exchanged: mean 0.30, highest 0.40", "200 shuffles", "not how well it does"):
        assert part in words
    assert "results/runs/demo/report.html" in words
