"""The steps folds, evaluate, summarise and train, one after the other, on files."""

from __future__ import annotations

import json
import sys

import numpy as np
import polars as pl
import pytest

from moodreel.classify.saved import load
from moodreel.features import matrix
from moodreel.features.windows import index
from moodreel.settings.windows import WindowsSettings
from moodreel.steps import evaluate, folds, summarise, train
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION, FOLDS, PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES, WINDOWS

COLUMNS = ("AU01_r", "AU12_r", "pitch_deg")
SETTINGS = json.dumps(
    {
        "features": {"groups": ["action_units", "head_pose"]},
        "embed": {"dims": 2, "n_neighbors": 5},
        "clusters": {"k": 2, "restarts": 2},
        "classify": {"classifiers": ["knn"], "groups": ["video"], "folds": 2, "nulls": 1},
    }
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run's folder with features, windows and clusters of eight videos, two expressions, and the steps' files."""
    folder = tmp_path_factory.mktemp("run")
    rng = np.random.default_rng(0)
    times = np.arange(150) / 25
    features, windows = [], []
    for i in range(8):
        values = rng.normal(size=(150, 3)) * (0.2, 0.2, 2) + np.array([(2, 0, 0), (0, 2, 0)][i % 2])
        head = {"video": f"v{i}", "time_s": times, "valid": True}
        features.append(pl.DataFrame(head | dict(zip(COLUMNS, values.T, strict=True))))
        found = index(times, np.ones(150, bool), 150 * i, WindowsSettings())
        windows.append(found.with_columns(video=pl.lit(f"v{i}"), performer=pl.lit("p"), label=pl.lit("ab"[i % 2])))
    table = pl.concat(windows)
    base.write(folder / "features.parquet", FEATURES, pl.concat(features), {"rate_hz": 25.0})
    cutting = {"settings": {"windows": WindowsSettings().model_dump(mode="json")}}
    base.write(folder / "windows.parquet", WINDOWS, table, cutting)
    clusters = table.with_columns(
        cluster=pl.col("label").replace_strict({"a": 1, "b": 2}),
        distance=pl.lit(0.0),
        silhouette=pl.lit(None, pl.Float32),
        map_x=pl.lit(0.0),
        map_y=pl.lit(0.0),
    )
    base.write(folder / "clusters.parquet", CLUSTERS, clusters.select(CLUSTERS.names), {})

    def step(module, *arguments: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [module.__name__, *arguments, "--settings", SETTINGS, "--code", "c0de"])
            patch.chdir(folder)
            module.main()

    inputs = ("--features", "features.parquet", "--windows", "windows.parquet", "--clusters", "clusters.parquet")
    step(folds, "--windows", "windows.parquet", "--out", "folds.parquet")
    for job in ("0", "1-1"):
        out = ("--scores-out", f"scores-{job}.parquet", "--predictions-out", f"predictions-{job}.parquet")
        step(evaluate, *inputs, "--folds", "folds.parquet", "--draws", job, *out)
    step(
        summarise,
        *("--scores", "scores-0.parquet", "scores-1-1.parquet"),
        *("--predictions", "predictions-0.parquet", "predictions-1-1.parquet"),
        *("--predictions-out", "predictions.parquet", "--evaluation-out", "evaluation.tsv"),
    )
    step(train, *inputs, "--out-folder", "models")
    return folder


def test_folds_by_window_and_by_the_wanted_groups(run):
    assert sorted(base.read(run / "folds.parquet", FOLDS)["group"].unique()) == ["video", "window"]


def test_jobs_write_scores_of_their_draws_and_predictions_of_the_data(run):
    assert base.read(run / "scores-0.parquet", SCORES)["draw"].unique().to_list() == [0]
    assert base.read(run / "scores-1-1.parquet", SCORES)["draw"].unique().to_list() == [1]
    assert base.read(run / "predictions-1-1.parquet", PREDICTIONS).is_empty()
    assert base.read_stamp(run / "scores-0.parquet")["code"] == "c0de"


def test_evaluation_holds_every_figure_beside_its_null(run):
    table = base.read_tsv(run / "evaluation.tsv", EVALUATION)
    figures = {tuple(row[:5]): row[5] for row in table.rows()}
    assert figures["knn", "grouped", "video", "truth", "accuracy"] == 1
    assert figures["knn", "grouped", "video", "clusters", "accuracy"] == 1
    assert figures["clusters", "grouped", "video", "clusters", "adjusted_rand"] == 1
    assert figures["majority", "paper", "window", "truth", "accuracy"] == 0.5
    assert table["draws"].unique().to_list() == [1]
    assert table["null_mean"].null_count() == 0


def test_predictions_cover_the_windows_in_both_protocols(run):
    table = base.read(run / "predictions.parquet", PREDICTIONS)
    counts = table.group_by("classifier", "protocol", "group", "labels").len()
    assert counts["len"].unique().to_list() == [24]
    assert len(counts) == 8
    assert base.read_stamp(run / "predictions.parquet")["notes"] == []


def test_saved_models_know_what_they_were_trained_on(run):
    model = load(run / "models" / "knn.skops")
    features = matrix.read(run / "features.parquet")
    windows = base.read(run / "windows.parquet", WINDOWS)
    assert model.predict(features, windows, "truth").tolist() == windows["label"].to_list()
    assert set(model.predict(features, windows)) == {"1", "2"}
    assert model.stamp["code"] == "c0de"
    assert not list((run / "models").glob("majority*"))
