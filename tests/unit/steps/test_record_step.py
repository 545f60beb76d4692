"""The step that writes the record of a run: what it refuses."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.steps import record
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import crate, run_record
from unit.steps.calls import call

GIVEN = {
    "settings_of_run": "settings.yaml", "videos": "videos.tsv", "record_out": crate.NAME,
    "digests_out": run_record.DIGESTS_NAME, "workflow_out": crate.WORKFLOW,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("clip.mp4").write_bytes(b"film")
    Path("table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tp\n")
    settings = resolve({"run": "r", "videos": "table.tsv"}).model_dump(mode="json")
    Path("settings.yaml").write_text(yaml.safe_dump(settings))
    base.write_tsv("videos.tsv", VIDEOS, pl.DataFrame(Plan.of(settings).rows))
    return tmp_path


def test_an_unknown_run_has_a_record_with_its_settings_unless_its_videos_have_changed_meanwhile(folder):
    call(record, **GIVEN)
    assert run_record.read(folder).head["settings"]["videos"] == "table.tsv"
    assert "rule all:" in (folder / crate.WORKFLOW).read_text()
    Path("table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tq\n")
    with pytest.raises(UserError, match=r"table\.tsv has changed during the run"):
        call(record, **GIVEN)
