"""The record of a whole run: it knows what Snakemake knows, leads back to the videos, and holds against a second run."""

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from crates import issues
from moodreel.storage.atomic import sha256
from moodreel.workflow.cleanup import planned
from moodreel.workflow.provenance import crate, run_record
from workflow.workplace import ROOT, environment


@pytest.fixture(scope="module")
def record(chain):
    return run_record.read(chain.run / crate.NAME)


def moodreel(folder: Path, *arguments: object, status: int = 0) -> str:
    """What the command writes, which has to end with `status`."""
    command = [sys.executable, "-m", "moodreel", *map(str, arguments)]
    variables = environment(PYTHONPATH=str(ROOT / "workflow"))
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == status, done.stdout[-4000:] + done.stderr[-8000:]
    return done.stdout


def option(command: str, name: str) -> str | None:
    words = shlex.split(command.partition(" &> ")[0])
    return words[words.index(name) + 1] if name in words else None


def test_all_that_lies_in_the_runs_folder_is_in_it(chain, record):
    files = [path for path in chain.run.rglob("*") if path.is_file() and not path.name.startswith(".")]
    there = {str(path.relative_to(chain.folder)) for path in files}
    own = {f"results/runs/quick/{name}" for name in (crate.NAME, crate.WORKFLOW, run_record.DIGESTS_NAME)}
    listed = {entry.path for entry in record.files.values()}
    assert there - own <= listed
    assert planned.required_by(chain.run) == [], "it names all that was planned as the run began"
    for entry in record.files.values():
        path = record.where(entry)
        if entry.bytes is not None and path.is_file():
            assert (path.stat().st_size, sha256(path)) == (entry.bytes, entry.sha256), entry.name


def test_it_is_a_workflow_run_crate(chain, monkeypatch):
    assert issues(chain.run, "workflow-run-crate", "REQUIRED", monkeypatch) == []


def test_of_every_file_it_says_all_that_its_command_names(chain, record):
    """It is put together from what jobs say of themselves: so it is held against what Snakemake says of them."""
    records = chain.records()
    folders = ("results/runs/quick/", "results/videos", "results/sources", "results/performers")
    outputs = [path for path in records if path.startswith(folders)]
    assert len(outputs) > 60
    by_path = {entry.path: entry for entry in record.files.values()}
    for path in outputs:
        if Path(path).name in (crate.NAME, run_record.DIGESTS_NAME, crate.WORKFLOW):
            continue
        under = [entry for name, entry in by_path.items() if name == path or name.startswith(f"{path}/")]
        assert under, path
        command = records[path]["shellcmd"]
        for entry in under:
            assert f"-m moodreel.steps.{entry.making.step} " in command, path
            assert option(command, "--code") == entry.making.code, path
            given = json.loads(option(command, "--settings") or "{}")
            assert given.keys() <= entry.making.settings.keys() or entry.making.step in ("describe", "table"), path
            inputs = {one.path for one in record.inputs(entry)}
            named = {i for i in records[path]["input"] if i in shlex.split(command.partition(" &> ")[0])}
            missing = {i for i in named if not any(p == i or p.startswith(f"{i}/") for p in inputs)}
            assert not missing, (path, missing)


def test_every_column_has_its_digest(chain, record):
    tables = [e for e in record.files.values() if e.path.endswith((".parquet", ".tsv")) and e.making]
    assert {entry.name for entry in tables} <= record.digests.keys()
    windows = pl.read_parquet(chain.run / "windows.parquet")
    assert set(record.digests["windows.parquet"]) == set(windows.columns)
    assert record.digests["windows.parquet"]["start_s"].mean == pytest.approx(windows["start_s"].mean())


@pytest.mark.parametrize(
    "name", ["report.html", "clusters.parquet", "pairs.tsv", "figures/map.svg", "models/knn.skops"]
)
def test_from_every_kind_of_output_one_comes_to_the_videos(chain, name):

    def leaves(node):
        return [node] if not node["inputs"] else [leaf for one in node["inputs"] for leaf in leaves(one)]

    root = json.loads(moodreel(chain.folder, "provenance", chain.run / name, "--json"))
    assert root["sha256"] == sha256(chain.run / name)
    assert root["making"]["settings"] is not None and root["libraries"]
    assert any(leaf["path"].startswith("results/sources/builtin-0/") for leaf in leaves(root))


def test_a_colleagues_run_with_another_seed_is_distinguished(chain, record, tmp_path):
    """Their folder: the same but for one table, changed in one value of one column."""
    theirs = tmp_path / "results" / "runs" / "quick"
    shutil.copytree(chain.run, theirs)
    compared = ("compare", chain.run / crate.NAME, theirs / crate.NAME)
    moodreel(chain.folder, *compared)
    text = (theirs / crate.NAME).read_text()
    (theirs / crate.NAME).write_text(text.replace(record.files["pairs.tsv"].sha256, "0" * 64))
    moodreel(chain.folder, *compared)  # the digests are the same still
    digests = pl.read_parquet(theirs / run_record.DIGESTS_NAME)
    changed = (pl.col("file") == "pairs.tsv") & (pl.col("column") == "score")
    moved = pl.when(changed).then(pl.col("max") + 0.5).otherwise(pl.col("max")).cast(pl.Float32)
    stamp = run_record.base.read_stamp(theirs / run_record.DIGESTS_NAME)
    run_record.base.write(theirs / run_record.DIGESTS_NAME, run_record.DIGESTS, digests.with_columns(max=moved), stamp)
    text = moodreel(chain.folder, *compared, status=1)
    assert "pairs.tsv" in text and "score" in text


def test_what_may_be_deleted_does_not_make_the_run_start_again(chain, tmp_path):
    copy = shutil.copytree(chain.folder, tmp_path / "copy", symlinks=True)
    for kind in ("meshes", "clips", "caches", "evaluation", "logs", "unnamed", "temporaries"):
        assert f"deleted {kind}" in moodreel(copy, "space", "--delete", kind)
    assert not list(copy.glob("results/videos/*/*/mesh.parquet"))
    assert replace(chain, folder=copy).would_run() == set()


def test_a_run_is_made_again_and_compared(applied):
    """A small one: a trained model applied to one clip and to a file that cannot be read."""
    first = applied.run / crate.NAME
    text = moodreel(applied.folder, "reproduce", first, "--cores", "2", "--", "--quiet")
    again = applied.folder / "results" / "reproduced" / "new"
    files = run_record.read(first).files
    assert (again / "results" / "videos" / "hopper-jaw_open-2").is_dir()
    assert f"{len(files)} of {len(files)} files are the same" in text
    table = again / "results" / "runs" / "new" / "applied" / "hopper-jaw_open-2.tsv"
    table.write_text(table.read_text().replace("jaw_open", "smile"))
    assert "CHANGED" in moodreel(applied.folder, "provenance", table, status=1)
