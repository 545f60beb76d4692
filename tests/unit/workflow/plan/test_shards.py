import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from moodreel.tables import base
from moodreel.tables.extraction import POSE
from moodreel.workflow.plan.shards import Shards, assign

IDS = [f"clip-{i:04}" for i in range(1000)]


def test_one_shard_holds_all_where_they_fit():
    assert set(assign(IDS[:20], per_job=20).values()) == {"0-of-1"}
    assert {s.split("-of-")[1] for s in assign(IDS[:21], per_job=20).values()} == {"2"}
    assert assign([], per_job=20) == {}


@pytest.mark.parametrize("per_job", [2, 10, 50])
def test_shards_are_about_as_large_as_asked(per_job):
    shards = assign(IDS, per_job=per_job)
    number = int(next(iter(shards.values())).split("-of-")[1])
    assert per_job / 2 < len(IDS) / number <= per_job
    assert max(Counter(shards.values()).values()) < per_job + 5 * per_job**0.5


def test_one_video_more_or_less_moves_no_other():
    before = assign(IDS[:900], per_job=10)
    for videos in (IDS[:899], IDS[:901], list(reversed(IDS[:900]))):
        assert all(assign(videos, per_job=10)[video] == before[video] for video in videos if video in before)


def test_twice_the_videos_split_each_shard_and_mix_none():
    before, after = assign(IDS[:500], per_job=10), assign(IDS, per_job=10)
    assert after[IDS[0]].endswith("-of-128") and before[IDS[0]].endswith("-of-64")
    parents = {after[video]: before[video] for video in before}
    assert all(parents[after[video]] == before[video] for video in before)


def test_names_are_those_of_the_hash():
    """A golden value: other names would have a run that was cut off begin from the start."""
    first_byte = hashlib.sha256(b"clip-0000").digest()[0]
    assert assign(IDS, per_job=4)["clip-0000"] == f"{first_byte:03}-of-256"


@pytest.fixture
def video() -> dict:
    """The row of a video that was read with the code `now`."""
    Path("a.mp4").write_bytes(b"film")
    span = {"start_s": None, "end_s": 2.0}
    stamp = {"code": "now", **span, "inputs": {"a.mp4": hashlib.sha256(b"film").hexdigest()}}
    base.write("a/pose.parquet", POSE, POSE.empty(), stamp)
    return {"video": "a", "kind": "file", "path": "a.mp4", "folder": "a", "face_folder": "a", **span}


def shards_of(row: dict, **changes) -> Shards:
    return Shards([row], **{"per_job": 2, "code": "now", "folder": "shards", **changes})


def test_what_is_up_to_date_is_not_read_again(video):
    assert not shards_of(video).unread
    alone = shards_of(video, per_job=1, code="later")
    assert not alone.unread and not alone.read_before, "there are no shards"
    later = Path("a/pose.parquet").stat().st_mtime + 10
    os.utime("a.mp4", (later, later))
    assert not shards_of(video).unread, "the file is newer, but the same"
    Path("a.mp4").unlink()
    assert not shards_of(video, code="later").unread, "what cannot be read again stays"


def test_what_is_out_of_date_is_read_again(video):
    assert shards_of(video, code="later").unread
    assert shards_of({**video, "end_s": 3.0}).unread
    later = Path("a/pose.parquet").stat().st_mtime + 10
    Path("a.mp4").write_bytes(b"another")
    os.utime("a.mp4", (later, later))
    shards = shards_of(video)
    assert (shards.unread, shards.media("0-of-1")) == ({"0-of-1": ["a"]}, ["a.mp4"])
    listed = {"path": "a.mp4", "folder": "a", "start_s": None, "end_s": 2.0}
    assert json.loads(shards.videos_as_json("0-of-1")) == [listed]


def test_a_video_waits_for_its_shard_if_that_is_sure_to_be_made(video):
    assert not shards_of(video, code="later").read_before, "nothing would make the manifest"
    Path("shards").mkdir()
    Path("shards/0-of-1.json").write_text("[]")
    assert shards_of(video, code="later").read_before == {"a": "0-of-1"}
    Path("shards/0-of-1.json").unlink()
    Path("a/pose.parquet").unlink()
    assert shards_of(video).read_before == {"a": "0-of-1"}
    Path("a/face.parquet").touch()
    assert not shards_of(video).read_before, "nobody may need the pose: its own job's triggers count"
