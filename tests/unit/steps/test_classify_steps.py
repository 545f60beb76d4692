"""The steps folds, evaluate, summarise and train, one after the other, on files."""

import pytest

from moodreel.classify import jobs
from moodreel.classify.saved import load
from moodreel.features import matrix
from moodreel.steps import train
from moodreel.tables import base
from moodreel.tables import classify as tables
from unit.steps import small_run

JOBS = ({"draws": "0", "part": "0/2"}, {"draws": "0", "part": "1/2"}, {"draws": "1"})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run's folder with features, windows and clusters of eight videos, two expressions, and the steps' files."""
    folder = tmp_path_factory.mktemp("run")
    small_run.make(folder)
    sections = small_run.settings(permutations=39)
    small_run.evaluated(folder, sections, JOBS)
    inputs = {name: path for name, path in small_run.INPUTS.items() if name != "folds"}
    small_run.step(folder, train, sections, **inputs, out="models")
    return folder


def test_jobs_write_scores_of_their_draws_and_predictions_of_the_data(run):
    assert sorted(base.read(run / "folds.parquet", tables.FOLDS)["group"].unique()) == ["video", "window"]
    for part in (0, 1):
        scores = base.read(run / f"scores-{part}.parquet", tables.SCORES)
        assert (scores["fold"].unique().to_list(), scores["draw"].unique().to_list()) == ([part], [0])
        chance = base.read(run / f"chance-{part}.parquet", tables.CHANCE)
        assert chance.select("shuffled", "labels").unique().rows() == [("labels", "truth")]
        assert chance["draw"].unique().sort().to_list() == list(range(1, 40))
    null = base.read(run / "scores-2.parquet", tables.SCORES)
    assert (null["fold"].unique().sort().to_list(), null["draw"].unique().to_list()) == ([0, 1], [1])
    chance = base.read(run / "chance-2.parquet", tables.CHANCE)
    assert chance.select("shuffled", "labels", "draw").unique().rows() == [("features", "clusters", 1)]
    assert base.read(run / "predictions-2.parquet", tables.PREDICTIONS).is_empty()
    assert base.read_stamp(run / "scores-0.parquet")["code"] == "c0de"


def test_evaluation_holds_every_figure_next_to_its_null(run):
    table = base.read_tsv(run / "evaluation.tsv", tables.EVALUATION)
    figures = {tuple(row[:5]): row[5] for row in table.rows()}
    assert table.columns[5] == "value"
    assert figures["knn", "grouped", "video", "truth", "accuracy"] == 1
    assert figures["knn", "grouped", "video", "clusters", "accuracy"] == 1
    assert figures["clusters", "grouped", "video", "clusters", "adjusted_rand"] == 1
    assert figures["majority", "paper", "window", "truth", "accuracy"] == 0.5
    assert table["folds"].unique().to_list() == [2]
    judged = table.filter(metric="balanced_accuracy", classifier="knn")
    assert judged.select("labels", "group", "shuffles", "chance").sort("labels", "group").rows() == [
        ("clusters", "video", 1, "features"), ("clusters", "window", 1, "features"),
        ("truth", "video", 39, "labels"), ("truth", "window", 39, "labels"),
    ]  # fmt: skip
    assert judged.filter(labels="clusters")["verdict"].unique().to_list() == ["not_judged"]
    assert judged.filter(labels="truth")["verdict"].is_not_null().all()
    p_value = table.filter(metric="accuracy", classifier="knn", group="video", labels="truth")["p_value"].item()
    assert p_value <= 0.15, "its labels can stand in some twenty orders"


def test_predictions_cover_the_windows_in_both_protocols(run):
    table = base.read(run / "predictions.parquet", tables.PREDICTIONS)
    counts = table.group_by("classifier", "protocol", "group", "labels").len()
    assert counts["len"].unique().to_list() == [24]
    assert len(counts) == 8
    assert base.read_stamp(run / "predictions.parquet")["notes"] == [
        "paper/window: labels are exchanged between 8 videos within their performers, 39 times",
        "grouped/video: labels are exchanged between 8 videos within their performers, folds keep theirs, 39 times",
    ]
    assert table.filter(classifier="knn")["probability"].null_count() == 0
    assert table.filter(classifier="majority")["probability"].null_count() == 96


def test_what_follows_from_the_figures_is_written_next_to_them(run):
    written = (tables.CLASSES, tables.COMPARISONS, tables.CALIBRATION, tables.LEAKAGE)
    read = {table.name: base.read_tsv(run / f"{table.name}.tsv", table) for table in written}
    knn = read["classes"].filter(classifier="knn", group="video", labels="truth")
    assert knn.select("class", "f1", "support").rows() == [("a", 1.0, 12), ("b", 1.0, 12)]
    assert read["comparisons"].select("first", "second").unique().rows() == [("knn", "majority")]
    assert set(read["calibration"]["classifier"]) == {"knn"}
    assert read["calibration"].filter(group="video", labels="truth")["windows"].sum() == 24
    gap = read["leakage"].filter(classifier="knn", labels="truth", metric="accuracy").row(0, named=True)
    assert (gap["group"], gap["gap"]) == ("video", 0)
    assert gap["chance_gap"] is not None


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
    assert jobs.part("1/4") == (1, 4)
    with pytest.raises(ValueError):
        jobs.part(text)
