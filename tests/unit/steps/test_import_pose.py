"""The step `import_pose`: OpenPose's JSON in, the pose table out, with and without a video."""

import json

import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.steps import import_pose
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.extraction import POSE
from unit.steps.calls import call

FRAMES, WIDTH, HEIGHT = 10, 64, 48


def document(x=30.0, confidence=0.9, **numbers):
    person = [part for k in range(25) for part in (x + k % 5, 20.0 + k // 5, confidence)]
    for place, value in numbers.items():
        person[int(place[1:])] = value
    return json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": person}]})


@pytest.fixture
def video(tmp_path):
    write_clip(tmp_path / "clip.mp4", np.full((FRAMES, HEIGHT, WIDTH, 3), 90, np.uint8))
    return tmp_path / "clip.mp4"


@pytest.fixture
def folder(tmp_path):
    """Of frames 0 to 9 there are all but 4 and 5."""
    made = tmp_path / "json"
    made.mkdir()
    for frame in (*range(4), *range(6, FRAMES)):
        (made / f"clip_{frame:012d}_keypoints.json").write_text(document(x=30.0 + frame))
    return made


def run(folder, pose=None, **given):
    """The table and its stamp, which lie next to the `folder`."""
    out = folder.with_name("pose.parquet")
    call(import_pose, settings={"pose": pose or {}}, file=folder, out=out, **given)
    return base.read(out, POSE), base.read_stamp(out)


def test_with_a_video_every_decoded_frame_has_its_row(folder, video, capsys):
    table, stamp = run(folder, video=video)
    assert table["frame"].to_list() == list(range(FRAMES))
    assert table["time_s"].to_list() == pytest.approx([k / 25 for k in range(FRAMES)])
    assert table["status"].to_list() == ["ok"] * 4 + ["not_imported"] * 2 + ["ok"] * 4
    assert table["nose_x"].to_list() == [30, 31, 32, 33, None, None, 36, 37, 38, 39]
    assert table["people_seen"].to_list() == [1] * 4 + [None] * 2 + [1] * 4
    assert (stamp["width"], stamp["height"], stamp["rows_imported"], stamp["reason"]) == (WIDTH, HEIGHT, 8, None)
    assert stamp["code"] == "c0de" and stamp["settings"]["pose"]["min_visibility"] == 0.5
    assert stamp["inputs"][str(video)] == atomic.sha256(video) and len(stamp["inputs"][str(folder)]) == 64
    assert "person in 8 of 10 frames" in capsys.readouterr().out


def test_without_a_video_the_rate_gives_the_times(folder):
    table, _ = run(folder, rate_hz=10, start_s=0.2, end_s=0.7)
    assert table["time_s"].to_list() == pytest.approx([0.2, 0.3, 0.4, 0.5, 0.6])
    assert table["status"].to_list() == ["ok", "ok", "not_imported", "not_imported", "ok"]


def why_unusable(table: pl.DataFrame, stamp: dict) -> str:
    """The detail of why the files cannot be used."""
    assert table.is_empty() and stamp["reason"] == "unusable_import"
    return stamp["detail"]


def test_without_video_and_rate_or_with_bad_json_the_table_is_empty_with_the_reason(folder):
    assert "rate_hz" in why_unusable(*run(folder))
    (folder / "clip_000000000002_keypoints.json").write_text("{")
    assert "frame 2" in why_unusable(*run(folder, rate_hz=25))


def test_another_video_and_a_damaged_one_give_an_empty_table_with_the_reason(tmp_path, folder):
    write_clip(tmp_path / "other.mp4", np.full((30, HEIGHT, WIDTH, 3), 90, np.uint8))
    assert "the video has 30 frames" in why_unusable(*run(folder, video=tmp_path / "other.mp4"))
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    table, stamp = run(folder, video=tmp_path / "broken.mp4")
    assert table.is_empty() and stamp["reason"] == "unreadable"


def test_points_less_sure_than_the_setting_or_outside_lose_their_place(folder, video):
    text = document(k2=0.3, k3=-2.0, k7=HEIGHT + 1.0)
    (folder / "clip_000000000000_keypoints.json").write_text(text)
    table, _ = run(folder, video=video)
    row = table.row(0, named=True)
    assert (row["nose_x"], row["nose_y"]) == (None, None) and row["nose_confidence"] == pytest.approx(0.3)
    assert row["neck_x"] is None and row["right_shoulder_y"] is None and row["left_shoulder_x"] is not None
    table, _ = run(folder, {"min_visibility": 0.2}, rate_hz=25)
    row = table.row(0, named=True)
    assert row["nose_x"] == 30 and row["neck_x"] is None and row["right_shoulder_y"] == HEIGHT + 1


def test_people_less_sure_than_the_setting_are_of_low_confidence(folder):
    (folder / "clip_000000000001_keypoints.json").write_text(document(confidence=0.4))
    table, _ = run(folder, rate_hz=25)
    assert table["status"].to_list()[:3] == ["ok", "low_confidence", "ok"]
    assert table["confidence"][1] == pytest.approx(0.4) and table["nose_confidence"][1] is None
    table, _ = run(folder, {"min_confidence": 0.3}, rate_hz=25)
    assert table["status"][1] == "ok"


def test_keypoints_of_a_picture_of_another_size(folder, video):
    for file in folder.iterdir():
        file.write_text(document(x=300.0))
    why = why_unusable(*run(folder, video=video))
    assert "100% of the keypoints lie outside the picture of 64 x 48 px" in why


def test_coco_lacks_its_points_without_a_word_of_confidence(folder):
    text = json.loads(document())
    del text["people"][0]["pose_keypoints_2d"][54:]
    for file in folder.iterdir():
        file.write_text(json.dumps(text))
    table, _ = run(folder, rate_hz=25)
    assert table["left_heel_confidence"].null_count() == len(table)
    assert table.filter(pl.col("status") == "ok")["mid_hip_x"].null_count() == 0
