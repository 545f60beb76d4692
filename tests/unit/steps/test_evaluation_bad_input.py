"""What little or odd data does to the evaluation's steps: a message that names the setting, and the rest comes out."""

from pathlib import Path

import polars as pl
import pytest

from moodreel.report.summary import figures
from moodreel.tables import base
from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES
from unit.steps import small_run


@pytest.fixture
def folder(tmp_path) -> Path:
    small_run.make(tmp_path)
    return tmp_path


def change_features(folder: Path, **columns: pl.Expr) -> None:
    features = base.read(folder / "features.parquet", FEATURES)
    small_run.write_features(folder, features.with_columns(**{c: v.cast(pl.Float32) for c, v in columns.items()}))


def change_windows(folder: Path, **columns: pl.Expr) -> None:
    """Change columns of windows or labels."""
    small_run.write_windows(folder, small_run.read_windows(folder).with_columns(**columns))


def change_clusters(folder: Path, numbers: pl.Expr) -> None:
    clusters = base.read(folder / "clusters.parquet", CLUSTERS)
    base.write(folder / "clusters.parquet", CLUSTERS, clusters.with_columns(cluster=numbers.cast(pl.Int32)), {})


def outcome(folder: Path, **classify: object) -> tuple[pl.DataFrame, list[str]]:
    """The evaluation and its notes, those of the folds included; all that is written can be read."""
    small_run.evaluated(folder, small_run.settings(**{"nulls": 0, **classify}), ({"draws": "0"},))
    for table in (CLASSES, COMPARISONS, CALIBRATION, LEAKAGE):
        base.read_tsv(folder / f"{table.name}.tsv", table)
    base.read(folder / "predictions.parquet", PREDICTIONS)
    evaluation = base.read_tsv(folder / "evaluation.tsv", EVALUATION)
    figures(evaluation)
    stamps = (base.read_stamp(folder / f"{name}.parquet") for name in ("folds", "predictions"))
    return evaluation, [note for stamp in stamps for note in stamp["notes"]]


def accuracy(evaluation: pl.DataFrame, labels: str, group: str = "video", classifier: str = "knn") -> float:
    return evaluation.filter(classifier=classifier, labels=labels, group=group, metric="accuracy")["value"].item()


def test_fewer_videos_than_folds(tmp_path):
    small_run.make(tmp_path, videos=3)
    evaluation, notes = outcome(tmp_path, folds=5)
    assert any("each of the 3 videos is a fold" in note and "classify.folds = 5" in note for note in notes)
    assert evaluation.filter(group="video", classifier="majority", metric="accuracy")["folds"].to_list() == [3, 3]
    assert any("all training windows are 'a'" in note for note in notes), "where the only b is left out"


def test_a_class_with_one_member(folder):
    change_windows(folder, label=pl.when(video="v7").then(pl.lit("rare")).otherwise("label"))
    evaluation, notes = outcome(folder, permutations=2)
    assert any("'rare' (3)" in note and "`emotion`" in note for note in notes)
    assert 0.8 < accuracy(evaluation, "truth") < 1
    majority = evaluation.filter(classifier="majority", group="video", labels="truth")
    assert majority["p_value"].null_count() == len(majority) == 3
    classes = base.read_tsv(folder / "classes.tsv", CLASSES)
    assert classes.filter(pl.col("class") == "rare", group="video", classifier="knn")["recall"].to_list() == [0.0]


def test_one_cluster_only(folder):
    change_clusters(folder, pl.lit(1))
    evaluation, notes = outcome(folder, k=1)
    assert any("nothing to learn" in note and "clusters.k" in note for note in notes)
    assert accuracy(evaluation, "clusters", classifier="majority") == accuracy(evaluation, "truth") == 1


@pytest.mark.parametrize(
    ("value", "setting"), [(pl.lit(1.0), "features.groups"), (pl.lit(None), "features.min_seen_share")]
)
def test_a_column_that_is_constant_or_all_null(folder, value, setting):
    change_features(folder, pitch_deg=value)
    evaluation, notes = outcome(folder)
    assert any("1 of 3 columns (pitch_deg)" in note and setting in note for note in notes)
    assert accuracy(evaluation, "truth") == 1


def test_nothing_was_seen_or_moves(folder):
    change_features(folder, **dict.fromkeys(small_run.COLUMNS, pl.lit(None)))
    evaluation, notes = outcome(folder)
    assert evaluation.is_empty()
    assert any("left out" in note and "features.min_seen_share" in note for note in notes)


def test_more_clusters_than_windows(folder):
    change_clusters(folder, pl.int_range(1, pl.len() + 1))
    evaluation, notes = outcome(folder)
    assert any("fidelity and stability are left out" in note and "clusters.k" in note for note in notes)
    assert accuracy(evaluation, "truth") == 1
    assert accuracy(evaluation, "clusters", group="window") == 0, "no cluster has a second window"


def test_no_labels_at_all(folder):
    change_windows(folder, label=pl.lit(None, pl.String))
    evaluation, notes = outcome(folder, permutations=3)
    assert any("no window has a label" in note for note in notes)
    assert set(evaluation["labels"]) == {"clusters"}


def test_one_video_leaves_the_papers_protocol(tmp_path):
    small_run.make(tmp_path, videos=1, seconds=12)
    change_clusters(tmp_path, pl.col("window") % 2 + 1)
    evaluation, notes = outcome(tmp_path)
    assert evaluation["group"].unique().to_list() == ["window"]
    assert any("grouped/video: left out" in note for note in notes)
    assert base.read_tsv(tmp_path / "leakage.tsv", LEAKAGE).is_empty()


def test_one_window_leaves_empty_tables(tmp_path):
    small_run.make(tmp_path, videos=1, seconds=2)
    evaluation, notes = outcome(tmp_path)
    assert evaluation.is_empty()
    assert any("no second window" in note for note in notes)


def test_no_window_leaves_no_folds_and_what_was_dropped(folder):
    change_windows(folder, reason=pl.lit("gaps"))
    small_run.fold(folder, small_run.settings())
    assert "windows.min_valid_share" in base.read_stamp(folder / "folds.parquet")["missing"]


def test_quadratic_classifiers_carry_how_much_they_learnt_from(folder):
    evaluation, notes = outcome(folder, classifiers=["svm", "knn"], max_windows=10)
    learnt = dict(evaluation.filter(group="video", labels="truth", metric="accuracy")["classifier", "n_train"].rows())
    assert learnt == {"svm": 10, "knn": 12, "majority": 12}
    assert any("svm learns from 10 of" in note and "classify.max_windows" in note for note in notes)
