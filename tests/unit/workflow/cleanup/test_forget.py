"""Everything that was made from a person or a video is found, and nothing of the others that was not."""

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moodreel.cli import app
from moodreel.errors import UserError
from moodreel.workflow import run_lock
from moodreel.workflow.cleanup import forget

VIDEOS = (
    "video\tperformer\tpath\n",
    "a1\tanna\tresults/sources/youtube/y.mp4\n",
    "a2\tanna\t{own}\n",
    "b1\tben\tb.mp4\n",
)


def made(top: Path, output: str, inputs: Iterable[str] = (), text: str = "x") -> None:
    """A result and the record of its job."""
    path, record = top / output, top / "results/.jobs" / f"{output.removeprefix('results/')}.json"
    for one, content in (
        (path, text),
        (record, json.dumps({"inputs": dict.fromkeys(inputs, "0"), "outputs": {output: {}}})),
    ):
        one.parent.mkdir(parents=True, exist_ok=True)
        one.write_text(content)
    metadata = top / ".snakemake/metadata" / base64.urlsafe_b64encode(output.encode()).decode()
    metadata.parent.mkdir(parents=True, exist_ok=True)
    metadata.write_text("{}")


@pytest.fixture
def top(tmp_path, monkeypatch) -> Path:
    """Anna in two videos and Ben in two, a run of the three first and one of Ben alone, one that applies the first's
    classifiers, and one of Ben's tables that the first run has exported."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.mp4"
    own.write_text("film")
    for video, performer in (("a1", "anna"), ("a2", "anna"), ("b1", "ben"), ("b2", "ben"), ("a1.b", "ben")):
        neutral, mesh = f"results/performers/{performer}/w/au/neutral.parquet", f"results/videos/{video}/w/mesh.parquet"
        made(tmp_path, mesh)
        made(tmp_path, neutral, [mesh])
        made(tmp_path, f"results/videos/{video}/w/au/face.parquet", [mesh, neutral])
    made(tmp_path, "results/videos/gone/w/au/face.parquet", ["results/performers/anna/w/au/neutral.parquet"])
    for name in ("results/sources/youtube/y.mp4", "results/sources/youtube/z.mp4", "results/models/pose.onnx"):
        made(tmp_path, name)
    both = [f"results/videos/{video}/w/au/face.parquet" for video in ("a1", "a2", "b1")]
    made(tmp_path, "results/runs/both/features.parquet", both)
    made(tmp_path, "results/runs/both/models/svm.skops", ["results/runs/both/features.parquet"])
    made(tmp_path, "results/runs/both/exports/openface/b1.csv", ["results/videos/b1/w/au/face.parquet"])
    made(tmp_path, "results/runs/alone/features.parquet", ["results/videos/b2/w/au/face.parquet"])
    made(tmp_path, "results/runs/new/applied/b2.tsv", ["results/runs/both/models", "results/videos/b2/w/mesh.parquet"])
    made(tmp_path, "results/videos/b1/imported/face.parquet", ["results/runs/both/exports/openface/b1.csv"])
    (tmp_path / "results/runs/both/videos.tsv").write_text("".join(VIDEOS).format(own=own))
    (tmp_path / "results/runs/both/settings.yaml").write_text("run: both\nvideos: mine.tsv\n")
    (tmp_path / "results/runs/alone/videos.tsv").write_text("video\tperformer\tpath\nb2\tben\tb.mp4\n")
    (tmp_path / "results/runs/new/videos.tsv").write_text("video\tperformer\tpath\nb2\tben\tb.mp4\n")
    for name, text in (
        ("face/a1.w.log", "x"),
        ("face/a1.b.w.log", "x"),
        ("features/both.log", "kept a1, b1"),
        ("features/alone.log", "b2"),
    ):
        (tmp_path / "results/logs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results/logs" / name).write_text(text)
    (tmp_path / "results/.cache").mkdir()
    (tmp_path / "results/.cache/marks.json").write_text(json.dumps({str(own): "0"}))
    return tmp_path


def left(top: Path) -> set[str]:
    return {path.relative_to(top).as_posix() for path in top.rglob("*") if path.is_file()}


def test_a_performer_is_forgotten_and_the_others_stay(top):
    before = left(top)
    found = forget.find(performer="anna")
    assert left(top) == before, "looking deletes nothing"
    assert found.videos == ("a1", "a2", "gone")
    forget.delete(found)
    results = {name.removeprefix("results/") for name in left(top) if not name.startswith((".snake", "results/.jobs"))}
    of_ben = {f"videos/{video}/w/{name}.parquet" for video in ("b1", "b2", "a1.b") for name in ("mesh", "au/face")}
    assert results == of_ben | {
        "performers/ben/w/au/neutral.parquet", "videos/b1/imported/face.parquet", "sources/youtube/z.mp4", "own.mp4",
        "models/pose.onnx", "runs/alone/features.parquet", "runs/alone/videos.tsv", "runs/new/videos.tsv",
        "logs/face/a1.b.w.log", "logs/features/alone.log",
    }  # fmt: skip
    records = {name.removeprefix("results/.jobs/").removesuffix(".json") for name in left(top) if ".jobs" in name}
    told = {
        base64.urlsafe_b64decode(path.name).decode().removeprefix("results/")
        for path in (top / ".snakemake/metadata").iterdir()
    }
    with_record = results - {
        "own.mp4",
        *(name for name in results if name.startswith("logs/") or name.endswith("videos.tsv")),
    }
    assert records == told == with_record
    assert not (top / "results/videos/a1").exists() and not (top / "results/runs/both").exists()
    with pytest.raises(UserError, match="nothing is known of a performer 'anna'"):
        forget.find(performer="anna")


def test_a_video_takes_the_neutral_face_of_its_performer_with_it_and_what_was_measured_against_that(top):
    found = {path.as_posix() for path in forget.find(video="b2").derived if path.parts[0] == "results"}
    assert {
        "results/videos/b2", "results/performers/ben", "results/videos/b1/w/au/face.parquet", "results/runs/alone",
        "results/runs/both/features.parquet", "results/runs/both/models/svm.skops", "results/runs/new",
    } <= found  # fmt: skip
    assert not {path for path in found if "anna" in path or "a2" in path or path.endswith(("b1", "b1/w/mesh.parquet"))}


def test_a_medium_that_another_video_uses_stays(top):
    table = top / "results/runs/alone/videos.tsv"
    table.write_text(table.read_text() + "b3\tben\tresults/sources/youtube/y.mp4\n")
    found = forget.find(video="a1")
    assert Path("results/sources/youtube/y.mp4") not in found.derived
    assert "results/sources/youtube/y.mp4: other videos use it too" in found.kept


def test_a_link_to_a_medium_of_somebody_else_is_not_followed(top):
    medium, elsewhere = top / "results/sources/youtube/y.mp4", top / "elsewhere.mp4"
    medium.rename(elsewhere)
    medium.symlink_to(elsewhere)
    forget.delete(forget.find(video="a1"))
    assert elsewhere.exists()


def test_runs_made_again_elsewhere_are_searched_too(top):
    again = top / "results/reproduced/both/results/videos/a1/w/mesh.parquet"
    again.parent.mkdir(parents=True)
    again.write_text("x")
    forget.delete(forget.find(performer="anna"))
    forget.delete(forget.find(video="a1")) if again.exists() else None
    assert not again.exists()


def test_the_command_says_what_it_does_and_what_stays(top):
    before = left(top)
    shown = CliRunner().invoke(app, ["forget", "--performer", "anna", "--dry-run"])
    assert shown.exit_code == 0 and left(top) == before
    for text in ("would delete all traces of 3 videos (a1, a2, gone)", "results/runs/both/", "results/videos/a2/",
                 "results/logs/: 2 files", "own.mp4: the video itself", "mine.tsv: remove its rows"):  # fmt: skip
        assert text in shown.output
    done = CliRunner().invoke(app, ["forget", "--performer", "anna"])
    assert done.output == shown.output.replace("would delete", "deleted") and len(left(top)) < len(before)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({}, "either --performer NAME or --video ID"),
        ({"video": "a1", "performer": "anna"}, "either --performer NAME or --video ID"),
        ({"video": "nobody"}, "nothing is known of a video 'nobody'"),
        ({"video": "../../own"}, "nothing is known of a video"),
        ({"performer": ""}, "nothing is known of a performer"),
        ({"video": ".."}, "nothing is known of a video"),
        ({"video": "*"}, "nothing is known of a video"),
    ],
)
def test_names_that_lead_nowhere_are_refused(top, chosen, message):
    with pytest.raises(UserError, match=message):
        forget.find(**chosen)


@pytest.mark.parametrize(
    "content", [b"video\tperformer\tpath\nm\xfc\tx\ty\n", b"\xff\xfe\0", b"x" * 200_000 + b"\ty\n", None]
)
def test_a_damaged_table_of_another_run_stops_nobody_from_being_forgotten(top, content):
    table = top / "results/runs/alone/videos.tsv"
    table.unlink()
    table.write_bytes(content) if content else os.mkfifo(table)
    os.mkfifo(top / "results/logs/pipe")
    (top / "results/.jobs/list.json").write_text("[1]")
    os.mkfifo(top / "results/.jobs/pipe.json")
    traces = forget.find(performer="anna")
    assert traces.videos == ("a1", "a2", "gone") and Path("results/runs/both") in traces.derived
    assert any(sentence.startswith("results/runs/alone: videos.tsv is damaged") for sentence in traces.kept)
    assert forget.find(performer="ben").videos


def test_nothing_is_deleted_beside_a_run(top):
    held = run_lock.begin()
    before, found = left(top), forget.find(performer="anna")
    with pytest.raises(UserError, match="a run is going on"):
        forget.delete(found)
    assert left(top) == before
    os.close(held)
    forget.delete(found)
    assert left(top) != before


def test_no_run_begins_while_something_is_deleted(top, monkeypatch):
    os.close(run_lock.begin())
    refused = []

    def remove(*_):
        with pytest.raises(UserError, match="`moodreel forget` or `moodreel space` is deleting") as error:
            run_lock.begin()
        refused.append(error)

    monkeypatch.setattr(forget, "remove", remove)
    forget.delete(forget.find(performer="anna"))
    assert len(refused) == 1
    os.close(run_lock.begin())
