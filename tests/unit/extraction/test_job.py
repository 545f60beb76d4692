"""Several videos in one process: each has its own tables, whatever is next to it."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.errors import UserError
from moodreel.extraction import segments
from moodreel.extraction.job import Job, Sections, Video
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.tables.extraction import BODY_25, MESH, POSE
from moodreel.video import progress
from moodreel.video.decode import Decoder
from moodreel.video.frame import Frame
from unit.face.mesh.portraits import portrait

LENGTH = 25
ASTRONAUT, HOPPER = 58, 30
"""Frames of the two clips, and of a segment: they have three and two."""

MESH_TOLERANCE, POSE_TOLERANCE = (0.003, 0.015), (0.1, 0.3)
"""Median and 95th percentile over frames of the median distance of the points, in that of the eyes' outer corners (a
fifth of a torso, of which these clips show too little)."""


def views(name: str, count: int, size: int = 400) -> np.ndarray:
    """Views of a portrait that sway by up to 80 px, at half of their size."""
    whole = portrait(name)
    places = [(round(40 - 40 * np.cos(i / 9)), round(30 - 30 * np.cos(i / 13))) for i in range(count)]
    return np.stack([whole[y : y + size : 2, x : x + size : 2] for x, y in places])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    write_clip(folder / "astronaut.mp4", views("astronaut", ASTRONAUT))
    write_clip(folder / "hopper.mp4", views("hopper", HOPPER))
    (folder / "broken.mp4").write_bytes(b"no video at all")
    return folder


@pytest.fixture(scope="module", autouse=True)
def short_segments() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "LENGTH", LENGTH)
        yield


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


def to_make(folder: Path, out: Path, *names: str, **part: float) -> list[Video]:
    return [
        Video(folder / f"{name}.mp4", out / f"{i}-{name}-pose.parquet", out / f"{i}-{name}-mesh.parquet", **part)
        for i, name in enumerate(names)
    ]


@pytest.fixture(params=[1, 6])
def slots(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def job(models_folder) -> Callable[..., Job]:
    return lambda slots, **given: Job(Sections.of({"extraction": {"slots": slots, **given}}), models_folder, "c0de")


Made = list[tuple[pl.DataFrame, pl.DataFrame, dict]]


@pytest.fixture(scope="module")
def extract(folder, job, tmp_path_factory):
    def made(slots: int, *names: str, **part: float) -> Made:
        videos = to_make(folder, tmp_path_factory.mktemp("out"), *names, **part)
        job(slots).extract(videos)
        of_table = {"table": POSE.name, "schema_version": POSE.version}
        for video in videos:
            assert base.read_stamp(video.mesh_out) | of_table == base.read_stamp(video.pose_out)
        return [(base.read(v.pose_out, POSE), base.read(v.mesh_out, MESH), base.read_stamp(v.pose_out)) for v in videos]

    return made


@pytest.fixture(scope="module")
def alone(extract) -> Made:
    """Each on its own, with one slot."""
    return [*extract(1, "astronaut"), *extract(1, "hopper")]


def distances(found: pl.DataFrame, expected: pl.DataFrame, *columns: list[str] | str) -> np.ndarray:
    """Of each frame the distances of the points whose x and y stand in these columns, in px."""
    return np.hypot(*(found[axis].to_numpy() - expected[axis].to_numpy() for axis in columns))


def assert_close(found: Made, expected: Made) -> None:
    """Frames, times, statuses and people are the same, points nearly."""
    for (pose, mesh, stamp), (pose0, mesh0, stamp0) in zip(found, expected, strict=True):
        exact = ["frame", "time_s", "status"]
        assert mesh[exact].equals(mesh0[exact])
        assert pose[[*exact, "people_seen"]].equals(pose0[[*exact, "people_seen"]])
        x, y = (mesh0[axis].to_numpy() for axis in "xy")
        eyes = np.hypot(x[:, 33] - x[:, 263], y[:, 33] - y[:, 263])
        away = np.median(distances(mesh, mesh0, "x", "y"), axis=1) / eyes
        assert (np.percentile(away, (50, 95)) < MESH_TOLERANCE).all()
        columns = ([f"{point}_{axis}" for point in BODY_25] for axis in "xy")
        away = np.nanmedian(distances(pose, pose0, *columns), axis=1) / eyes
        assert (np.percentile(away, (50, 95)) < POSE_TOLERANCE).all()
        for key in stamp0.keys() - {"settings", "made_at"}:
            assert stamp[key] == stamp0[key], key


def counted(pose: pl.DataFrame) -> list[int]:
    """The frames in which people are counted."""
    return pose.filter(pl.col("people_seen").is_not_null())["frame"].to_list()


def assert_equal(found: Made, expected: Made) -> None:
    for (pose, mesh, _), (pose0, mesh0, _) in zip(found, expected, strict=True):
        assert pose.equals(pose0)
        assert mesh.equals(mesh0)


def test_one_slot_reads_all_frames_also_of_videos_after_each_other(extract, alone):
    for (pose, mesh, stamp), count in zip(alone, (ASTRONAUT, HOPPER), strict=True):
        assert pose["frame"].to_list() == mesh["frame"].to_list() == list(range(count))
        assert pose["time_s"].to_list() == pytest.approx([i / 25 for i in range(count)])
        assert set(pose["status"]) == set(mesh["status"]) == {"ok"}
        assert (stamp["frames_decoded"], stamp["reason"]) == (count, None)
    assert_equal(extract(1, "astronaut", "hopper"), alone)


@pytest.fixture(scope="module")
def together(extract) -> Made:
    """Both in one job, with six slots."""
    return extract(6, "astronaut", "hopper")


def test_videos_side_by_side_are_as_each_alone(together, alone):
    assert_close(together, alone)
    for pose, _, _ in together:
        assert counted(pose) == list(range(0, len(pose), 25))
        assert set(pose["people_seen"].drop_nulls()) == {1}


def test_what_is_next_to_a_video_does_not_change_it(extract, together):
    """Not by a bit: a batch's images do not meet."""
    assert_equal(extract(6, "hopper"), together[1:])
    assert_equal(extract(2, "astronaut"), together[:1])


def test_one_that_cannot_be_read_gets_its_reason_and_the_others_are_whole(extract, alone, slots):
    first, (pose, mesh, stamp), second = extract(slots, "astronaut", "broken", "hopper")
    assert_close([first, second], alone)
    assert len(pose) == len(mesh) == 0
    assert stamp["reason"] == "unreadable" and stamp["detail"] and "codec" not in stamp


def test_ones_that_cannot_be_read_may_stand_anywhere(extract, slots):
    found = extract(slots, "broken", "hopper", "broken", "broken")
    assert [stamp["reason"] for _, _, stamp in found] == ["unreadable", None, "unreadable", "unreadable"]
    assert [len(pose) for pose, _, _ in found] == [0, HOPPER, 0, 0]
    assert [stamp["reason"] for _, _, stamp in extract(slots, "broken")] == ["unreadable"]
    assert extract(slots) == []


def test_a_part_keeps_the_files_frames_and_looks_where_the_whole_does(extract, slots):
    found = extract(slots, "astronaut", start_s=0.4, end_s=2.22)
    for pose, mesh, stamp in found:
        assert pose["frame"].to_list() == mesh["frame"].to_list() == list(range(10, 56))
        assert counted(pose) == [10, 25, 50]
        assert (stamp["start_s"], stamp["end_s"], stamp["reason"]) == (0.4, 2.22, None)
    # one that begins beyond the end
    found = extract(slots, "astronaut", "hopper", start_s=2)
    assert [stamp["reason"] for _, _, stamp in found] == [None, "empty_segment"]
    assert [len(pose) for pose, _, _ in found] == [ASTRONAUT - 50, 0]


def test_at_a_cut_people_are_counted_and_nothing_is_dragged_along(job, tmp_path, slots):
    """A clip that cuts from one to the other and back, at frames that are no multiples of 25 and in all parts of
    segments."""
    cuts, count = [12, 22, 27, 54], 60
    first, other = (views(name, count) for name in ("astronaut", "hopper"))
    of_first = np.searchsorted(cuts, np.arange(count), side="right") % 2 == 0
    write_clip(tmp_path / "cuts.mp4", np.where(of_first[:, None, None, None], first, other))
    (video,) = to_make(tmp_path, tmp_path, "cuts")
    job(slots).extract([video])
    pose, mesh = base.read(video.pose_out, POSE), base.read(video.mesh_out, MESH)
    assert set(pose["status"]) == set(mesh["status"]) == {"ok"}
    assert counted(pose) == sorted({*cuts, *range(0, count, 25)})


def test_the_log_tells_one_rate_of_all_videos(folder, job, tmp_path, capsys):
    """What the last video's end says is that of all frames, of which its own are half."""
    videos = to_make(folder, tmp_path, "hopper", "hopper")
    began = time.monotonic()
    job(6).extract(videos)
    took_s = time.monotonic() - began
    *_, last = capsys.readouterr().out.splitlines()
    rate = float(re.fullmatch(rf".*: {HOPPER} frames, ([\d.]+) frames/s", last)[1])
    assert rate >= 2 * HOPPER / took_s - 0.05


def test_the_log_tells_each_videos_progress_and_end(folder, job, tmp_path, capsys, monkeypatch, slots):
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    videos = to_make(folder, tmp_path, "hopper", "broken", "hopper")
    job(slots).extract(videos)
    lines = capsys.readouterr().out.splitlines()
    hopper, broken = (folder / f"{name}.mp4" for name in ("hopper", "broken"))
    assert lines.pop(HOPPER + 1) == f"{broken}: unreadable" and len(lines) == 2 * (HOPPER + 1)
    for part in (lines[: HOPPER + 1], lines[HOPPER + 1 :]):
        for number, line in enumerate(part[:HOPPER], 1):
            assert re.match(rf"{re.escape(str(hopper))}: {number} frames?, [\d.]+ frames/s", line), line
        assert part[HOPPER // 2].endswith(" left")
        assert re.fullmatch(rf"{re.escape(str(hopper))}: {HOPPER} frames, [\d.]+ frames/s", part[-1])


def test_the_stamps_say_what_made_the_tables(folder, job, tmp_path):
    videos = to_make(folder, tmp_path, "hopper", "broken")
    made = job(2, detect_every=10)
    made.extract(videos)
    for video in videos:
        stamp = base.read_stamp(video.pose_out)
        assert stamp["inputs"] == {str(video.path): atomic.sha256(video.path)}
        assert (stamp["code"], len(stamp["models"])) == ("c0de", 4)
        assert [stamp["settings"]["extraction"][name] for name in ("detect_every", "slots")] == [10, 2]
        before = made.stamp_of(video)
        assert all(stamp[key] == before[key] for key in ("inputs", "code", "settings", "models", "libraries"))


def test_where_a_call_says_to_run_goes_before_the_settings():
    given = Sections.of({"extraction": {"threads": 3}})
    assert given.on(device=None, threads=None, slots=None) == given
    elsewhere = given.on(device="cuda", threads=None, slots=4)
    assert (elsewhere.extraction.device, elsewhere.extraction.threads) == ("cuda", 3)
    assert elsewhere.extraction.slot_count == 4 and elsewhere.pose == given.pose
    assert given.on(threads=7).extraction.threads == 7


def test_what_goes_wrong_in_reading_comes_out_and_leaves_the_videos_before(folder, job, tmp_path, monkeypatch, slots):
    following = Decoder.__next__

    def broken(decoding: Decoder) -> Frame:
        frame = following(decoding)
        if decoding.path.name == "astronaut.mp4" and frame.index == 30:
            raise MemoryError("no more")
        return frame

    monkeypatch.setattr(Decoder, "__next__", broken)
    videos = to_make(folder, tmp_path, "hopper", "astronaut", "hopper")
    with pytest.raises(MemoryError, match="no more"):
        job(slots).extract(videos)
    # the first is whole where it was done by then, and no half of a table is left
    assert {*tmp_path.iterdir()} <= {videos[0].pose_out, videos[0].mesh_out}
    if videos[0].pose_out.exists():
        assert len(base.read(videos[0].pose_out, POSE)) == HOPPER


def test_what_goes_wrong_in_writing_comes_out_and_no_thread_stays(folder, job, tmp_path, slots):
    video, other = to_make(folder, tmp_path, "hopper", "astronaut")
    (tmp_path / "file").write_text("not a folder")
    nowhere = replace(other, pose_out=tmp_path / "file" / "pose.parquet")
    with pytest.raises(OSError):
        job(slots).extract([video, nowhere])
    assert len(base.read(video.pose_out, POSE)) == HOPPER


def test_missing_networks_are_reported_before_anything_is_read(folder, tmp_path):
    with pytest.raises(UserError, match="pose_detection"):
        Job(Sections.of({}), tmp_path, "c0de").extract(to_make(folder, tmp_path, "hopper"))
    assert list(tmp_path.iterdir()) == []


def test_one_of_both_alone(extract, folder, job, tmp_path):
    """The pose is the same without the face, and the face with the pose known."""
    [(poses, meshes, stamp)] = extract(1, "astronaut")
    path, pose_out, mesh_out = folder / "astronaut.mp4", tmp_path / "pose.parquet", tmp_path / "mesh.parquet"
    job(1).extract([Video(path, pose_out, None)])
    assert base.read(pose_out, POSE).equals(poses)
    job(1).extract([Video(path, None, mesh_out, pose_in=pose_out)])
    made = base.read(mesh_out, MESH)
    assert made.select("frame", "time_s", "status").equals(meshes.select("frame", "time_s", "status"))
    distance = np.abs(np.stack(made["x"].drop_nulls()) - np.stack(meshes["x"].drop_nulls()))
    assert np.median(distance) < 0.5  # px; points below the picture are not given, and none shows the head
    of_pose, of_mesh = (base.read_stamp(path)["models"] for path in (pose_out, mesh_out))
    assert sorted([*of_pose, *of_mesh]) == sorted(stamp["models"])
