"""The steps folds, evaluate, summarise and train, one after the other, on files."""

from __future__ import annotations

import pytest

from moodreel.classify.saved import load
from moodreel.features import matrix
from moodreel.steps import evaluate, train
from moodreel.tables import base
from moodreel.tables.classify import (
    CALIBRATION,
    CLASSES,
    COMPARISONS,
    EVALUATION,
    FOLDS,
    LEAKAGE,
    PREDICTIONS,
    SCORES,
)
from unit.steps import small_run

JOBS = (("--draws", "0", "--part", "0/2"), ("--draws", "0", "--part", "1/2"), ("--draws", "1"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run's folder with features, windows and clusters of eight videos, two expressions, and the steps' files."""
    folder = tmp_path_factory.mktemp("run")
    small_run.make(folder)
    sections = small_run.settings(permutations=4)
    small_run.evaluated(folder, sections, JOBS)
    small_run.step(folder, train, sections, *small_run.INPUTS, "--out-folder", "models")
    return folder


def test_folds_by_window_and_by_the_wanted_groups(run):
    assert sorted(base.read(run / "folds.parquet", FOLDS)["group"].unique()) == ["video", "window"]


def test_jobs_write_scores_of_their_draws_and_predictions_of_the_data(run):
    for part in (0, 1):
        scores = base.read(run / f"scores-{part}.parquet", SCORES)
        assert scores["fold"].unique().to_list() == [part]
        shuffles = scores.select("shuffled", "draw").unique().sort("draw").rows()
        assert shuffles == [("nothing", 0), *(("labels", n) for n in range(1, 5))]
    null = base.read(run / "scores-2.parquet", SCORES)
    assert null.select("shuffled", "draw").unique().rows() == [("features", 1)]
    assert null["fold"].unique().sort().to_list() == [0, 1]
    assert base.read(run / "predictions-2.parquet", PREDICTIONS).is_empty()
    assert base.read_stamp(run / "scores-0.parquet")["code"] == "c0de"


def test_evaluation_holds_every_figure_beside_its_null(run):
    table = base.read_tsv(run / "evaluation.tsv", EVALUATION)
    figures = {tuple(row[:5]): row[5] for row in table.rows()}
    assert figures["knn", "grouped", "video", "truth", "accuracy"] == 1
    assert figures["knn", "grouped", "video", "clusters", "accuracy"] == 1
    assert figures["clusters", "grouped", "video", "clusters", "adjusted_rand"] == 1
    assert figures["majority", "paper", "window", "truth", "accuracy"] == 0.5
    assert table["folds"].unique().to_list() == [2]
    assert table["draws"].unique().to_list() == [1]
    assert table["null_mean"].null_count() == 0


def test_predictions_cover_the_windows_in_both_protocols(run):
    table = base.read(run / "predictions.parquet", PREDICTIONS)
    counts = table.group_by("classifier", "protocol", "group", "labels").len()
    assert counts["len"].unique().to_list() == [24]
    assert len(counts) == 8
    assert base.read_stamp(run / "predictions.parquet")["notes"] == [
        "paper/window: labels are shuffled over 8 whole videos; they can stand in 70 ways only, so that no p value can "
        "be below 0.014",
        "grouped/video: labels are shuffled over 8 whole videos, within folds; they can stand in 36 ways only, so that "
        "no p value can be below 0.028",
    ]
    assert table.filter(classifier="knn")["probability"].null_count() == 0
    assert table.filter(classifier="majority")["probability"].null_count() == 96


def test_what_follows_from_the_figures_is_written_beside_them(run):
    read = {t.name: base.read_tsv(run / f"{t.name}.tsv", t) for t in (CLASSES, COMPARISONS, CALIBRATION, LEAKAGE)}
    knn = read["classes"].filter(classifier="knn", group="video", labels="truth")
    assert knn.select("class", "f1", "support").rows() == [("a", 1.0, 12), ("b", 1.0, 12)]
    assert read["comparisons"].select("first", "second").unique().rows() == [("knn", "majority")]
    assert set(read["calibration"]["classifier"]) == {"knn"}
    assert read["calibration"].filter(group="video", labels="truth")["windows"].sum() == 24
    gap = read["leakage"].filter(classifier="knn", labels="truth", metric="accuracy").row(0, named=True)
    assert (gap["group"], gap["gap"]) == ("video", 0)
    assert gap["null_gap_p95"] is not None


def test_p_values_are_of_labels_only(run):
    table = base.read_tsv(run / "evaluation.tsv", EVALUATION)
    knn = table.filter(classifier="knn", group="video", metric="accuracy")
    assert knn.filter(labels="truth").select("p_value", "permutations").rows() == [(pytest.approx(0.2), 4)]
    assert knn.filter(labels="clusters")["p_value"].to_list() == [None]


def test_saved_models_know_what_they_were_trained_on(run):
    model = load(run / "models" / "knn.skops")
    features = matrix.read(run / "features.parquet")
    windows = small_run.read_windows(run)
    assert model.predict(features, windows, "truth").tolist() == windows["label"].to_list()
    assert set(model.predict(features, windows)) == {"1", "2"}
    assert model.stamp["code"] == "c0de"
    assert not list((run / "models").glob("majority*"))


@pytest.mark.parametrize("text", ["2/2", "-1/2", "1", "a/b"])
def test_a_part_that_is_none_is_refused(text):
    assert evaluate.part("1/4") == (1, 4)
    with pytest.raises(ValueError):
        evaluate.part(text)
