"""The manifest step: what it refuses, and what it remarks on."""

from __future__ import annotations

import json

import polars as pl
import pytest
import yaml

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.steps import manifest
from moodreel.tables import base
from moodreel.tables.classify import FOLDS
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import record


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run's folder in which only what comes first has been made, and one table by other code."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(b"film")
    (tmp_path / "table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tp\n")
    plan = Plan.of({"run": "r", "videos": "table.tsv"})
    folder = tmp_path / plan.run
    folder.mkdir(parents=True)
    settings = resolve({"run": "r", "videos": "table.tsv"}).model_dump(mode="json")
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings))
    base.write_tsv(folder / "videos.tsv", VIDEOS, pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    base.write(folder / "folds.parquet", FOLDS, FOLDS.empty(), {"code": "other", "libraries": {"scipy": "1"}})
    (folder / "old.tsv").write_text("left over\n")
    return folder


def step(monkeypatch, folder, *more):
    out, digests = folder / record.NAME, folder / record.DIGESTS_NAME
    words = ["--run", folder, "--out", out, "--digests-out", digests, "--code", "abc-0", *more]
    monkeypatch.setattr("sys.argv", ["manifest", *map(str, words)])
    manifest.main()
    return record.read(out)


def test_it_tells_what_is_there_and_what_is_not_as_the_plan_says(run, monkeypatch, capsys):
    found = step(monkeypatch, run)
    said = capsys.readouterr().out
    assert "1 files were made by other code than that which lies here" in said and "(folds.parquet)" in said
    assert "1 files in results/runs/r belong to none of its steps" in said and "old.tsv" in said
    folds = found.files["folds.parquet"]
    assert found.making(folds)["code"] == "other"
    assert found.libraries(folds) == {"scipy": "1"}
    assert "numpy" in found.libraries(found.files["videos.tsv"])
    assert found.files["windows.parquet"].sha256 is None, "what is gone still links the others"
    assert [one.name for one in found.inputs(found.files["folds.parquet"])] == ["windows.parquet", "labels.parquet"]
    assert found.digests["folds.parquet"]["video"].values == 0


def test_it_says_the_same_with_more_threads_and_from_what_it_remembers(run, monkeypatch):
    first = step(monkeypatch, run)
    digests = base.read(run / record.DIGESTS_NAME, record.DIGESTS)
    again = step(monkeypatch, run, "--threads", "2")
    assert again.files == first.files and again.makings == first.makings
    assert base.read(run / record.DIGESTS_NAME, record.DIGESTS).equals(digests)


def test_a_table_of_videos_that_changed_meanwhile_is_told(run, monkeypatch):
    (run.parents[2] / "table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tq\n")
    with pytest.raises(UserError, match="table.tsv has changed while the run went on"):
        step(monkeypatch, run)


def test_each_file_stands_on_a_line_of_its_own(run, monkeypatch):
    step(monkeypatch, run)
    lines = [line.rstrip(",") for line in (run / record.NAME).read_text().splitlines() if line.startswith('{"name"')]
    names = [json.loads(line)["name"] for line in lines]
    assert len(names) == len(set(names)) == len(record.read(run / record.NAME).files)


def test_a_folder_of_files_per_frame_counts_as_one(run, monkeypatch):
    top = run.parents[2]
    (top / "json").mkdir()
    (top / "json" / "frame_0.json").write_text("{}")
    header = "video\tsource\tperformer\tpose_backend\tpose_file\n"
    (top / "table.tsv").write_text(f"{header}v\tclip.mp4\tp\topenpose\tjson\n")
    plan = Plan.of({"run": "r", "videos": "table.tsv"})
    base.write_tsv(run / "videos.tsv", VIDEOS, pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    found = step(monkeypatch, run)
    assert [name for name in found.files if name.startswith("given/")] == ["given/v.pose"]
    assert found.files["given/v.pose"].path == "json"
