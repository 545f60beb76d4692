"""Extraction shards through Snakemake: who reads which video, and what reruns when."""

import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from moodreel.tables import base, staging
from moodreel.tables.extraction import MESH, POSE
from workflow.workplace import Workplace

HEADER = "video\tsource\tperformer\temotion\tstart_s\tend_s\n"
VIDEOS = ("one", "two", "three", "four")
GOAL = "results/runs/quick/screening.tsv"
TABLES = {"pose.parquet": POSE, "mesh.parquet": MESH}


@pytest.fixture(scope="module")
def done(models_folder, tmp_path_factory) -> Workplace:
    """Four files, of two performers, parts of which one shard has read."""
    folder = tmp_path_factory.mktemp("shards")
    settings = {"models": {"folder": str(models_folder)}, "extraction": {"videos_per_job": 8}}
    place = Workplace(folder, {"run": "quick", "videos": "videos.tsv", **settings})
    (folder / "videos.tsv").write_text(HEADER + "clip\tbuiltin:hopper/smile/1\t\t\t\t\n")
    clip = "results/sources/builtin-0/clip.mp4"
    place.snakemake("--", clip)
    for video in (*VIDEOS, "five"):
        shutil.copy(folder / clip, folder / f"{video}.mp4")
    table(place, VIDEOS)
    assert ran(place)["extract_shard"] == 1
    return place


@pytest.fixture
def place(done, tmp_path) -> Workplace:
    """A copy of that to change."""
    shutil.copytree(done.folder, tmp_path / "copy")
    return replace(done, folder=tmp_path / "copy")


def table(place: Workplace, videos: tuple[str, ...]) -> None:
    rows = [f"{video}\t{video}.mp4\t{'ab'[len(video) % 2]}\t\t0.2\t0.5\n" for video in videos]
    (place.folder / "videos.tsv").write_text(HEADER + "".join(rows))


def ran(place: Workplace, **changes: object) -> Counter[str]:
    """Run up to the screening; how many jobs of each rule ran."""
    text = place.snakemake("--printshellcmds", "--", GOAL, **changes)
    return Counter(re.findall(r"-m moodreel\.steps\.(\w+)", text))


def folder_of(place: Workplace, video: str) -> Path:
    return next((place.folder / "results" / "videos" / video).glob("blazepose-*"))


def times(place: Workplace) -> dict[str, int]:
    """When each video's pose was written, in nanoseconds."""
    return {video: (folder_of(place, video) / "pose.parquet").stat().st_mtime_ns for video in VIDEOS}


def messages(place: Workplace) -> str:
    """What the shard's job said last."""
    return next((place.folder / "results" / "logs" / "quick" / "extract_shard").glob("*.log")).read_text()


def test_a_shard_reads_all_videos_and_each_video_takes_its_tables(place):
    assert "4 of 4 videos to read" in messages(place)
    for video in VIDEOS:
        for name, spec in TABLES.items():
            assert base.read(folder_of(place, video) / name, spec).height in (7, 8)
        assert not (folder_of(place, video) / staging.FOLDER).exists()
    assert not ran(place)
    assert not ran(place, extraction={"videos_per_job": 1})


def test_one_video_more_leaves_the_others_alone(place):
    before = times(place)
    table(place, (*VIDEOS, "five"))
    jobs = ran(place)
    assert "1 of 1 videos to read" in messages(place)
    assert (jobs["extract_shard"], jobs["extract"]) == (1, 1)
    assert jobs["face"] == 1 + sum(len(video) % 2 == len("five") % 2 for video in VIDEOS), "the performer's others too"
    assert times(place) == before
    assert not ran(place)


def test_what_a_killed_shard_has_read_is_kept(place):
    """As `kill -9` leaves a first run: some tables wait, one is half written, and there is no manifest."""
    for video in VIDEOS:
        next(folder_of(place, video).glob("au-*/face.parquet")).unlink()
        for name in TABLES:
            final = folder_of(place, video) / name
            staging.path(final).parent.mkdir(exist_ok=True)
            final.rename(staging.path(final))
    for left in ("mesh.parquet", "pose.parquet"):
        staging.path(folder_of(place, "two") / left).unlink()
        (folder_of(place, "two") / staging.FOLDER / f".{left}").write_bytes(b"half")
    shutil.rmtree(place.folder / "results" / "runs")
    jobs = ran(place)
    assert "1 of 4 videos to read" in messages(place)
    assert jobs["extract"] == 4
    assert not list(place.folder.rglob(staging.FOLDER))


def test_changed_code_is_a_reason_to_read_all_again(place):
    before = times(place)
    assert ran(place, cache={"epoch": 1})["extract_shard"] == 1
    assert "4 of 4 videos to read" in messages(place)
    assert not times(place).items() & before.items()
    assert not ran(place, cache={"epoch": 1})


def test_lost_tables_and_an_edited_file_are_read_again_alone(place):
    before = times(place)
    (folder_of(place, "one") / "pose.parquet").unlink()
    with (place.folder / "two.mp4").open("ab") as clip:
        clip.write(b"more")
    (place.folder / GOAL).unlink()
    jobs = ran(place)
    assert "2 of 2 videos to read" in messages(place)
    assert jobs["extract"] == 2
    after = times(place)
    assert {video for video in VIDEOS if before[video] != after[video]} == {"one", "two"}
    assert not ran(place)


def test_without_a_shard_that_was_made_a_video_out_of_date_is_read_by_its_own_job(place):
    """Snakemake would otherwise not look at its triggers."""
    shutil.rmtree(place.folder / "results" / "runs" / "quick" / "shards")
    before = times(place)
    jobs = ran(place, cache={"epoch": 1})
    assert (jobs["extract_shard"], jobs["extract"]) == (0, 4)
    assert not times(place).items() & before.items()


def test_other_settings_and_a_mesh_that_is_not_kept(place):
    changes = {"extraction": {"videos_per_job": 8, "keep_mesh": False}, "pose": {"min_visibility": 0.4}}
    assert ran(place, **changes)["extract_shard"] == 1
    new = [path for video in VIDEOS for path in (place.folder / "results" / "videos" / video).glob("*/mesh.parquet")]
    assert len(new) == len(VIDEOS), "only those of the first extraction"
    assert not ran(place, **changes)
