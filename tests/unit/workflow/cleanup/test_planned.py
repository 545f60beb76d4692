"""What a run that goes on, or was cut off, has noted of the tables it stands on."""

import json
import shutil
from pathlib import Path

import pytest

from moodreel.settings.resolve import resolve
from moodreel.storage import atomic
from moodreel.workflow.cleanup import planned, required_tables, space
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import run_record, writing
from moodreel.workflow.provenance.crate import Entry
from unit.workflow.provenance.runs import edited, run

ROW = "{0}\tbuiltin:hopper/smile/{0}\thopper\n"


def plan_of(count: int = 2, **settings: object) -> Plan:
    """Clips of one performer, who has a neutral face of her own."""
    Path("videos.tsv").write_text("video\tsource\tperformer\n" + "".join(ROW.format(i) for i in range(count)))
    return Plan.of(resolve({"run": "fresh", "videos": "videos.tsv", **settings}).model_dump(mode="json"))


def extracted(plan: Plan) -> list[Path]:
    """All per-video tables, as the run has made them before it was cut off."""
    tables = [place(video) for video in plan.videos for place in (plan.pose, plan.mesh, plan.face, plan.soundtrack)]
    paths = [Path(table) for table in (*tables, *map(plan.neutral, plan.videos))]
    for table in paths:
        table.parent.mkdir(parents=True, exist_ok=True)
        table.touch()
    return paths


def record_of(plan: Plan, *tables: str) -> Path:
    """A record of the run, with nothing but these tables."""
    return edited(run(Path(), name=plan.name), files=[Entry(f"t{i}", path) for i, path in enumerate(tables)])


def unnamed() -> set[Path]:
    return next(set(kind.paths) for kind in space.survey() if kind.name == "unnamed")


def test_what_a_first_run_has_made_is_kept_although_it_was_cut_off():
    run(Path(), name="finished")
    plan = plan_of()
    planned.remember(plan)
    tables = extracted(plan)
    stray = Path("results", "videos", "gone", "pose.parquet")
    stray.parent.mkdir()
    stray.touch()
    assert unnamed() == {stray}
    space.delete("unnamed")
    assert all(table.exists() for table in tables) and not stray.exists()


def test_what_a_run_makes_by_other_settings_is_kept_until_it_ends():
    earlier, later = plan_of(), plan_of(pose={"min_detection": 0.2})
    old, new = extracted(earlier), extracted(later)
    assert earlier.folder("0") != later.folder("0")
    record_of(earlier, *map(str, old))
    assert unnamed() >= {*new} - {*old}
    planned.remember(later)
    assert not unnamed() & {*old, *new}
    record_of(later, *map(str, new))
    assert unnamed() >= {*old} - {*new}
    assert not unnamed() & {*new}
    planned.remember(later)
    shutil.copytree("results", "copied", copy_function=shutil.copyfile)
    shutil.rmtree("results")
    Path("copied").rename("results")  # of other times
    assert not unnamed() & {*new}


def test_a_note_alone_is_enough_once_the_record_is_gone():
    plan = plan_of()
    path = record_of(plan)
    planned.remember(plan)
    path.unlink()
    noted = {*plan.each(plan.folder), *plan.each(plan.soundtrack), plan.neutral("0")}
    assert planned.required_by(path.parent) == sorted(noted)
    assert planned.required_by(Path()) is None


def test_a_table_of_videos_counts_while_the_record_does_not_list_it_as_it_is():
    plan = plan_of()
    path = record_of(plan)
    table = path.with_name("videos.tsv")
    table.write_text("video\tperformer\tfolder\nw\tp\tresults/videos/w/way\n")
    assert Path("results/videos/w/way") in required_tables.by_runs(Path("results"))
    edited(path, files=[Entry("videos.tsv", str(table), sha256=atomic.sha256(table))])
    assert required_tables.by_runs(Path("results")) == set()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (planned.NAME, "{"),
        (planned.NAME, "[]"),
        (planned.NAME, '{"paths": []}'),
        ("videos.tsv", "video\tperformer\nw\tp\n"),
        ("videos.tsv", "video\tperformer\tfolder\nw\n"),
        (run_record.NAME, '{"format": 0}'),
        (run_record.NAME, ""),
    ],
)
def test_a_run_that_is_of_another_version_does_not_say(name, text):
    plan = plan_of()
    extracted(plan)
    broken = run(Path(), name="finished").parents[1] / "broken" / name
    assert unnamed()
    broken.parent.mkdir()
    broken.write_text(text)
    assert required_tables.by_runs(Path("results")) is None and not unnamed()


def test_without_any_run_nothing_is_reported():
    extracted(plan_of())
    assert required_tables.by_runs(Path("results")) is None
    Path("results/runs").mkdir()
    assert required_tables.by_runs(Path("results")) is None and not unnamed()


def test_a_note_that_cannot_be_written_stops_nothing():
    Path("results").touch()
    planned.remember(plan_of())
    assert Path("results").is_file()


def test_the_note_disturbs_nobody():
    plan = plan_of()
    run(Path(), name="fresh")
    planned.remember(plan)
    note = Path(plan.run, planned.NAME)
    assert json.loads(note.read_text())["paths"]
    assert [kind.name for kind in space.survey() if {note, note.parents[1]} & {*kind.paths}] == ["runs"]
    assert note not in writing._in_run(plan)
