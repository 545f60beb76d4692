"""From any output back to the videos."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.music import SOUNDTRACK
from moodreel.workflow.provenance import lineage, run_record
from moodreel.workflow.provenance.crate import Entry
from moodreel.workflow.provenance.run_record import Record
from unit.workflow.provenance.runs import run, table_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one run, `r`, which is the working folder."""
    run(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paths(node) -> list[str]:
    return [node.path, *(path for one in node.inputs for path in paths(one))]


def test_a_picture_is_traced_to_the_video(folder):
    node = lineage.of(folder / "results" / "runs" / "r" / "map.png")
    assert paths(node) == [
        "results/runs/r/map.png",
        "results/runs/r/silhouette.tsv",
        "results/videos/v/soundtrack.parquet",
        "clip.mp4",
    ]
    assert node.making["step"] == "cluster" and node.libraries == {"numpy": "2"}
    sound = node.inputs[0].inputs[0]
    assert sound.making == {"step": "soundtrack", "settings": {"music": {"rate": 1}}, "code": "aa-0", "models": {}}
    assert sound.libraries == {"av": "1"}
    text = "\n".join(lineage.lines(node))
    assert "settings clusters: k 2" in text and "only read" in text


def test_a_run_that_is_called_results_is_known(tmp_path, monkeypatch):
    record = run(tmp_path, name="results")
    monkeypatch.chdir(tmp_path)
    assert paths(lineage.of(record.with_name("map.png")))[-1] == "clip.mp4"
    sound = tmp_path / "results" / "runs" / "results" / "copy.parquet"
    shutil.copy2(tmp_path / "results" / "videos" / "v" / "soundtrack.parquet", sound)
    assert [one.state for one in lineage.of(sound).inputs] == [""], "the video that its stamp names is found"


def test_a_video_in_a_folder_that_is_called_results_is_known(folder, tmp_path_factory):
    video = tmp_path_factory.mktemp("elsewhere") / "results" / "v.mp4"
    video.parent.mkdir()
    (folder / "clip.mp4").rename(video)
    record = folder / "results" / "runs" / "r" / run_record.NAME
    record.write_text(record.read_text().replace('"clip.mp4"', json.dumps(str(video))))
    assert lineage.of(video).path == str(video)


@pytest.mark.parametrize("name", ["res", "results"])
def test_a_folder_of_results_that_is_a_link_is_known_by_both_names(folder, tmp_path_factory, name):
    big = tmp_path_factory.mktemp("big") / name
    (folder / "results").rename(big)
    (folder / "results").symlink_to(big)
    for top in (big, folder / "results", Path("results")):
        node = lineage.of(top / "runs" / "r" / "map.png")
        assert paths(node)[-1] == "clip.mp4"
        assert node.inputs[0].inputs[0].inputs[0].state == "", "counted from the folder in which Snakemake ran"


def test_a_video_is_known_by_its_path_and_by_what_its_link_leads_to(folder, tmp_path_factory):
    assert lineage.of(Path("clip.mp4")).sha256
    video = tmp_path_factory.mktemp("elsewhere") / "GOPR0001.mp4"
    (folder / "clip.mp4").rename(video)
    (folder / "clip.mp4").symlink_to(video)
    assert lineage.of(video).path == "clip.mp4"


def test_a_file_that_was_changed_is_reported(folder):
    picture, video = folder / "results" / "runs" / "r" / "map.png", folder / "clip.mp4"
    picture.write_bytes(b"painted over")
    video.write_bytes(b"another film")
    node = lineage.of(picture)
    assert node.state.startswith("CHANGED since 2026-01-01")
    assert node.inputs[0].inputs[0].inputs[0].state.startswith("CHANGED")
    video.unlink()
    assert lineage.of(picture).inputs[0].inputs[0].inputs[0].state == "no longer there"


def test_a_table_that_no_record_knows_speaks_for_itself(folder):
    sound = folder / "results" / "videos" / "v" / "soundtrack.parquet"
    base.write(sound, SOUNDTRACK, table_of(SOUNDTRACK, 5, 1.0), {**base.read_stamp(sound), "code": "new-0"})
    node = lineage.of(sound)
    assert node.making["code"] == "new-0"
    assert "the record of run r has other content" in node.state
    (folder / "results" / "runs" / "r" / run_record.NAME).unlink()
    node = lineage.of(sound)
    assert "only by its own stamp" in node.state
    assert [one.path for one in node.inputs] == ["clip.mp4"]
    (folder / "clip.mp4").write_bytes(b"another film")
    assert "CHANGED" in lineage.of(sound).inputs[0].state


def test_a_file_from_nowhere_is_an_error(folder):
    stray = folder / "stray.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(stray)
    run = folder / "results" / "runs" / "r"
    nothing = "its origin is unknown"
    for path, message in (
        *((stray, nothing), (run / run_record.NAME, nothing)),
        *((folder / "absent.tsv", "no such file"), (run, "is a folder")),
    ):
        with pytest.raises(UserError, match=message):
            lineage.of(path)


def test_like_files_of_many_videos_stand_once(folder):
    record = run_record.read(folder / "results" / "runs" / "r" / run_record.NAME)
    entry = record.files["videos/v/soundtrack.parquet"]
    files = dict(record.files)
    for i in range(3):
        name = f"videos/w{i}/soundtrack.parquet"
        files[name] = Entry(name, f"results/{name}", 1, "0" * 64, entry.making, "", entry.inputs)
    merged = replace(files["silhouette.tsv"], inputs=(entry.name, *(name for name in files if "/w" in name)))
    many = Record(record.path, record.folder, record.head, files | {merged.name: merged})
    node = lineage.tree(many, many.files["silhouette.tsv"])
    assert [(one.path, one.others) for one in node.inputs] == [("results/videos/v/soundtrack.parquet", 3)]
    assert "and 3 more such" in "\n".join(lineage.lines(node))


def test_the_command(folder):
    def ask(*arguments):
        command = [sys.executable, "-m", "moodreel", "provenance", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    tree = json.loads(ask("results/runs/r/map.png", "--json").stdout)
    assert tree["inputs"][0]["inputs"][0]["inputs"][0]["path"] == "clip.mp4"
    (folder / "results" / "runs" / "r" / "map.png").write_bytes(b"painted over")
    assert ask("results/runs/r/map.png").returncode == 1
    assert "moodreel: absent.tsv: there is no such file" in ask("absent.tsv").stderr
