"""What a reproduction finds in its folder, and which folders it leaves alone."""

from __future__ import annotations

import json

import pytest
import yaml

from moodreel.errors import UserError
from moodreel.manifest import record, reproduce
from moodreel.plan import Plan
from moodreel.settings.resolve import resolve
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS
from unit.manifest.runs import edited, run


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A run of three videos: one beside it, one with an address of its own, one fetched."""
    folder = tmp_path / "old"
    manifest = run(folder)
    elsewhere = tmp_path / "elsewhere.mp4"
    elsewhere.write_bytes(b"film")
    fetched = folder / "results" / "sources" / "youtube"
    fetched.mkdir(parents=True)
    for name in ("t.mp4", "t.fetch.json"):
        (fetched / name).write_text("{}")
    (folder / "table.tsv").write_text(
        f"video\tsource\tperformer\trate_hz\nv\tclip.mp4\tp\t\nw\t{elsewhere}\tp\t12.5\nt\tabcdefghijk\t\t\n"
    )
    monkeypatch.chdir(folder)
    settings = resolve({"run": "r", "videos": "table.tsv", "models": {"folder": "networks"}})
    (folder / "networks").mkdir()
    rows = Plan.unchecked(settings.model_dump(mode="json")).rows
    import polars as pl

    base.write_tsv(manifest.with_name("videos.tsv"), VIDEOS, pl.DataFrame(rows, schema=base.polars_schema(VIDEOS)))
    content = json.loads(manifest.read_text())
    content["files"].append({"name": "videos.tsv", "path": "results/runs/r/videos.tsv"})
    return edited(manifest, settings=settings.model_dump(mode="json"), files=content["files"])


def stub(monkeypatch, status=0):
    """Snakemake that does nothing; returns its command lines."""
    asked = []

    def call(command, **_):
        asked.append(command)
        return type("Done", (), {"returncode": status})

    monkeypatch.setattr(reproduce.subprocess, "run", call)
    return asked


def test_the_folder_holds_the_runs_settings_and_links(old, tmp_path, monkeypatch):
    asked = stub(monkeypatch)
    made = reproduce.reproduce(old, tmp_path / "again", cores="2", options=["--quiet"])
    again = tmp_path / "again"
    assert made == again / "results" / "runs" / "r" / record.NAME
    assert asked[0][1:3] == ["-m", "snakemake"] and asked[0][-3:] == ["--cores", "2", "--quiet"]
    assert (again / "clip.mp4").is_symlink() and (again / "clip.mp4").read_bytes() == b"a film"
    assert (again / "results" / "sources" / "youtube" / "t.mp4").is_symlink()
    assert (again / "networks").resolve() == old.parents[3] / "networks"
    monkeypatch.chdir(again)
    plan = Plan.unchecked(yaml.safe_load((again / "config.yaml").read_text()))
    assert plan.settings.model_dump(mode="json") == record.read(old).head["settings"]
    assert plan.rows == base.read_tsv(old.with_name("videos.tsv"), VIDEOS).rows(named=True)


def test_what_was_cut_off_goes_on_and_what_is_finished_begins_anew(old, tmp_path, monkeypatch):
    again = tmp_path / "again"
    stub(monkeypatch, status=1)
    with pytest.raises(UserError, match="goes on from there"):
        reproduce.reproduce(old, again)
    (again / "half").touch()
    stub(monkeypatch)
    reproduce.reproduce(old, again)
    assert (again / "half").exists()
    reproduce.reproduce(old, again)
    assert not (again / "half").exists()


def test_a_folder_that_is_not_ours_is_left_alone(old, tmp_path, monkeypatch):
    stub(monkeypatch)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(UserError, match="other things lie there"):
        reproduce.reproduce(old, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_a_manifest_without_its_run_cannot_be_made_anew(old, tmp_path):
    old.with_name("videos.tsv").unlink()
    with pytest.raises(UserError, match="moodreel compare"):
        reproduce.reproduce(old, tmp_path / "again")
