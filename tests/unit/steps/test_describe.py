"""Steps `describe` and `table`: what a run is, written down."""

import json

import pytest
import yaml

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.steps import describe, table
from moodreel.tables import base
from moodreel.tables.videos import EXTRACTIONS, VIDEOS
from moodreel.workflow.plan import Plan
from unit.steps.calls import call


def _videos(folder):
    (folder / "videos.tsv").write_text("video\tsource\tperformer\n0012\tbuiltin:hopper/smile/1\t1e5\n")
    return {"run": "r", "videos": str(folder / "videos.tsv")}


def _table(folder, plan, sha256):
    call(table, settings=json.loads(plan.table_settings), rows_sha256=sha256, out=folder / "v.tsv")


def test_the_settings_are_written_whole_and_an_extraction_is_listed_once(tmp_path):
    config = _videos(tmp_path)
    for changes in ({"run": "other"}, {"pose": {"min_visibility": 0.4}}, {}):
        call(describe, settings={**config, **changes}, out=tmp_path / "s.yaml", extractions=tmp_path / "e.tsv")
    assert resolve(yaml.safe_load((tmp_path / "s.yaml").read_text())) == resolve(config), "it can be used again"
    listed = base.read_tsv(tmp_path / "e.tsv", EXTRACTIONS)
    assert listed.height == 2
    assert set(Plan.of(config).extractions) <= set(listed["extraction"])


def test_ids_that_look_like_numbers_stay_text(tmp_path):
    plan = Plan.of(_videos(tmp_path))
    _table(tmp_path, plan, plan.rows_sha256)
    (row,) = base.read_tsv(tmp_path / "v.tsv", VIDEOS).rows(named=True)
    assert (row["video"], row["performer"], row["start_s"]) == ("0012", "1e5", None)
    assert row["folder"] == plan.folder("0012")


def test_a_table_that_was_changed_since_the_run_was_planned_is_refused(tmp_path):
    """Written down, it would be taken for what was planned, also once the change is undone."""
    plan = Plan.of(_videos(tmp_path))
    sha256 = plan.rows_sha256
    (tmp_path / "videos.tsv").write_text("video\tsource\tperformer\n0012\tbuiltin:hopper/smile/1\tsomebody\n")
    with pytest.raises(UserError, match="has changed since the run was planned"):
        _table(tmp_path, plan, sha256)
    assert not (tmp_path / "v.tsv").exists()
