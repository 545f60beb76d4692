import gc
import itertools
import resource
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.frame import Frame, Upright
from moodreel.video.rotation import Turn


def reason_of(path) -> str:
    with pytest.raises(VideoError) as caught:
        list(frames(path))
    return caught.value.reason


def test_constant_rate(tmp_path, write_clip, frame_number):
    decoding = frames(write_clip(tmp_path / "a.mp4"))
    seen = list(decoding)
    assert [f.index for f in seen] == list(range(10))
    assert [f.time_s for f in seen] == pytest.approx([i / 10 for i in range(10)])
    assert [frame_number(f.picture) for f in seen] == list(range(10))
    assert all(f.picture.shape == (48, 64, 3) and f.picture.dtype == np.uint8 for f in seen)
    assert (decoding.decoded, decoding.corrupt, decoding.patched, decoding.mended_times) == (10, 0, 0, 0)
    assert (decoding.width, decoding.height, decoding.rotation, decoding.mirrored) == (64, 48, 0, False)
    assert decoding.codec == "h264" and decoding.average_rate_hz == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("times_s", [[3.397, 3.464, 3.498, 3.8, 3.833, 4.5], [3.397]], ids=["many", "one frame"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_variable_rate_and_late_start(tmp_path, write_clip, name, times_s):
    decoding = frames(write_clip(tmp_path / name, times_s))
    assert [f.time_s for f in decoding] == pytest.approx([t - 3.397 for t in times_s], abs=1e-6)
    assert (decoding.first_pts_s, decoding.mended_times) == (pytest.approx(3.397), 0)


def test_a_lone_stamp_far_ahead(tmp_path, write_clip, frame_number, ffmpeg):
    """The next frame goes on where the one before was: only the one frame's time is unknown."""
    ffmpeg("-i", write_clip(tmp_path / "a.mp4"), "-c", "copy", "-muxdelay", 0, tmp_path / "a.ts")
    content = bytearray((tmp_path / "a.ts").read_bytes())
    place = -1
    for _ in range(6):
        place = content.index(b"\0\0\1\xe0", place + 1)
    content[place + 10] += 2  # bits 29 to 22 of the sixth stamp, whose unit is 1 / 90,000 s: 93 s
    (tmp_path / "a.ts").write_bytes(content)
    with frames(tmp_path / "a.ts") as decoding:
        seen = [(frame_number(frame.picture), frame.time_s) for frame in decoding]
    assert [number for number, _ in seen] == list(range(10))
    assert seen[4][1] < seen[5][1] < seen[6][1]
    assert [time_s for number, time_s in seen if number != 5] == pytest.approx([n / 10 for n in range(10) if n != 5])
    assert decoding.mended_times == 1


def test_segment_keeps_the_files_indices_and_times(tmp_path, write_clip, frame_number):
    path = write_clip(tmp_path / "a.mp4", [2 + i / 10 for i in range(10)])
    seen = list(frames(path, start_s=0.3, end_s=0.6))
    assert [(f.index, frame_number(f.picture)) for f in seen] == [(3, 3), (4, 4), (5, 5)]
    assert [f.time_s for f in seen] == pytest.approx([0.3, 0.4, 0.5])
    assert [f.index for f in frames(path, start_s=0.75)] == [8, 9]
    assert [f.index for f in frames(path, end_s=0.15)] == [0, 1]
    with pytest.raises(VideoError, match="frames read: 10") as caught:
        list(frames(path, start_s=9))
    assert caught.value.reason == "empty_segment"


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_pictures_are_upright(tmp_path, write_clip, ffmpeg, degrees, flip):
    """The reference is what ffmpeg itself shows for the same file."""
    stored = write_clip(tmp_path / "stored.mp4", corner=True)
    turned, shown = tmp_path / "turned.mp4", tmp_path / "shown.mp4"
    ffmpeg("-display_rotation", str(degrees), *(["-display_hflip"] if flip else []), "-i", stored, "-c", "copy", turned)
    ffmpeg("-i", turned, "-c:v", "libx264", "-qp", "0", shown)
    decoding = frames(turned)
    ours, reference = next(decoding).picture, next(frames(shown)).picture
    assert ours.shape == reference.shape == (decoding.height, decoding.width, 3)
    assert ours.flags.c_contiguous
    assert np.abs(ours.astype(int) - reference).max() < 12
    assert decoding.mirrored == flip
    assert flip or decoding.rotation == -degrees % 360  # ffmpeg's option counts anticlockwise


def test_pixels_that_are_not_square(tmp_path, write_clip, ffmpeg):
    ffmpeg("-i", write_clip(tmp_path / "a.mp4"), "-vf", "setsar=3/2", tmp_path / "wide.mp4")
    decoding = frames(tmp_path / "wide.mp4")
    assert (next(decoding).picture.shape, decoding.width, decoding.height) == ((48, 96, 3), 96, 48)


@pytest.mark.parametrize(
    ("codec", "pixels", "size"),
    [("libx264", "yuv444p", (33, 17)), ("ffv1", "gray", (64, 48)), ("libx264", "yuv420p10le", (66, 50))],
)
def test_odd_sizes_grey_and_ten_bits(tmp_path, write_clip, frame_number, codec, pixels, size):
    seen = list(frames(write_clip(tmp_path / "a.mkv", size=size, codec=codec, pixels=pixels)))
    assert seen[0].picture.shape == (size[1], size[0], 3)
    assert [frame_number(f.picture) for f in seen] == list(range(10))


def test_colours_that_do_not_exist(tmp_path, write_clip, ffmpeg, frame_number):
    """A damaged header names them; the usual ones are taken."""
    unknown = "h264_metadata=colour_primaries=51:transfer_characteristics=51:matrix_coefficients=65"
    ffmpeg("-i", write_clip(tmp_path / "a.mp4"), "-c", "copy", "-bsf:v", unknown, tmp_path / "b.mp4")
    assert [frame_number(f.picture) for f in frames(tmp_path / "b.mp4")] == list(range(10))


def test_pixels_that_cannot_be_converted_are_the_videos_fault(tmp_path, write_clip, monkeypatch):
    def refuse(*_, **__):
        raise av.error.FFmpegError(22, "no way")

    decoding = frames(write_clip(tmp_path / "a.mp4"))
    monkeypatch.setattr(decoding._upright, "_reformatter", SimpleNamespace(reformat=refuse))
    with pytest.raises(VideoError, match="yuv420p pixels: .*no way") as caught:
        _ = next(decoding).picture
    assert caught.value.reason == "unreadable"


def test_no_presentation_stamps(tmp_path, write_clip):
    decoding = frames(write_clip(tmp_path / "a.avi", codec="mpeg4"))
    assert np.diff([f.time_s for f in decoding]) == pytest.approx(0.1)


def test_picture_size_and_clock_change_inside_a_file(tmp_path, write_clip, frame_number):
    parts = [write_clip(tmp_path / "a.ts"), write_clip(tmp_path / "b.ts", size=(32, 96))]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    decoding = frames(joined)
    seen = list(decoding)
    sizes = [f.picture.shape[:2] for f in seen]
    first, second = sizes.count((48, 64)), sizes.count((96, 32))
    assert sizes == [(48, 64)] * first + [(96, 32)] * second and min(first, second) >= 9
    assert (decoding.size_changes, decoding.width, decoding.height) == (1, 64, 48)
    assert np.diff([f.time_s for f in seen]) == pytest.approx(0.1, abs=0.002)
    assert decoding.mended_times > 0
    assert frame_number(seen[-1].picture) == 9


def changing(folder, write_clip, ffmpeg, kind):
    """A file in which the size, the shape of pixels and size, or the kind of pixels change; or one that is turned."""
    if kind == "rotation":
        stored = write_clip(folder / "a.mp4", corner=True)
        ffmpeg("-display_rotation", "90", "-i", stored, "-c", "copy", folder / "r.mp4")
        return folder / "r.mp4"
    other = {"size": {"size": (32, 96)}, "pixels": {"pixels": "yuv444p"}}[kind]
    parts = [write_clip(folder / "a.ts", corner=True), write_clip(folder / "b.ts", corner=True, **other)]
    (folder / "joined.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    return folder / "joined.ts"


@pytest.mark.parametrize("kind", ["size", "pixels", "rotation"])
def test_pictures_made_late_or_again_are_those_made_at_once(tmp_path, write_clip, ffmpeg, kind):
    path = changing(tmp_path, write_clip, ffmpeg, kind)
    at_once = [f.picture for f in frames(path)]
    with frames(path) as decoding:
        late = list(decoding)
    assert len(late) == len(at_once) >= 10
    # the last first, so that each is made next to one of another kind than when it was decoded
    for frame, picture in reversed(list(zip(late, at_once, strict=True))):
        for _ in range(2):
            assert np.array_equal(frame.picture, picture) and frame.picture is frame.picture
            made = weakref.ref(frame.picture)
            frame.release()
            frame.release()
            assert made() is None


def test_a_picture_is_made_when_it_is_asked_for_and_one_that_was_given_stays():
    made, picture = [], np.zeros((2, 3, 3), np.uint8)
    frame, given = Frame(7, 0.28, lambda: made.append(frame.index) or picture), Frame(0, 0.0, picture)
    assert made == []
    assert frame.picture is frame.picture
    assert made == [7]
    frame.release(), given.release()
    assert made == [7]
    assert frame.picture is given.picture is picture
    assert made == [7, 7]


def test_a_frames_own_turn_counts_when_its_picture_is_made_late(tmp_path, write_clip, monkeypatch):
    """No file format at hand turns in the middle, so the decoder is made to say so from the fifth frame on."""
    turns = iter([Turn()] + [Turn()] * 4 + [Turn(transpose=True)] * 6)
    monkeypatch.setattr(Upright, "turn", lambda self, stored: next(turns))
    late = list(frames(write_clip(tmp_path / "a.mp4")))
    assert [f.picture.shape[:2] for f in late] == [(48, 64)] * 4 + [(64, 48)] * 6


def test_pictures_may_be_made_by_several_threads(tmp_path, ffmpeg):
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=640x480:r=25:d=1", tmp_path / "a.mp4")
    expected = [f.picture for f in frames(tmp_path / "a.mp4")]
    late = list(frames(tmp_path / "a.mp4"))
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda i: late[i % len(late)].picture, range(4 * len(late))))
    assert all(np.array_equal(picture, expected[i % len(late)]) for i, picture in enumerate(made))


@pytest.mark.parametrize("damaged", [[3, 4], [0]])
def test_corrupt_packets_are_skipped_and_counted(tmp_path, write_clip, frame_number, damage, damaged):
    path = write_clip(tmp_path / "a.mp4")
    damage(path, damaged)
    decoding = frames(path)
    seen, whole = list(decoding), [number for number in range(10) if number not in damaged]
    assert [frame_number(f.picture) for f in seen] == whole
    assert [f.index for f in seen] == list(range(len(whole)))
    assert [f.time_s for f in seen] == pytest.approx([(number - whole[0]) / 10 for number in whole])
    assert decoding.first_pts_s == pytest.approx(whole[0] / 10)
    assert (decoding.decoded, decoding.corrupt) == (len(whole), len(damaged))


def test_frames_lost_at_the_beginning_of_an_avi_do_not_move_the_picture(tmp_path, write_clip, damage):
    path = write_clip(tmp_path / "a.avi", codec="mpeg4")
    damage(path, [0, 1])
    with frames(path) as decoding:
        assert len(list(decoding)) == 8
    assert decoding.first_pts_s == pytest.approx(0.2)


def test_truncated(tmp_path, write_clip, frame_number):
    path = write_clip(tmp_path / "a.mp4", options={"movflags": "faststart"})
    with av.open(str(path)) as container:
        seventh = [p.pos for p in container.demux(video=0)][6]
    path.write_bytes(path.read_bytes()[: seventh + 20])
    decoding = frames(path)
    assert [frame_number(f.picture) for f in decoding] == [0, 1, 2, 3, 4, 5]
    assert decoding.corrupt >= 1


def test_nothing_decodes(tmp_path, write_clip, damage):
    """Also of a file that is truncated before its index."""
    path, truncated = write_clip(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    truncated.write_bytes(path.read_bytes().partition(b"moov")[0][:-4])
    assert reason_of(truncated) == "unreadable"
    damage(path, range(10))
    with pytest.raises(VideoError, match="corrupt packets: 10") as caught:
        frames(path)
    assert caught.value.reason == "no_frames"


def test_sound_alone_and_cover_pictures(tmp_path, write_clip, ffmpeg):
    sound, cover = tmp_path / "sound.m4a", tmp_path / "cover.m4a"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", sound)
    ffmpeg("-i", sound, "-f", "lavfi", "-i", "color=s=32x32:d=1:r=1", "-map", "0", "-map", "1", "-c:a", "copy",
           "-c:v", "png", "-frames:v", "1", "-disposition:v", "attached_pic", cover)  # fmt: skip
    assert reason_of(sound) == reason_of(cover) == "no_video_stream"


BARE_SUFFIX = {"h264": ".h264", "hevc": ".hevc", "mpeg2video": ".m2v", "mpeg4": ".m4v", "vp8": ".ivf", "vp9": ".ivf",
                "av1": ".ivf"}  # fmt: skip
ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp8": "libvpx", "vp9": "libvpx-vp9", "av1": "libsvtav1"}


def growing(folder, ffmpeg, codec, size, count):
    """A stream of ten small pictures and, from then on, `count` of the given size."""
    parts = []
    for name, each, number in (("small", "64x64", 10), ("large", size, count)):
        path = folder / (name + BARE_SUFFIX[codec])
        bare = ("-f", "m4v") if codec == "mpeg4" else ()
        ffmpeg("-f", "lavfi", "-i", f"color=red:s={each}:r=10", "-frames:v", str(number), "-c:v",
               ENCODERS.get(codec, codec), "-pix_fmt", "yuv420p", *bare, path)  # fmt: skip
        parts.append(path.read_bytes())
    header = 32 if BARE_SUFFIX[codec] == ".ivf" else 0
    joined = folder / ("joined" + BARE_SUFFIX[codec])
    joined.write_bytes(parts[0] + parts[1][header:])
    return joined


@pytest.mark.parametrize("codec", BARE_SUFFIX)
@pytest.mark.parametrize(("size", "count"), [("2048x1024", 6), ("2048x1024", 1), ("640x480", 1)])
def test_pictures_that_grow_beyond_the_limit(tmp_path, ffmpeg, codec, size, count):
    """Far larger ones are not even decoded. The video is refused, not cut short."""
    path = growing(tmp_path, ffmpeg, codec, size, count)
    assert max(frame.picture.shape[1] for frame in frames(path)) == int(size.partition("x")[0])
    shown: list[int] = []
    with pytest.raises(VideoError, match="640 x 480 px" if size == "640x480" else "grows beyond 100000") as caught:
        shown.extend(frame.index for frame in frames(path, max_pixels=100_000))
    assert caught.value.reason == "too_large"
    assert shown == list(range(len(shown))) and len(shown) <= 10
    assert [f.index for f in frames(path, max_pixels=100_000, end_s=0.3)][:1] == [0]


def test_a_damaged_packet_that_claims_a_large_picture_is_only_damage(tmp_path, write_clip, frame_number):
    path = write_clip(tmp_path / "a.ivf", codec="libvpx")
    with av.open(str(path)) as container:
        fifth = list(container.demux(video=0))[4].pos
    content = bytearray(path.read_bytes())
    start = content.index(b"\x9d\x01\x2a", fifth) + 3  # of a key frame, then width and height (RFC 6386, 9.1)
    content[start : start + 4] = b"\xff\x3f\xff\x3f"
    path.write_bytes(content)
    decoding = frames(path)
    assert [frame_number(f.picture) for f in decoding] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert decoding.corrupt == 1


def test_parts_that_are_too_long(tmp_path, write_clip):
    path = write_clip(tmp_path / "a.mp4")
    for part in ({}, {"start_s": 0.2}, {"start_s": 0.2, "end_s": 0.8}):
        with pytest.raises(VideoError, match="more than 0.45 s are used") as caught:
            list(frames(path, **part, max_duration_s=0.45))
        assert caught.value.reason == "too_long"
    assert [f.index for f in frames(path, start_s=0.4, end_s=0.85, max_duration_s=0.45)] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
@pytest.mark.parametrize("place", ["before", "behind"])
def test_the_picture_that_moves_is_used(tmp_path, write_clip, ffmpeg, suffix, place, frame_number):
    """Not a thumbnail or poster of one frame, however large, wherever it is."""
    clip = write_clip(tmp_path / "clip.mp4")
    poster = tmp_path / "poster.mkv"
    ffmpeg(
        "-f", "lavfi", "-i", "color=s=640x480:r=1", "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", poster
    )
    first, second = (poster, clip) if place == "before" else (clip, poster)
    ffmpeg("-i", first, "-i", second, "-map", "0", "-map", "1", "-c", "copy", tmp_path / f"both.{suffix}")
    with frames(tmp_path / f"both.{suffix}") as decoding:
        assert [frame_number(f.picture) for f in decoding] == list(range(10))
    used, other = (1, 0) if place == "before" else (0, 1)
    sentence = f"stream {used} (64 x 48 h264) is used; not used: stream {other} (640 x 480 mjpeg)"
    assert decoding.facts["other_streams"] == sentence
    assert frames(clip).facts["other_streams"] is None


@pytest.mark.parametrize("default", [None, 0, 1])
def test_the_default_then_the_largest_picture_is_used(tmp_path, write_clip, ffmpeg, default):
    small, large = write_clip(tmp_path / "s.mp4"), write_clip(tmp_path / "l.mp4", size=(80, 60))
    marks = [f"-disposition:{n}" for n in (0, 1)], ["default" if n == default else "0" for n in (0, 1)]
    ffmpeg("-i", small, "-i", large, "-map", "0", "-map", "1", "-c", "copy", "-default_mode", "passthrough",
           *itertools.chain(*zip(*marks, strict=True)), tmp_path / "both.mkv")  # fmt: skip
    assert frames(tmp_path / "both.mkv").width == (64 if default == 0 else 80)


def test_memory_does_not_grow_with_the_video(tmp_path, ffmpeg):
    """Stored pictures live outside Python's books, so the process itself is asked; 400 of them would take 180 MB."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=640x480:r=100:d=4", "-c:v", "mpeg4", "-threads", "1", tmp_path / "long.mp4")
    pages = Path("/proc/self/statm")
    if not pages.exists():
        pytest.skip("no /proc on this system")
    gc.disable()
    try:
        held = [int(pages.read_text().split()[1]) for f in frames(tmp_path / "long.mp4") if f.index in (50, 399)]
    finally:
        gc.enable()
    assert (held[1] - held[0]) * resource.getpagesize() < 20e6


def test_closing_early(tmp_path, write_clip):
    with frames(write_clip(tmp_path / "a.mp4")) as decoding:
        assert len(list(itertools.islice(decoding, 3))) == 3
    assert decoding.decoded == 3 and next(decoding, None) is None


# Real clips


def test_real_rotated_clips(shared):
    upright = next(frames(shared / "data/videos/intel_asl_again.mkv")).picture
    turned = next(frames(shared / "data/videos/intel_asl_again_rot90.mp4"))
    assert turned.picture.shape == upright.shape == (480, 640, 3)
    assert np.abs(turned.picture.astype(int) - upright).mean() < 3
    keyboard = frames(shared / "data/videos/decord_video_90.mov")
    assert (keyboard.rotation, keyboard.width, keyboard.height, len(list(keyboard))) == (90, 320, 568, 3)


def test_real_variable_rate_and_late_start(shared):
    whole = [f.time_s for f in frames(shared / "data/videos/intel_asl_again.mkv")]
    thinned = [f.time_s for f in frames(shared / "data/videos/intel_asl_again_vfr.mp4")]
    assert (len(whole), len(thinned)) == (77, 51)
    assert all(np.abs(np.array(whole) - time_s).min() < 0.0011 for time_s in thinned)
    late = frames(shared / "data/truth/openface_timo1/timo1.mp4")
    assert (late.first_pts_s, next(late).time_s) == (pytest.approx(3.397, abs=1e-3), 0.0)


def test_real_corrupted_clip(shared):
    decoding = frames(shared / "data/videos/decord_corrupted.mp4")
    assert [f.index for f in decoding] == list(range(49))
    assert (decoding.corrupt, decoding.patched) == (1, 1)
