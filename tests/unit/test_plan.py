from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from moodreel import provenance
from moodreel.errors import UserError
from moodreel.plan import SECTIONS, Plan
from moodreel.settings.resolve import Settings
from moodreel.tables import base
from moodreel.tables.extraction import POSE

ROOT = Path(__file__).parents[2]
READERS = {"extract": "extraction/job.py"}
"""Where a step's settings are read, if not in the step."""
HEADER = "video\tsource\tperformer\temotion\tstart_s\tend_s\n"


def plan_of(tmp_path, monkeypatch, rows, **config):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos.tsv").write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows))
    return Plan.of({"videos": "videos.tsv", **config})


ACTED = [
    ("a", "builtin:hopper/smile/1", "hopper", "", "", ""),
    ("b", "builtin:astronaut/smile/1", "astronaut", "", "", ""),
]


@pytest.mark.parametrize("step", sorted(SECTIONS))
def test_each_step_is_told_the_sections_it_reads(step):
    """A section that a step reads but is not told would silently have its defaults."""
    source = (provenance.ROOT / READERS.get(step, f"steps/{step}.py")).read_text()
    read = set(re.findall(r"""settings\.get\(["'](\w+)["']""", source))
    assert read == set(SECTIONS[step])
    assert read <= set(Settings.model_fields)


def test_every_rule_with_settings_is_known():
    rules = "".join(p.read_text() for p in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert set(re.findall(r'settings_of\("(\w+)"\)', rules)) <= set(SECTIONS)
    commands = set(re.findall(r"-m moodreel\.steps\.(\w+)", rules))
    assert {p.stem for p in (provenance.ROOT / "steps").glob("*.py")} - commands == {"__init__", "command", "document"}


def test_the_extraction_is_named_after_what_changes_its_numbers(tmp_path, monkeypatch):
    def name(**config):
        return plan_of(tmp_path, monkeypatch, ACTED, **config).extraction

    assert name() == name(extraction={"device": "cuda", "threads": 4, "videos_per_job": 20})
    assert name() == name(run="other", windows={"stride_s": 1})
    assert re.fullmatch(r"blazepose-facemesh-[0-9a-f]{8}", name())
    assert name() != name(pose={"min_visibility": 0.4})
    assert name() != name(actors={"noise_seed": 1})


def test_a_setting_changes_only_the_steps_that_read_it(tmp_path, monkeypatch):
    before = plan_of(tmp_path, monkeypatch, ACTED)
    after = plan_of(tmp_path, monkeypatch, ACTED, pairing={"ranks": 5})
    changed = {step for step in SECTIONS if before.settings_of(step) != after.settings_of(step)}
    assert changed == {"pair", "preview"}
    assert before.rows == after.rows


def test_the_epoch_changes_every_step(tmp_path, monkeypatch):
    before = plan_of(tmp_path, monkeypatch, ACTED)
    after = plan_of(tmp_path, monkeypatch, ACTED, cache={"epoch": 1})
    assert all(before.code_of(step) != after.code_of(step) for step in SECTIONS)


def test_missing_files_are_all_named(tmp_path, monkeypatch):
    (tmp_path / "there.mp4").write_bytes(b"")
    rows = [
        ("x", "gone.mp4", "", "", "", ""),
        ("y", "there.mp4", "", "", "", ""),
        ("z", "also/gone.mp4", "", "", "", ""),
    ]
    with pytest.raises(UserError, match="2 of 3") as caught:
        plan_of(tmp_path, monkeypatch, rows)
    assert "gone.mp4" in str(caught.value) and "also/gone.mp4" in str(caught.value)


def test_built_in_clips_that_do_not_exist_are_all_named(tmp_path, monkeypatch):
    rows = [("x", "builtin:hopper/smyle/1", "", "", "", ""), ("y", "builtin:nobody/smile/1", "", "", "", "")]
    with pytest.raises(UserError, match="2 built-in clips") as caught:
        plan_of(tmp_path, monkeypatch, rows)
    assert "Did you mean builtin:hopper/smile/1?" in str(caught.value)


def test_downloads_need_the_terms_accepted(tmp_path, monkeypatch):
    rows = [("x", "https://www.youtube.com/watch?v=abcdefghijk", "", "", "", "")]
    with pytest.raises(UserError, match="accept_terms"):
        plan_of(tmp_path, monkeypatch, rows)
    plan = plan_of(tmp_path, monkeypatch, rows, source={"youtube": {"accept_terms": True}})
    assert plan.media("x") == "results/sources/youtube/x.mp4"


def test_acted_figures_only_where_everything_is_acted(tmp_path, monkeypatch):
    (tmp_path / "v.mp4").write_bytes(b"")
    mixed = plan_of(tmp_path, monkeypatch, [*ACTED, ("v", "v.mp4", "", "", "", "")])
    assert not any(name.endswith("acted.tsv") for name in mixed.results)
    assert any(name.endswith("acted.tsv") for name in plan_of(tmp_path, monkeypatch, ACTED).results)


def test_nulls_are_dealt_into_jobs(tmp_path, monkeypatch):
    plan = plan_of(tmp_path, monkeypatch, ACTED, classify={"nulls": 4, "draws_per_job": 2})
    assert [Path(p).name for p in plan.evaluation_parts("scores")] == [
        "scores-0-1.parquet",
        "scores-2-3.parquet",
        "scores-4-4.parquet",
    ]


def test_shards_hold_what_is_not_read_yet(tmp_path, monkeypatch):
    def unread(**extraction):
        return plan_of(tmp_path, monkeypatch, ACTED, extraction=extraction).shards.unread

    assert unread(videos_per_job=2) == {"0-of-1": ["a", "b"]}
    plan = plan_of(tmp_path, monkeypatch, ACTED)
    stamp = {"code": plan.code_of("extract"), "start_s": None, "end_s": None}
    base.write(plan.pose("a"), POSE, POSE.empty(), stamp)
    assert unread(videos_per_job=2) == unread(videos_per_job=2, keep_mesh=False) == {"0-of-1": ["b"]}
    assert unread() == {}


def test_the_table_is_resolved_from_a_part_of_the_settings(tmp_path, monkeypatch):
    plan = plan_of(
        tmp_path, monkeypatch, ACTED, pose={"min_visibility": 0.4}, actors={"noise_seed": 3}, pairing={"ranks": 9}
    )
    assert Plan.unchecked(json.loads(plan.table_settings)).rows == plan.rows
    assert "pairing" not in plan.table_settings
