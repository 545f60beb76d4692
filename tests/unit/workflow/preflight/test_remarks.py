"""What a table says without a mistake, and what is told of it: words for nothing, and recordings that occur twice."""

import os
import shutil
from pathlib import Path

import pytest

from moodreel.workflow.plan import Plan
from moodreel.workflow.preflight import checks
from moodreel.workflow.preflight.remarks import remarks

HEADER = "video\tsource\tperformer\temotion\tstart_s\tend_s\n"


@pytest.fixture(autouse=True)
def _films(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / f"{name}.mp4").write_bytes(name.encode() * 70_000)
    (folder / "copies").mkdir()
    shutil.copy("one.mp4", "copies/another.mkv")
    os.symlink("one.mp4", "link.mp4")
    for name in ("empty", "void"):
        (folder / f"{name}.mp4").touch()


def planned(*rows: str) -> Plan:
    """The plan for rows with cells between blanks; `_` is an empty cell."""
    lines = ["\t".join("" if cell == "_" else cell for cell in row.split(" ")) for row in rows]
    Path("videos.tsv").write_text(HEADER + "".join(f"{line}\n" for line in lines))
    plan = Plan.of({"videos": "videos.tsv"})
    checks.check(plan)
    return plan


@pytest.mark.parametrize("source", ["./one.mp4", "copies/another.mkv", "link.mp4", "copies/../one.mp4"])
def test_one_recording_under_two_ids_is_known_and_told(source):
    plan = planned("a two.mp4 x joy", "b one.mp4 x joy", f"c {source} x joy", "d two.mp4 x joy 1 2")
    assert plan.recordings == {"a": "a", "b": "b", "c": "b", "d": "a"}
    assert [row["recording"] for row in plan.rows] == [None, None, "b", "a"]
    (remark,) = remarks(plan)
    assert remark.startswith("videos.tsv: the same part of a recording occurs again, 2 in all (")
    assert "line 4, c: as line 3, b" in remark and "line 5, d: as line 2, a" in remark


def test_each_kind_of_contradiction_between_copies_is_told():
    copy = "copies/another.mkv"
    plan = planned("a one.mp4 x joy", f"b {copy} x sad 0 1", f"c {copy} y joy 1 2", f"d {copy} y sad 2 3")
    kinds = [remark.partition("occurs again")[2].partition(", 1 in all (")[0] for remark in remarks(plan)]
    assert kinds == [
        ", with another emotion",
        ", with another performer",
        ", with another performer and another emotion",
    ]


def test_parts_that_do_not_overlap_are_one_recording_and_no_remark():
    plan = planned("a one.mp4 x joy _ 1", "b one.mp4 y sad 1 2", "c copies/another.mkv x _ 2 3")
    assert set(plan.recordings.values()) == {"a"} and remarks(plan) == []


def test_empty_files_and_other_recordings_are_no_copies():
    plan = planned("a one.mp4 x joy", "b two.mp4 x joy", "c empty.mp4 x joy", "d void.mp4 x joy")
    assert plan.recordings == {name: name for name in "abcd"} and remarks(plan) == []


def test_a_copy_that_is_gone_is_known_by_its_last_content():
    rows = ("a one.mp4 x joy", "b copies/another.mkv x joy")
    before = planned(*rows).recordings
    Path("copies/another.mkv").unlink()
    Path("videos.tsv").write_text(HEADER + "".join(row.replace(" ", "\t") + "\n" for row in rows))
    assert Plan.of({"videos": "videos.tsv"}).recordings == before == {"a": "a", "b": "a"}


def test_recordings_are_linked_by_files_of_other_programs_too():
    for name in ("x.csv", "y.csv"):
        Path(name).write_text("frame,success\n1,1\n")
    Path("videos.tsv").write_text(
        "video\tsource\tperformer\tpose_backend\tface_backend\tface_file\n"
        "a\t\tp\tnone\topenface\tx.csv\nb\t\tq\tnone\topenface\t./y.csv\nc\tone.mp4\tr\tnone\topenface\t./x.csv\n"
    )
    assert Plan.of({"videos": "videos.tsv"}).recordings == {"a": "a", "b": "a", "c": "a"}


def test_words_for_nothing_are_told_with_their_lines():
    plan = planned("a one.mp4 NA joy", "b two.mp4 NA ? n/a")
    assert {video.performer for video in plan.videos.values()} == {"a", "b"}
    (remark,) = remarks(plan)
    assert remark.startswith("videos.tsv: words for nothing are read as empty cells, 4 in all (line 2, performer: NA; ")
    assert "line 3, emotion: ?" in remark and "line 3, start_s: n/a" in remark
