"""The step `extract` on unusual and broken files: a row for each frame that decodes, a reason where none does."""

from collections.abc import Callable, Iterable
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
import skimage.data

from moodreel.steps import extract
from moodreel.tables import base
from moodreel.tables.extraction import MESH, POSE
from unit.steps.calls import call

FRAMES = 4
NOSE_TIP = 1
PORTRAIT = skimage.data.astronaut()
NOSE_PX = (225, 126)
"""The nose in the portrait, by eye."""


@pytest.fixture
def run(models_folder, tmp_path, capsys) -> Callable[..., tuple[pl.DataFrame, pl.DataFrame, dict, str]]:
    """Runs the step on a file: the table of poses, that of meshes, their stamp and the log."""

    def extracted(video: Path) -> tuple[pl.DataFrame, pl.DataFrame, dict, str]:
        pose, mesh = tmp_path / "pose.parquet", tmp_path / "mesh.parquet"
        call(extract, video=video, models=models_folder, pose_out=pose, mesh_out=mesh)
        stamp = base.read_stamp(pose)
        assert base.read_stamp(mesh) | {"table": "pose", "schema_version": POSE.version} == stamp
        return base.read(pose, POSE), base.read(mesh, MESH), stamp, capsys.readouterr().out

    return extracted


def write(path: Path, pictures: list[np.ndarray], codec: str = "libx264", pixels: str = "yuv420p", **options) -> Path:
    """A file of `pictures`, RGB or RGBA, at 10 Hz, in which every frame is a key frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.gop_size = 1
        stream.codec_context.thread_count = 1
        for picture in pictures:
            layout = "rgba" if picture.shape[2] == 4 else "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=layout)))
        container.mux(stream.encode())
    return path


def joined(parts: list[Path]) -> Path:
    path = parts[0].with_name("joined.ts")
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def views(width: int = 400, height: int = 400, count: int = FRAMES) -> list[np.ndarray]:
    return [PORTRAIT[:height, 4 * i : 4 * i + width] for i in range(count)]


def assert_tracked(poses: pl.DataFrame, meshes: pl.DataFrame, numbers: Iterable[int], tolerance_px: float = 8) -> None:
    """Rows stand for these views of the portrait, and the face is in its place in each."""
    assert poses["status"].to_list() == meshes["status"].to_list() == ["ok"] * len([*numbers])
    x, y = (meshes[axis].to_numpy()[:, NOSE_TIP] for axis in "xy")
    away_px = np.hypot(x - NOSE_PX[0] + 4 * np.array([*numbers]), y - NOSE_PX[1])
    assert away_px.max() < tolerance_px
    assert np.hypot(poses["nose_x"].to_numpy() - x, poses["nose_y"].to_numpy() - y).max() < 2 * tolerance_px


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "options"),
    [
        ("ten_bits.mp4", "libx264", "yuv420p10le", {}),
        ("twelve_bits.mkv", "ffv1", "yuv444p12le", {}),
        ("grey.mp4", "libx264", "gray", {}),
        ("grey_16_bits.mkv", "ffv1", "gray16le", {}),
        ("interlaced.mp4", "libx264", "yuv420p", {"x264-params": "tff=1"}),
        ("interlaced.mpg", "mpeg2video", "yuv420p", {"flags": "+ildct+ilme", "b": "4M"}),
        ("full_range.avi", "mjpeg", "yuvj420p", {"q": "3"}),
        ("planar_rgb.avi", "utvideo", "gbrp", {}),
        ("palette.gif", "gif", "rgb8", {}),
        ("transparent.mov", "png", "rgba", {}),
        ("transparent.mov", "qtrle", "argb", {}),
        ("transparent.webm", "libvpx-vp9", "yuva420p", {}),
        ("transparent.mov", "prores_ks", "yuva444p10le", {}),
    ],
)
def test_every_kind_of_picture_is_read(run, tmp_path, name, codec, pixels, options):
    """Of a transparent one what is stored, as if it were not transparent."""
    pictures = views()
    if "transparent" in name:
        pictures = [np.dstack([view, np.full(view.shape[:2], 60, np.uint8)]) for view in pictures]
    poses, meshes, stamp, _ = run(write(tmp_path / name, pictures, codec, pixels, **options))
    assert (stamp["reason"], stamp["frames_decoded"]) == (None, FRAMES)
    assert_tracked(poses, meshes, range(FRAMES))


@pytest.mark.parametrize("size", [(401, 333), (397, 395)])
def test_odd_sizes_are_read(run, tmp_path, size):
    poses, meshes, stamp, _ = run(write(tmp_path / "a.mkv", views(*size), pixels="yuv444p"))
    assert (stamp["width"], stamp["height"]) == size
    assert_tracked(poses, meshes, range(FRAMES))


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 500), (500, 3)])
def test_pictures_too_small_for_anybody_have_rows(run, tmp_path, size):
    poses, meshes, stamp, _ = run(write(tmp_path / "a.mkv", views(*size, 2), "ffv1", "yuv444p"))
    assert stamp["reason"] is None
    assert len(poses) == len(meshes) == stamp["frames_decoded"] == 2
    assert set(meshes["status"]) <= {"no_person", "no_face", "low_confidence"}


def test_where_the_size_changes_everything_is_looked_for_again(run, tmp_path):
    small = [view[::2, ::2] for view in views()]
    parts = [write(tmp_path / f"{i}.ts", part, crf="10") for i, part in enumerate((views(), small))]
    poses, meshes, stamp, _ = run(joined(parts))
    assert (stamp["frames_decoded"], stamp["size_changes"]) == (2 * FRAMES, 1)
    assert poses["people_seen"].to_list() == [1, None, None, None] * 2
    large, small = meshes[:FRAMES], meshes[FRAMES:]
    assert_tracked(poses[:FRAMES], large, range(FRAMES))
    assert small["status"].to_list() == ["ok"] * FRAMES
    for axis in "xy":
        assert np.median(np.abs(2 * small[axis].to_numpy() - large[axis].to_numpy())) < 3


def test_the_kind_of_picture_may_change_inside_a_file(run, tmp_path):
    halves = {"yuv420p": views()[:2], "yuv444p10le": views()[2:]}
    parts = [write(tmp_path / f"{pixels}.ts", half, pixels=pixels) for pixels, half in halves.items()]
    poses, meshes, stamp, _ = run(joined(parts))
    assert (stamp["frames_decoded"], stamp["size_changes"]) == (FRAMES, 0)
    assert poses["people_seen"].to_list() == [1, None, None, None]
    assert_tracked(poses, meshes, range(FRAMES))


def packets(path: Path) -> list[tuple[int, int]]:
    """Position and size in bytes of a file's packets of pictures."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def spoil(path: Path, numbers: Iterable[int]) -> None:
    content = bytearray(path.read_bytes())
    for position, size in (packets(path)[number] for number in numbers):
        content[position : position + size] = b"\xff" * size
    path.write_bytes(content)


def test_a_file_that_decodes_partly_gives_these_rows_and_says_how_many_did_not(run, tmp_path):
    video = write(tmp_path / "a.mp4", views(count=6))
    spoil(video, [2, 3])
    poses, meshes, stamp, log = run(video)
    assert (stamp["reason"], stamp["frames_decoded"], stamp["corrupt_packets"]) == (None, 4, 2)
    assert poses["time_s"].to_list() == meshes["time_s"].to_list() == pytest.approx([0, 0.1, 0.4, 0.5])
    assert_tracked(poses, meshes, [0, 1, 4, 5])
    assert "4 frames" in log and "2 packets could not be decoded" in log


def test_a_file_that_ends_early_gives_what_is_there(run, tmp_path):
    video = write(tmp_path / "a.mkv", views(count=6))
    content = video.read_bytes()
    video.write_bytes(content[: packets(video)[4][0]])
    poses, meshes, stamp, _ = run(video)
    assert stamp["frames_decoded"] == 4
    assert_tracked(poses, meshes, [0, 1, 2, 3])


def test_one_frame_is_enough(run, tmp_path):
    poses, meshes, stamp, log = run(write(tmp_path / "a.mp4", views(count=1)))
    assert (stamp["frames_decoded"], poses["people_seen"].to_list()) == (1, [1])
    assert_tracked(poses, meshes, [0])
    assert "1 frame," in log


def without_frames(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 400, 400, "yuv420p"
        container.start_encoding()
    return path


def all_spoilt(path: Path) -> Path:
    write(path, views())
    spoil(path, range(FRAMES))
    return path


def sound_alone(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def without_index(path: Path) -> Path:
    write(path, views())
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize(
    ("made", "name", "reason"),
    [
        (without_frames, "a.mkv", "unreadable"),
        (without_frames, "a.mp4", "no_video_stream"),
        (without_frames, "a.avi", "no_frames"),
        (all_spoilt, "a.mp4", "no_frames"),
        (sound_alone, "a.wav", "no_video_stream"),
        (without_index, "a.mp4", "unreadable"),
        (empty, "a.mp4", "unreadable"),
    ],
)
def test_where_nothing_decodes_the_tables_are_empty_and_say_why(run, tmp_path, made, name, reason):
    poses, meshes, stamp, log = run(made(tmp_path / name))
    assert len(poses) == len(meshes) == 0
    assert stamp["reason"] == reason
    assert f"{name}: {reason}" in log
