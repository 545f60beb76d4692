import polars as pl
import pytest

from moodreel.demo import scores
from moodreel.settings.classify import ClassifySettings
from unit.report import study


def _windows(**columns):
    return pl.DataFrame({"video": "v", **columns}).with_row_index("window")


def test_clusters_that_repeat_the_expressions_score_one_and_those_that_cut_across_no_better_than_chance():
    row = scores.clusters_row(_windows(cluster=[2, 2, 1, 1, 2]), _windows(label=["a", "a", "b", "b", "transition"]))
    assert row["value"] == pytest.approx(1.0) and "4 windows" in row["meaning"]
    assert scores.clusters_row(_windows(cluster=[1, 2, 1, 2]), _windows(label=list("aabb")))["value"] <= 0


def test_the_headlines_classifier_counts_and_not_the_best():
    evaluation = study.evaluation(svm=(0.6, 0.3), knn=(0.8, 0.3), majority=(0.9, 0.3))
    row = scores.classifiers_row(evaluation, ClassifySettings())
    assert (row["value"], row["baseline"], row["null_high"]) == (0.6, 0.3, 0.4)
    assert "svm on unseen videos (80 windows, 20 videos, 12 people)" in row["meaning"]
    # where it was not tested on videos nothing is reported of it
    assert scores.classifiers_row(study.evaluation(majority=(0.9, 0.3)), ClassifySettings()) is None


def test_the_ending_words_name_figures_report_and_what_they_do_not_show():
    fixed = {"start_s": 0.0, "rank": 1, "track_start_s": 0.0, "score": 0.5}
    pairs, moods = pl.DataFrame({"video": ["v", "w"], "track": ["w", "v"], **fixed}), {"v": "sad", "w": "sad"}
    clusters, windows = _windows(cluster=[1, 2]), _windows(label=["a", "b"])
    evaluation = study.evaluation(svm=(0.75, 0.3), majority=(0.5, 0.3))
    table = scores.compare(clusters, windows, evaluation, pairs, moods, ClassifySettings())
    words = scores.in_words(table, "demo/report.html")
    exchanged = "labels exchanged: mean 0.30, highest 0.40"
    for part in ("1.00", "0.75", exchanged, "200 shuffles", "not how well it does", "demo/report.html"):
        assert part in words
