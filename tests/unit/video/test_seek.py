"""A part of a file is the same whether what is before it was decoded or not."""

from pathlib import Path

import av
import numpy as np
import pytest

from moodreel.video import decode
from moodreel.video.decode import frames

SECONDS = 12
ENCODERS = {
    "h264": "libx264 -x264-params keyint=25:scenecut=0",
    "h264, open groups": "libx264 -x264-params keyint=25:bframes=7:b-pyramid=normal:open-gop=1:ref=6:scenecut=0",
    "h264, built up": "libx264 -x264-params keyint=25:intra-refresh=1:bframes=0:scenecut=0",
    "hevc, open groups": "libx265 -x265-params keyint=25:bframes=5:open-gop=1:log-level=none",
    "vp9": "libvpx-vp9 -b:v 500k -g 25 -lag-in-frames 16 -deadline realtime",
    "vp8": "libvpx -b:v 500k -g 25 -lag-in-frames 16 -auto-alt-ref 1 -deadline realtime",
    "av1": "libsvtav1 -preset 12 -g 25",
    "mjpeg": "mjpeg -q:v 3 -pix_fmt yuvj420p",
    "prores": "prores_ks -pix_fmt yuv422p10",
    "mpeg4": "mpeg4 -bf 2 -g 25",
    "ffv1": "ffv1 -g 25",
}
FILES = [
    *((codec, "mp4") for codec in ("h264", "h264, open groups", "h264, built up", "hevc, open groups", "vp9", "av1")),
    *((codec, "mkv") for codec in ENCODERS),
    *((codec, "mov") for codec in ("mjpeg", "prores", "mpeg4")),
    *((codec, "ts") for codec in ("h264", "hevc, open groups")),
    ("h264", "avi"),
]


@pytest.fixture
def write(tmp_path, ffmpeg):
    """Writes 12 s of a moving picture at 25 Hz, with further arguments for ffmpeg."""

    def write(codec: str, suffix: str, *arguments: str) -> Path:
        path = tmp_path / f"a.{suffix}"
        moving = f"testsrc=s=64x48:r=25:d={SECONDS},hue=H=t,noise=alls=20:allf=t"
        ffmpeg("-f", "lavfi", "-i", moving, "-pix_fmt", "yuv420p", "-c:v", *ENCODERS[codec].split(), "-threads", "1",
               *arguments, path)  # fmt: skip
        return path

    return write


@pytest.fixture
def decoded_packets(monkeypatch) -> list[int]:
    """Counts the frames that come out of the decoder."""
    count = [0]
    inner = decode.decode

    def counting(*arguments, **options):
        for frame in inner(*arguments, **options):
            count[0] += 1
            yield frame

    monkeypatch.setattr(decode, "decode", counting)
    return count


def facts(decoding) -> dict:
    return {name: value for name, value in decoding.facts.items() if name != "patched_frames"}


@pytest.mark.parametrize(("codec", "suffix"), FILES, ids=lambda part: part)
def test_a_part_is_what_it_is_in_the_whole(write, decoded_packets, codec, suffix):
    path = write(codec, suffix)
    with frames(path) as decoding:
        whole = [(frame.index, frame.time_s, frame.picture) for frame in decoding]
    assert len(whole) == SECONDS * 25
    for start_s in (0.5, 3.0, 4.001, 7.98, 10.0, 11.9):
        expected = [frame for frame in whole if start_s <= frame[1] < start_s + 0.4]
        decoded_packets[0] = 0
        with frames(path, start_s=start_s, end_s=start_s + 0.4) as decoding:
            part = [(frame.index, frame.time_s, frame.picture) for frame in decoding]
        assert [frame[:2] for frame in part] == [frame[:2] for frame in expected]
        assert all(np.array_equal(a[2], b[2]) for a, b in zip(part, expected, strict=True))
        assert decoding.facts["frames_decoded"] == expected[-1][0] + 1
        is_sought = suffix in ("mp4", "mkv", "mov") and not codec.startswith(("vp8", "mpeg4", "ffv1", "h264, built"))
        if start_s > 7:
            assert (decoded_packets[0] < 150) == is_sought


@pytest.mark.parametrize("kind", ["edit list", "late start", "variable rate", "no index", "clock that jumps", "damage"])
def test_a_part_of_a_difficult_file_is_what_it_is_in_the_whole(write, ffmpeg, tmp_path, kind):
    path, edited = write("h264", "mp4"), tmp_path / "edited.mp4"
    if kind == "edit list":
        ffmpeg("-ss", "1.3", "-i", path, "-c", "copy", edited)
    elif kind == "late start":
        ffmpeg("-itsoffset", "3.7", "-i", path, "-c", "copy", edited)
    elif kind == "variable rate":
        ffmpeg("-i", path, "-vf", "select='mod(n,7)-3'", "-fps_mode", "passthrough", edited)
    elif kind == "no index":
        edited = tmp_path / "edited.mkv"
        ffmpeg("-i", path, "-c", "copy", "-f", "matroska", "-live", "1", edited)
    elif kind == "clock that jumps":
        ffmpeg("-i", path, "-c", "copy", "-bsf:v", "setts=ts=TS+gt(N\\,60)*5000/TB", edited)
    else:
        edited = path
        with av.open(str(path)) as container:
            places = [(packet.pos, packet.size) for packet in container.demux(video=0)][60:62]
        with open(path, "r+b") as file:
            for position, size in places:
                file.seek(position)
                file.write(b"\xff" * size)
    with frames(edited) as decoding:
        whole = [(frame.time_s, frame.picture) for frame in decoding]
    for start_s in (0.5, 5.0, 8.1, 10.02):
        expected = [frame for frame in whole if start_s <= frame[0] < start_s + 0.4]
        part = [(frame.time_s, frame.picture) for frame in frames(edited, start_s=start_s, end_s=start_s + 0.4)]
        assert [frame[0] for frame in part] == [frame[0] for frame in expected]
        assert all(np.array_equal(a[1], b[1]) for a, b in zip(part, expected, strict=True))
