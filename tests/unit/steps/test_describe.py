"""Steps `describe` and `table`: what a run is, written down."""

from __future__ import annotations

import json
import sys

import pytest
import yaml

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.steps import describe, table
from moodreel.tables import base
from moodreel.tables.videos import EXTRACTIONS, VIDEOS
from moodreel.workflow.plan import Plan


def _run(module, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["step", *map(str, arguments)])
    module.main()


def _videos(folder):
    (folder / "videos.tsv").write_text("video\tsource\tperformer\n0012\tbuiltin:hopper/smile/1\tNA\n")
    return {"run": "r", "videos": str(folder / "videos.tsv")}


def test_the_settings_are_written_whole_and_can_be_used_again(tmp_path, monkeypatch):
    config = _videos(tmp_path)
    _run(
        describe,
        monkeypatch,
        "--settings",
        json.dumps(config),
        "--out",
        tmp_path / "s.yaml",
        "--extractions",
        tmp_path / "e.tsv",
    )
    written = yaml.safe_load((tmp_path / "s.yaml").read_text())
    assert resolve(written) == resolve(config)


def test_an_extraction_is_listed_once(tmp_path, monkeypatch):
    config = _videos(tmp_path)
    for changes in ({}, {"run": "other"}, {"pose": {"min_visibility": 0.4}}):
        settings = json.dumps({**config, **changes})
        _run(
            describe,
            monkeypatch,
            "--settings",
            settings,
            "--out",
            tmp_path / "s.yaml",
            "--extractions",
            tmp_path / "e.tsv",
        )
    listed = base.read_tsv(tmp_path / "e.tsv", EXTRACTIONS)
    assert listed.height == 2
    assert set(Plan.of(config).extractions) <= set(listed["extraction"])


def test_ids_that_look_like_numbers_stay_text(tmp_path, monkeypatch):
    plan = Plan.of(_videos(tmp_path))
    sha256 = plan.rows_sha256
    _run(table, monkeypatch, "--settings", plan.table_settings, "--rows-sha256", sha256, "--out", tmp_path / "v.tsv")
    (row,) = base.read_tsv(tmp_path / "v.tsv", VIDEOS).rows(named=True)
    assert (row["video"], row["performer"], row["start_s"]) == ("0012", "NA", None)
    assert row["folder"] == plan.folder("0012")


def test_a_table_that_was_changed_since_the_run_was_planned_is_refused(tmp_path, monkeypatch):
    """Written down, it would be taken for what was planned, also once the change is undone."""
    plan = Plan.of(_videos(tmp_path))
    planned = plan.rows_sha256
    (tmp_path / "videos.tsv").write_text("video\tsource\tperformer\n0012\tbuiltin:hopper/smile/1\tsomebody\n")
    with pytest.raises(UserError, match="has changed since the run was planned"):
        _run(
            table,
            monkeypatch,
            "--settings",
            plan.table_settings,
            "--rows-sha256",
            planned,
            "--out",
            tmp_path / "v.tsv",
        )
    assert not (tmp_path / "v.tsv").exists()
