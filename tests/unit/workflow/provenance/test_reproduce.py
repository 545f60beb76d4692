"""What a reproduction finds in its folder, and which folders it leaves alone."""

import fcntl
import json
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import yaml

from moodreel.errors import UserError
from moodreel.settings.resolve import resolve
from moodreel.storage import run_token
from moodreel.tables import base
from moodreel.tables.labels import EMOTIONS
from moodreel.tables.videos import VIDEOS
from moodreel.video.table import read
from moodreel.workflow.plan import Plan
from moodreel.workflow.provenance import reproduce, run_record
from moodreel.workflow.provenance.crate import Entry
from unit.workflow.provenance.runs import edited, files_of, run


@pytest.fixture
def old(tmp_path, monkeypatch):
    """A run of three videos: one next to it, one with an address of its own, one fetched."""
    folder = tmp_path / "old"
    record = run(folder)
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
    rows = Plan.of(settings.model_dump(mode="json")).rows
    base.write_tsv(record.with_name("videos.tsv"), VIDEOS, pl.DataFrame(rows, schema=base.polars_schema(VIDEOS)))
    listed = [*files_of(record).values(), Entry("videos.tsv", "results/runs/r/videos.tsv")]
    return edited(record, settings=settings.model_dump(mode="json"), files=listed)


@pytest.fixture(autouse=True)
def snakemake(old, monkeypatch):
    """Snakemake that makes nothing but the record; a call lets it fail, or write nothing. Its command lines are `asked`."""
    asked = []

    def behave(status=0, writes=True):
        def call(command, **_):
            asked.append(command)
            record = Path(command[command.index("--directory") + 1], "results", "runs", "r", run_record.NAME)
            if not status and writes:
                record.parent.mkdir(parents=True, exist_ok=True)
                record.write_text(str(len(asked)))
            return type("Done", (), {"returncode": status})

        monkeypatch.setattr(reproduce.subprocess, "run", call)

    behave.asked = asked
    behave()
    return behave


@pytest.fixture
def again(tmp_path) -> Path:
    """The folder of the reproduction."""
    return tmp_path / "again"


def test_the_folder_holds_the_runs_settings_and_links(old, monkeypatch, again, snakemake):
    made = reproduce.reproduce(old, again, cores="2", options=["--quiet"])
    assert made == again / "results" / "runs" / "r" / run_record.NAME
    assert snakemake.asked[0][1:3] == ["-m", "snakemake"] and snakemake.asked[0][-3:] == ["--cores", "2", "--quiet"]
    assert (again / "clip.mp4").is_symlink() and (again / "clip.mp4").read_bytes() == b"a film"
    assert (again / "results" / "sources" / "youtube" / "t.mp4").is_symlink()
    assert (again / "networks").resolve() == old.parents[3] / "networks"
    monkeypatch.chdir(again)
    plan = Plan.of(yaml.safe_load((again / "config.yaml").read_text()))
    assert plan.settings.model_dump(mode="json") == run_record.read(old).head["settings"]
    assert plan.rows == base.read_tsv(old.with_name("videos.tsv"), VIDEOS).rows(named=True)


def test_labels_are_taken_over(old, monkeypatch, again, snakemake):
    emotions = pl.DataFrame({"video": ["v", "w", "t"], "emotion": ["joy", None, "anger"]})
    base.write_tsv(old.with_name("emotions.tsv"), EMOTIONS, emotions)
    reproduce.reproduce(old, again)
    monkeypatch.chdir(again)
    assert [video.emotion for video in read("table.tsv")] == ["joy", None, "anger"]


def test_what_was_cut_off_goes_on_and_what_is_finished_begins_again(old, again, snakemake):
    snakemake(status=1)
    with pytest.raises(UserError, match="same command resumes"):
        reproduce.reproduce(old, again)
    (again / "half").touch()
    snakemake()
    reproduce.reproduce(old, again)
    assert (again / "half").exists()
    reproduce.reproduce(old, again)
    assert not (again / "half").exists()


@pytest.mark.parametrize(
    ("name", "text"), [("thesis.txt", ""), *((reproduce.MARK, text) for text in ("", "[]", "{}", "thesis"))]
)
def test_a_folder_that_is_not_ours_or_has_another_mark_is_left_alone(old, tmp_path, name, text):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text(text)
    with pytest.raises(UserError, match="has other content"):
        reproduce.reproduce(old, tmp_path / "mine")
    assert (tmp_path / "mine" / name).read_text() == text


@pytest.mark.parametrize("options", [["--dry-run"], ["--unlock"], ["--until", "extract"]])
def test_what_makes_no_record_finishes_nothing(old, options, again, snakemake):
    snakemake(writes=False)
    with pytest.raises(UserError, match=f"nothing to compare.*{options[0]}"):
        reproduce.reproduce(old, again, options=options)
    (again / "half").touch()
    snakemake()
    reproduce.reproduce(old, again)
    assert (again / "half").exists()


def test_looking_at_a_finished_one_keeps_it(old, again, snakemake):
    made = reproduce.reproduce(old, again)
    snakemake(writes=False)
    assert reproduce.reproduce(old, again, options=["--dry-run"]) == made and made.exists()
    with pytest.raises(UserError, match="nothing to compare"):  # it was finished all the same
        reproduce.reproduce(old, again)


def test_one_that_had_come_to_its_end_unnoticed_is_compared_and_kept(old, again, snakemake):
    snakemake(status=1)
    with pytest.raises(UserError, match="same command resumes"):
        reproduce.reproduce(old, again)
    made = again / "results" / "runs" / "r" / run_record.NAME
    made.parent.mkdir(parents=True)
    made.touch()
    snakemake(writes=False)
    assert [reproduce.reproduce(old, again) for _ in "ab"] == [made, made] and made.exists()


@pytest.mark.parametrize("finished", [True, False])
def test_next_to_a_run_in_the_folder_nothing_is_touched(old, finished, again, snakemake):
    snakemake(status=0 if finished else 1)
    with suppress(UserError):
        reproduce.reproduce(old, again)
    config = again / "config.yaml"
    config.write_text("being read")
    lock = again / run_token.RECORD
    lock.parent.mkdir(exist_ok=True)
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="a run is going on"):
            reproduce.reproduce(old, again)
    assert config.read_text() == "being read"


def test_a_link_to_a_reproduction_is_followed(old, tmp_path, again, snakemake):
    (tmp_path / "big").mkdir()
    again.symlink_to(tmp_path / "big")
    for _ in "ab":
        reproduce.reproduce(old, again)
    assert again.is_symlink() and (tmp_path / "big" / "config.yaml").exists()


def test_a_run_is_not_made_again_over_itself(old):
    of_another = {"record": "0" * 64, "finished": True}
    (old.parents[3] / reproduce.MARK).write_text(json.dumps(of_another))
    with pytest.raises(UserError, match="contains the run itself"):
        reproduce.reproduce(old, old.parents[3])
    assert old.exists()


@pytest.mark.parametrize("place", ["file", "file/x", "/proc/moodreel"])
def test_a_folder_that_cannot_be_is_reported(old, tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="--folder"):
        reproduce.reproduce(old, tmp_path / place)


@pytest.fixture
def neighbours(old):
    """The same run, where another program's files, a video and the table of videos lie in one folder."""
    folder = old.parents[3]
    (folder / "data").mkdir()
    for name in ("film.mp4", "v_000000000000_keypoints.json"):
        (folder / "data" / name).write_text("{}")
    table = folder / "data" / "videos.tsv"
    table.write_text("video\tsource\tperformer\tpose_backend\tpose_file\nv\tdata/film.mp4\tp\topenpose\tdata\n")
    settings = resolve({"run": "r", "videos": "data/videos.tsv"}).model_dump(mode="json")
    frame = pl.DataFrame(Plan.of(settings).rows, schema=base.polars_schema(VIDEOS))
    base.write_tsv(old.with_name("videos.tsv"), VIDEOS, frame)
    return edited(old, settings=settings)


def test_nothing_is_written_through_a_link(neighbours, again):
    table = neighbours.parents[3] / "data" / "videos.tsv"
    before, lying = table.read_text(), {*table.parent.iterdir()}
    reproduce.reproduce(neighbours, again)
    assert table.read_text() == before and {*table.parent.iterdir()} == lying
    assert yaml.safe_load((again / "config.yaml").read_text())["videos"] == "videos.tsv"
    assert (again / "videos.tsv").is_file() and (again / "data" / "film.mp4").is_file()
    assert len([*(again / "data").iterdir()]) == len(lying)  # the whole folder, though a film in it comes first


def test_the_folder_itself_is_read_where_it_is_and_old_settings_may_lack_sections(old, again):
    content = run_record.read(old).head["settings"]
    edited(old, settings={**content, "models": {**content["models"], "mirror": "."}})
    reproduce.reproduce(old, again)
    settings = yaml.safe_load((again / "config.yaml").read_text())
    assert settings["models"]["mirror"] == str(old.parents[3])
    edited(old, settings={key: value for key, value in content.items() if key not in ("apply", "paper", "models")})
    reproduce.reproduce(old, again.with_name("of an earlier version"))
    assert again.with_name("of an earlier version").joinpath("config.yaml").is_file()


def test_a_record_without_its_run_cannot_be_made_again(old, again):
    old.with_name("videos.tsv").unlink()
    with pytest.raises(UserError, match="moodreel compare"):
        reproduce.reproduce(old, again)
    edited(old, files=[])
    with pytest.raises(UserError, match="moodreel compare"):
        reproduce.reproduce(old, again)
