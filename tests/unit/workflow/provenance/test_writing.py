"""What the record of a run says, put together from the records of jobs."""

import json
import os
from pathlib import Path

import pytest

from crates import issues
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.clusters import SILHOUETTE
from moodreel.tables.music import SOUNDTRACK
from moodreel.workflow.job import Job, declare, record_path
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import contents, crate, run_record, writing
from moodreel.workflow.step import Input, Output
from unit.workflow.provenance.runs import table_of

CONFIG = {"run": "r", "videos": "table.tsv"}


@declare(inputs={"video": Input("a film")}, outputs={"out": Output(SOUNDTRACK)}, libraries=("av",))
def listen(job: Job) -> None:
    job.write("out", table_of(SOUNDTRACK, 3, 0.0))


@declare(inputs={"sound": Input(SOUNDTRACK)}, outputs={"out": Output(SILHOUETTE), "pictures": Output("a folder")})
def draw(job: Job) -> None:
    job.read("sound")
    job.write("out", table_of(SILHOUETTE, 4, 0.0))
    job.outputs.pictures.mkdir(exist_ok=True)
    (job.outputs.pictures / "map.png").write_bytes(b"a picture")


class Run:
    """A run of two steps on one film, and its record."""

    def __init__(self, folder: Path) -> None:
        (folder / "clip.mp4").write_bytes(b"film")
        (folder / "table.tsv").write_text("video\tsource\tperformer\nv\tclip.mp4\tp\n")
        self.plan = Plan.of(CONFIG)
        self.results = Path(self.plan.run)
        self.sound = Path(self.plan.soundtrack("v"))
        listen(["--video", "clip.mp4", "--out", str(self.sound), "--code", "old"])
        self.draw()
        (self.results / crate.WORKFLOW).write_text("rule all:\n")

    def draw(self) -> None:
        out = ("--out", str(self.results / "silhouette.tsv"), "--pictures-out", str(self.results / "gallery"))
        draw(["--sound", str(self.sound), *out, "--code", "old"])

    def record(self) -> tuple[run_record.Record, list[str]]:
        """The record as it is written now, and its remarks."""
        out = self.results / crate.NAME
        writing._read_job.cache_clear()
        out.parent.mkdir(parents=True, exist_ok=True)
        remarks = writing.write(Plan.of(CONFIG), out, out.with_name(run_record.DIGESTS_NAME), {})
        return run_record.read(out), remarks


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Plan, "code_of", lambda plan, step, extraction=None, kind=None: "old")
    return Run(tmp_path)


def test_each_file_leads_back_to_the_video(run):
    record, _ = run.record()
    names = ["sources/v.mp4", "videos/v/soundtrack.parquet", "gallery/map.png", "silhouette.tsv"]
    assert [name for name in record.files if name in names] == names, "each after what it is made from"
    picture = record.files["gallery/map.png"]
    assert (picture.making.step, picture.making.code) == ("test_writing", "old")
    assert picture.sha256 == atomic.sha256(run.results / "gallery" / "map.png")
    (sound,) = record.inputs(picture)
    assert sound.name == names[1] and list(sound.making.libraries) == ["av", "python"]
    assert [one.path for one in record.inputs(sound)] == ["clip.mp4"]
    assert record.files["sources/v.mp4"].sha256 == atomic.sha256("clip.mp4")
    assert record.files["sources/v.mp4"].making is None
    assert record.digests["silhouette.tsv"]["silhouette"].values == 4 and "sources/v.mp4" not in record.digests


@pytest.mark.parametrize("profile", ["process-run-crate", "workflow-run-crate"])
def test_the_record_is_a_workflow_run_crate(run, monkeypatch, profile):
    run.record()
    assert issues(run.results, profile, "REQUIRED", monkeypatch) == []
    text = (run.results / crate.NAME).read_text()
    (run.results / crate.NAME).write_text(text.replace('"instrument"', '"tool"'))
    assert issues(run.results, profile, "REQUIRED", monkeypatch), "or it would find nothing in any"


def test_each_entity_stands_on_a_line_of_its_own(run):
    run.record()
    lines = [line.strip().rstrip(",") for line in (run.results / crate.NAME).read_text().splitlines()]
    ids = [json.loads(line)["@id"] for line in lines if line.startswith('{"@id"')]
    graph = json.loads((run.results / crate.NAME).read_text())["@graph"]
    assert ids == [one["@id"] for one in graph] and len(set(ids)) == len(ids)


def test_a_file_that_is_gone_is_still_reported_of(run):
    Path(run.sound).unlink()
    record, _ = run.record()
    sound = record.files["videos/v/soundtrack.parquet"]
    assert sound.bytes is None and sound.sha256 and sound.making
    assert record.inputs(record.files["silhouette.tsv"]) == [sound]


def test_files_by_other_code_are_remarked_on_but_not_downloads(run, monkeypatch):
    assert run.record()[1] == []
    monkeypatch.setattr(Plan, "code_of", lambda plan, step, extraction=None, kind=None: "new")
    record, (remark,) = run.record()
    assert "were made by other code than the present" in remark and "silhouette.tsv" in remark
    assert record.files["silhouette.tsv"].making.code == "old"
    monkeypatch.setattr(writing, "NOT_AGAIN", "test_writing")
    assert run.record()[1] == []


def test_a_file_of_no_step_is_remarked_on_and_a_changed_one_not_taken_for_what_was_made(run):
    (run.results / "mine.tsv").write_text("by hand\n")
    path = run.results / "silhouette.tsv"
    path.write_text(path.read_text() + "\n")
    record, remarks = run.record()
    assert any("were made by none of its steps" in one and "mine.tsv" in one for one in remarks)
    assert "mine.tsv" not in record.files
    assert record.files["silhouette.tsv"].sha256 == atomic.sha256(path)


def test_a_table_that_was_replaced_between_two_of_its_results_is_reported(run):
    sound, before = run.sound, record_path(run.results / "silhouette.tsv").read_text()
    base.write(sound, SOUNDTRACK, table_of(SOUNDTRACK, 3, 1.0), {"other": 1, **base.read_stamp(sound)})
    os.replace(run.results / "silhouette.tsv", run.results / "other.tsv")
    other = before.replace("silhouette.tsv", "other.tsv").replace("gallery", "shown")
    record_path(run.results / "other.tsv").write_text(other)
    run.draw()
    _, remarks = run.record()
    (remark,) = [one for one in remarks if "was replaced" in one]
    assert remark.startswith(f"{sound} was replaced") and "other.tsv" in remark


def test_what_has_not_changed_is_not_read_again(run, monkeypatch):
    first, _ = run.record()
    read = []
    whole = contents.digests
    monkeypatch.setattr(contents, "digests", lambda path: read.append(str(path)) or whole(path))
    again, _ = run.record()
    assert read == [] and again.files == first.files and again.digests == first.digests
    run.draw()
    run.record()
    assert read == [], "made again, to the same bytes"
    base.write_tsv(run.results / "silhouette.tsv", SILHOUETTE, table_of(SILHOUETTE, 4, 1.0))
    run.record()
    assert read == [str(run.results / "silhouette.tsv")]


def test_a_folder_of_files_per_frame_counts_as_one(run):
    Path("json").mkdir()
    Path("json", "frame_0.json").write_text("{}")
    header = "video\tsource\tperformer\tpose_backend\tpose_file\n"
    Path("table.tsv").write_text(f"{header}v\tclip.mp4\tp\topenpose\tjson\n")
    listen(["--video", "json", "--out", str(run.results / "silhouette.tsv").replace("silhouette.tsv", "sound.parquet")])
    record, _ = run.record()
    assert [name for name in record.files if name.startswith("given/")] == ["given/v.pose"]
    assert record.files["given/v.pose"].path == "json"
    assert record.files["given/v.pose"].sha256 == atomic.sha256("json")
