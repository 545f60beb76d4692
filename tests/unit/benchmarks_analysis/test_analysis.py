"""The benchmark of the analysis: its made-up study, its figures, and a tiny run of all steps."""

import importlib
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from benchmarks import analysis, analysis_job
from benchmarks.synthetic_study import COLUMNS, Motions, Plan, write

from moodreel.errors import UserError
from moodreel.features import matrix
from moodreel.tables import base
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.labels import LABELS

TINY = Plan(videos=10, windows=10, columns=60, offset=0.3, noise=0.3)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write(TINY, folder)
    return folder


def test_windows_lie_where_their_motions_are(study):
    windows = base.read(study / "windows.parquet", WINDOWS)
    assert (len(windows), windows["rows"].unique().to_list()) == (100, [50])
    assert windows["first_row"].to_list() == list(range(0, 5000, 50))
    found = matrix.read(study / "features.parquet")
    assert found.columns == COLUMNS[:60]
    assert len(COLUMNS) == len(set(COLUMNS)) == 788, "as many as the paper has"
    assert len(base.read(study / "features.parquet", FEATURES, columns=["valid"])) == 5000
    motions = Motions(TINY)
    values, motion = motions.video(3, 50)
    np.testing.assert_array_equal(found.values[found.video == 3], values)
    labels = base.read(study / "labels.parquet", LABELS)
    assert labels.filter(video="v0003")["label"].to_list() == [f"motion {m + 1}" for m in motion]


def test_offset_and_noise_are_in_units_of_the_movement():
    def standard(offset: float = 0.0, noise: float = 0.0) -> np.ndarray:
        motions = Motions(Plan(videos=1, windows=100, columns=200, offset=offset, noise=noise))
        return (motions.video(0, 50)[0] - motions.level) / motions.unit

    moved, offset, noise = standard(), standard(offset=0.5), standard(noise=1.0)
    assert moved.std(axis=0).mean() == pytest.approx(1, abs=0.15)
    assert offset.mean(axis=0).std() == pytest.approx(np.hypot(0.5, moved.mean(axis=0).std()), rel=0.1)
    assert noise.std(axis=0).mean() == pytest.approx(np.sqrt(2), abs=0.15)


def test_growth_is_the_slope_of_the_logarithms():
    sizes = np.array([5, 10, 20, 50])
    assert analysis.exponent(sizes, 3 * sizes**1.3) == pytest.approx(1.3)


def test_figures_of_scores_and_predictions():
    head = {"protocol": "grouped", "labels": "truth", "metric": "accuracy", "draw": 0}
    rows = [{"classifier": name, "value": value} for name, value in (("knn", 0.8), ("knn", 0.9), ("svm", 0.95))]
    rows += [{"classifier": "clusters", "metric": "adjusted_rand", "value": 1.0}]
    rows += [{"classifier": "knn", "draw": 1, "value": 0.1}]
    scores = pl.DataFrame([head | row for row in rows])
    assert analysis.accuracies(scores) == {"grouped truth": {"knn": 0.85, "svm": 0.95}}
    columns = {"video": [*"aaba"], "window": [0, 0, 0, 1], "classifier": ["knn"] * 3 + ["svm"]}
    asked = pl.DataFrame(columns).with_columns(protocol=pl.lit("grouped"), labels=pl.lit("truth"))
    assert (analysis.fewest_predicted(asked), analysis.fewest_predicted(asked.head(3))) == (1, 2)


def test_stages_do_not_count_what_lies_inside_them(monkeypatch):
    worked_s = []
    clock = SimpleNamespace(perf_counter=lambda: 2 * sum(worked_s), process_time=lambda: sum(worked_s))
    monkeypatch.setattr(analysis_job, "time", clock)
    stages = analysis_job.Stages()
    inner = stages.watch("inner", worked_s.append)
    stages.watch("{0}: outer", lambda name: (worked_s.append(1), inner(5), inner(2)))("knn")
    assert stages.as_json() == {"inner": {"wall": 14, "cpu": 7}, "knn: outer": {"wall": 2, "cpu": 1}}
    job = {"step": "embed", "total": {"wall": 10, "cpu": 9}, "stages": {"UMAP": {"wall": 4, "cpu": 4}}}
    sums = analysis.seconds_by_stage([job, job])
    assert sums == {"other, embed": {"wall": 12, "cpu": 10}, "UMAP": {"wall": 8, "cpu": 8}}


def test_a_step_tells_its_stages_and_one_that_fails_its_words(tmp_path, study):
    windows = ("--windows", str(study / "windows.parquet"), "--labels", str(study / "labels.parquet"))
    good = analysis_job.Job("folds", (*windows, "--out", str(tmp_path / "folds.parquet")))
    found = analysis_job.run([[good]], tmp_path, 1)
    assert found["jobs"][0]["options"][-1] == "folds.parquet"
    assert found["jobs"][0]["total"]["cpu"] > 0 and 0 < found["jobs"][0]["total"]["wall"] < found["wall"]
    assert found["peak_bytes"] > 1e7
    with pytest.raises(UserError, match=r"(?s)the step folds ended with status 2.*--out"):
        analysis_job.run([[analysis_job.Job("folds", windows)]], tmp_path, 1)


def test_a_tiny_run_finds_the_motions(monkeypatch, tmp_path):
    """In this process: one of its own would import for seconds."""

    def run(stages, folder, cores):
        jobs = [job for stage in stages for job in stage]
        for job in jobs:
            importlib.import_module(f"moodreel.steps.{job.step}").main(job.options)
        timed = [{"step": job.step, "total": {"wall": 1.0, "cpu": 1.0}, "stages": {}} for job in jobs]
        return {"wall": 60.0, "peak_bytes": 2e9, "jobs": timed}

    monkeypatch.setattr(analysis, "run", run)
    monkeypatch.setitem(analysis.SETTINGS, "clusters", {"k": 7, "k_max": 7, "resamples": 2, "nulls": 0, "restarts": 2})
    three = {"classifiers": ["knn", "svm", "stratified"]}
    monkeypatch.setitem(analysis.SETTINGS, "classify", analysis.SETTINGS["classify"] | three)
    monkeypatch.setattr(analysis, "PAPER", {"videos": 14, "windows": 10})
    found = analysis.size(tmp_path, 1.0)
    assert found["windows"] == found["windows_predicted"] == 140
    assert (found["windows_fitted"], found["minutes_paper_size"], found["peak_gb"]) == (105, 1, 2)
    assert found["ari"] > 0.5
    assert found["label_accuracy_grouped"] == min(found["accuracy"]["grouped truth"][c] for c in ("knn", "svm"))
    assert found["label_accuracy_grouped"] > 0.8


def test_tslearn_is_timed_on_the_same_windows(tmp_path):
    found = analysis.compare_with_tslearn(tmp_path, 0.1)
    assert found["tslearn_knn"]["training_windows"] == 50
    assert found["ratio_tslearn_knn"] > 1
    assert set(found["raw"]) == {"dtw", "euclidean"}
