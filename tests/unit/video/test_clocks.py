"""Every frame's time is the true one, in every container and codec that the embedded ffmpeg writes.

Each picture shows its own number, so that the time of a frame is known from what is seen in it.
"""

import itertools
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from moodreel.video.decode import frames

FRAMES = 24
WIDTH, HEIGHT = 96, 64
BITS = 5

H264 = "-c:v libx264 -x264-params keyint=10:bframes=0:scenecut=0 -pix_fmt yuv420p"
H264_B = "-c:v libx264 -x264-params keyint=10:bframes=2:b-adapt=0:scenecut=0 -pix_fmt yuv420p"
H264_PYRAMID = "-c:v libx264 -x264-params keyint=20:bframes=7:b-adapt=0:b-pyramid=normal:open-gop=1 -pix_fmt yuv420p"
HEVC_B = "-c:v libx265 -x265-params keyint=10:bframes=3:b-adapt=0:log-level=none -pix_fmt yuv420p"
MPEG4, MPEG4_B = "-c:v mpeg4 -q:v 2", "-c:v mpeg4 -bf 2 -q:v 2"
MPEG2, MPEG2_B = "-c:v mpeg2video -q:v 2 -pix_fmt yuv420p", "-c:v mpeg2video -bf 2 -q:v 2 -pix_fmt yuv420p"
MPEG1_B = "-c:v mpeg1video -bf 2 -q:v 2 -pix_fmt yuv420p"
MJPEG, THEORA = "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p", "-c:v libtheora -q:v 9 -pix_fmt yuv420p"
VP8 = "-c:v libvpx -b:v 1M -auto-alt-ref 1 -lag-in-frames 8 -deadline realtime -pix_fmt yuv420p"
VP9 = "-c:v libvpx-vp9 -b:v 1M -lag-in-frames 8 -deadline realtime -pix_fmt yuv420p"
AV1 = "-c:v libsvtav1 -preset 10 -crf 5 -pix_fmt yuv420p"
FFV1, HUFFYUV, RAW = "-c:v ffv1", "-c:v huffyuv -pix_fmt yuv422p", "-c:v rawvideo -pix_fmt yuv420p"
PRORES, DNXHD = "-c:v prores_ks -pix_fmt yuv422p10", "-c:v dnxhd -profile:v dnxhr_lb -s 256x128 -pix_fmt yuv422p"
WMV1, WMV2 = "-c:v wmv1 -q:v 2", "-c:v wmv2 -q:v 2"
MSMPEG4, FLV1, GIF = "-c:v msmpeg4 -q:v 2", "-c:v flv -q:v 2", "-c:v gif"
Y4M = "-c:v wrapped_avframe -pix_fmt yuv420p"

RATES = ["24000/1001", "30", "12", "60000/1001", "25", "24", "120", "30000/1001", "50", "60"]
MPEG_RATES = ["24000/1001", "30", "60000/1001", "25", "24", "30000/1001", "50", "60"]
"""The rates that MPEG-1 and MPEG-2 can state."""

CODECS = {
    "mp4": [H264, H264_B, H264_PYRAMID, HEVC_B, MPEG4, MPEG4_B, VP9, AV1],
    "mov": [H264_B, HEVC_B, PRORES, DNXHD, MJPEG],
    "mkv": [H264, H264_B, H264_PYRAMID, HEVC_B, MPEG4_B, MPEG2_B, FFV1, VP8, THEORA, HUFFYUV, WMV2, MSMPEG4, MJPEG],
    "webm": [VP8, VP9, AV1],
    "avi": [H264, H264_B, H264_PYRAMID, MPEG4, MPEG4_B, MPEG2_B, MSMPEG4, MJPEG, HUFFYUV, FFV1, RAW],
    "ts": [H264, H264_B, H264_PYRAMID, HEVC_B, MPEG2_B, MPEG4_B],
    "mpg": [MPEG2_B, MPEG1_B],
    "vob": [MPEG2_B],
    "flv": [H264, H264_B, FLV1],
    "asf": [H264, H264_B, MPEG4_B],
    "wmv": [WMV1, WMV2],
    "ogv": [THEORA],
    "mxf": [MPEG2, MPEG2_B],
    "ivf": [VP8, VP9, AV1],
    "y4m": [Y4M],
    "gif": [GIF],
    "h264": [H264, H264_B, H264_PYRAMID],
    "hevc": [HEVC_B],
    "m1v": [MPEG1_B],
    "m2v": [MPEG2, MPEG2_B],
    "m4v": [MPEG4 + " -f m4v", MPEG4_B + " -f m4v"],
}


def combinations():
    """Each codec in each container at three rates; all rates come in turn."""
    turns = {True: itertools.cycle(MPEG_RATES), False: itertools.cycle(RATES)}
    for suffix, codecs in CODECS.items():
        for codec in codecs:
            of_mpeg = "mpeg1" in codec or "mpeg2" in codec or suffix == "mxf"
            for rate in itertools.islice(turns[of_mpeg], 3):
                yield pytest.param(suffix, codec, rate, id=f"{suffix}, {codec.split()[1]}, {rate}")
    yield pytest.param("dv", "-c:v dvvideo -s 720x576 -pix_fmt yuv420p", "25", id="dv, 25")
    yield pytest.param("dv", "-c:v dvvideo -s 720x480 -pix_fmt yuv411p", "30000/1001", id="dv, 30000/1001")
    yield pytest.param("avi", "-c:v dvvideo -s 720x576 -pix_fmt yuv420p", "25", id="avi, dv, 25")


HOLES = "(N+2*floor(N/5))/30"
"""Two of seven frames are missing, as where a webcam or a recorder drops some."""

UNEVEN = "round(1000*(N+N*N/20)/25)/1000"

VARIABLE = [
    *((suffix, codec, HOLES) for suffix in ("mp4", "mkv", "avi", "ts", "flv", "asf") for codec in (H264, H264_B)),
    *((suffix, codec, UNEVEN) for suffix in ("mp4", "mov", "mkv", "ts", "flv") for codec in (H264, H264_B)),
    *(("avi", codec, HOLES) for codec in (MPEG4, MPEG4_B, MJPEG)),
    *((suffix, codec, UNEVEN) for suffix in ("webm", "ivf") for codec in (VP8, VP9, AV1)),
    ("gif", GIF, HOLES),
]  # fmt: skip


def picture(number: int) -> np.ndarray:
    """Grey (HEIGHT, WIDTH): a picture of eight squares, five of them bits of its number, then white, black, a check."""
    bits = [number >> place & 1 for place in range(BITS)]
    squares = np.array([*bits, 1, 0, 1 - bits[0]], np.uint8).reshape(2, 4) * 180 + 40
    return np.kron(squares, np.ones((HEIGHT // 2, WIDTH // 4), np.uint8))


def number_in(shown: np.ndarray) -> int:
    """The number that a picture (h, w, 3) shows; the picture may be compressed and scaled."""
    high, wide = shown.shape[0] // 2, shown.shape[1] // 4
    inner = slice(high // 4, -high // 4), slice(wide // 4, -wide // 4)
    cells = [shown[r * high :, c * wide :][:high, :wide][inner].mean() for r in range(2) for c in range(4)]
    white, black = cells[BITS], cells[BITS + 1]
    assert white - black > 60, "the picture cannot be read"
    bits = [cell > (white + black) / 2 for cell in cells]
    assert bits[0] != bits[-1], "the picture cannot be read"
    return sum(bit << place for place, bit in enumerate(bits[:BITS]))


def write_numbers(path: Path, codec: str, rate: str, times: str | None = None) -> Path:
    """A clip of `FRAMES` numbered pictures at a rate, or at the times (s) of ffmpeg's expression of N."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray"]
    command += ["-s", f"{WIDTH}x{HEIGHT}", "-r", rate, "-i", "-"]
    if times:
        ticks = "1/30" if times == HOLES else "1/1000"
        command += ["-vf", f"settb=1/30000,setpts={times}/TB", "-fps_mode", "passthrough", "-enc_time_base", ticks]
    command += [*codec.split(), "-threads", "1", str(path)]
    pictures = b"".join(picture(number).tobytes() for number in range(FRAMES))
    subprocess.run(command, input=pictures, check=True, timeout=60)
    return path


def assert_true_times(path: Path, true_s: list[float]) -> None:
    with frames(path) as decoding:
        seen = [(number_in(frame.picture), frame.time_s) for frame in decoding]
    tick_s = float(decoding.stream.time_base)
    assert [number for number, _ in seen] == list(range(FRAMES))
    assert [time_s for _, time_s in seen] == pytest.approx(true_s, abs=max(0.001, tick_s / 2) + 1e-9)
    assert (decoding.corrupt, decoding.patched, decoding.mended_times) == (0, 0, 0)


@pytest.mark.parametrize(("suffix", "codec", "rate"), combinations())
def test_times_are_true(tmp_path, suffix, codec, rate):
    path = write_numbers(tmp_path / f"a.{suffix}", codec, rate)
    assert_true_times(path, [float(number / Fraction(rate)) for number in range(FRAMES)])


@pytest.mark.parametrize(
    ("suffix", "codec", "times"), VARIABLE, ids=lambda part: part.split()[1] if "-c:v" in part else part
)
def test_times_are_true_where_the_rate_varies(tmp_path, suffix, codec, times):
    path = write_numbers(tmp_path / f"a.{suffix}", codec, "30", times)
    true_s = {
        HOLES: [(n + 2 * (n // 5)) / 30 for n in range(FRAMES)],
        UNEVEN: [np.floor(1000 * (n + n * n / 20) / 25 + 0.5) / 1000 for n in range(FRAMES)],
    }
    assert_true_times(path, true_s[times])


@pytest.mark.parametrize(
    ("suffix", "codec", "source"),
    [
        ("mp4", H264_B, "presentation stamps"),
        ("avi", H264_B, "decoding stamps"),
        ("wmv", WMV2, "decoding stamps"),
        ("h264", H264_B, "the stream's rate"),
        ("m2v", MPEG2_B, "the stream's rate"),
        ("hevc", HEVC_B.replace("log-level", "vui-timing-info=0:log-level"), "assumed 25 Hz"),
    ],
)
def test_the_source_of_the_times_is_stated(tmp_path, suffix, codec, source):
    with frames(write_numbers(tmp_path / f"a.{suffix}", codec, "30")) as decoding:
        times_s = [frame.time_s for frame in decoding]
    assert decoding.facts["times_from"] == source
    assert suffix == "m2v" or decoding.first_pts_s == 0, "what sound is placed by"
    rate_hz = 25 if "assumed" in source else 30
    assert times_s == pytest.approx([number / rate_hz for number in range(FRAMES)], abs=1e-3)
    assert decoding.average_rate_hz == (None if "assumed" in source else pytest.approx(30, rel=0.02))


@pytest.mark.parametrize(
    ("suffix", "codec"), [("h264", H264_B), ("hevc", HEVC_B), ("m4v", MPEG4 + " -f m4v")], ids=["h264", "hevc", "m4v"]
)
@pytest.mark.parametrize("rate", ["1/2", "3/10"])
def test_a_slow_stream_without_a_container(tmp_path, suffix, codec, rate):
    """Time lapses: the stream states less than one frame per second."""
    path = write_numbers(tmp_path / f"a.{suffix}", codec, rate)
    assert_true_times(path, [float(number / Fraction(rate)) for number in range(FRAMES)])
    facts = frames(path).facts
    assert (facts["times_from"], facts["average_rate_hz"]) == (
        "the stream's rate",
        pytest.approx(float(Fraction(rate))),
    )


def test_a_stream_without_a_container_whose_rate_changes(tmp_path):
    parts = [write_numbers(tmp_path / f"{rate}.h264", H264_B, rate) for rate in ("25", "50")]
    (tmp_path / "a.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    with frames(tmp_path / "a.h264") as decoding:
        seen = [(number_in(frame.picture), frame.time_s) for frame in decoding]
    times_s = [number / 25 for number in range(FRAMES)] + [(FRAMES + number / 2) / 25 for number in range(FRAMES)]
    assert [number for number, _ in seen] == [*range(FRAMES), *range(FRAMES)]
    assert [time_s for _, time_s in seen] == pytest.approx(times_s)


@pytest.mark.parametrize("bframes", [0, 2])
def test_a_film_with_pulldown(tmp_path, bframes):
    """MPEG-2 of a film on a DVD: each second picture is shown for three fields of 1001 / 60,000 s (ISO/IEC 13818-2,
    6.3.10: repeat_first_field)."""
    path = write_numbers(tmp_path / "a.m2v", f"{MPEG2} -bf {bframes} -g 12", "30000/1001")
    content, place, first, number = bytearray(path.read_bytes()), 0, 0, 0
    count = 0
    while (place := content.find(b"\0\0\1", place)) >= 0:
        place += 3
        if content[place] == 0xB8:  # a group of pictures, in which they are numbered
            first = count
        elif content[place] == 0:
            number, count = first + (content[place + 1] << 2 | content[place + 2] >> 6), count + 1
        elif content[place] == 0xB5 and content[place + 1] >> 4 == 1:
            content[place + 2] &= ~8  # progressive_sequence: there are fields
        elif content[place] == 0xB5 and content[place + 1] >> 4 == 8:
            content[place + 4] = content[place + 4] & ~0x80 | (0x80 if number % 4 < 2 else 0)  # top_field_first
            content[place + 4] = content[place + 4] & ~0x02 | (0x02 if number % 2 == 0 else 0)  # repeat_first_field
            content[place + 5] |= 0x80  # progressive_frame
    path.write_bytes(content)
    assert count == FRAMES
    fields = [5 * (number // 2) + 3 * (number % 2) for number in range(FRAMES)]
    assert_true_times(path, [each * 1001 / 60_000 for each in fields])


@pytest.mark.parametrize("codec", [H264_B, H264_PYRAMID], ids=["two", "pyramid"])
@pytest.mark.parametrize("ticks_hz", [3, 25, 120, 1000])
@pytest.mark.parametrize("rate", ["25", "30000/1001"])
def test_a_wrong_rate_in_the_stream_of_an_avi(tmp_path, codec, ticks_hz, rate):
    """Encoders state half of the rate, or none that is true; the last frames, whose packets have all been read, do not
    follow it."""
    path = write_numbers(tmp_path / "a.avi", f"{codec} -bsf:v h264_metadata=tick_rate={ticks_hz}", rate)
    assert_true_times(path, [float(number / Fraction(rate)) for number in range(FRAMES)])


def test_two_frames_per_tick(tmp_path):
    """2000 frames/s in Matroska, which counts in milliseconds."""
    path = write_numbers(tmp_path / "a.mkv", H264, "2000")
    with frames(path) as decoding:
        seen = [(number_in(frame.picture), frame.time_s) for frame in decoding]
    assert [number for number, _ in seen] == list(range(FRAMES)) and decoding.mended_times > 0
    assert [time_s for _, time_s in seen] == pytest.approx([number / 2000 for number in range(FRAMES)], abs=0.001)


def state_rate(avi: Path, scale: int, rate: int) -> None:
    """Let an AVI's header state rate / scale frames per second."""
    content = bytearray(avi.read_bytes())
    place = content.index(b"strh") + 28
    content[place : place + 8] = struct.pack("<II", scale, rate)
    avi.write_bytes(content)


@pytest.mark.parametrize(
    ("scale", "rate", "is_clock"),
    [(1, 1_000_000, False), (1_000_000, 1, False), (2, 1, True), (1, 1000, True), (1, 25, True)],
)
def test_a_rate_that_is_no_clock(tmp_path, scale, rate, is_clock):
    """An AVI's header may state any rate; microscopes write less than one frame per second."""
    path = write_numbers(tmp_path / "a.avi", MJPEG, "25")
    state_rate(path, scale, rate)
    with frames(path) as decoding:
        times_s = [frame.time_s for frame in decoding]
    hz = rate / scale if is_clock else 25
    assert times_s == pytest.approx([number / hz for number in range(FRAMES)], abs=1e-9)
    assert decoding.facts["times_from"] == ("decoding stamps" if is_clock else "assumed 25 Hz")
    assert (decoding.average_rate_hz, decoding.mended_times) == (pytest.approx(hz) if is_clock else None, 0)


def test_ticks_far_finer_than_frames_are_a_clock(tmp_path):
    """Most ticks of this AVI have no frame."""
    path = write_numbers(tmp_path / "a.avi", MJPEG, "30", "N/25")
    with av.open(str(path)) as container:
        ticks = [packet.dts for packet in container.demux(video=0) if packet.size]
    state_rate(path, 1, 10_000)
    with frames(path) as decoding:
        times_s = [frame.time_s for frame in decoding]
    assert min(np.diff(ticks)) > 10 and times_s == pytest.approx([tick / 10_000 for tick in ticks])
    assert (decoding.facts["times_from"], decoding.average_rate_hz) == ("decoding stamps", 10_000)


@pytest.mark.parametrize("rate", ["0:0", "25:0", "0:1"])
def test_a_y4m_without_a_rate(tmp_path, rate):
    path = write_numbers(tmp_path / "a.y4m", Y4M, "30")
    path.write_bytes(path.read_bytes().replace(b" F30:1", f" F{rate}".encode(), 1))
    with frames(path) as decoding:
        times_s = [frame.time_s for frame in decoding]
    assert times_s == pytest.approx([number / 25 for number in range(FRAMES)])
    assert (decoding.facts["times_from"], decoding.average_rate_hz) == ("assumed 25 Hz", None)


@pytest.mark.parametrize(("suffix", "sound"), [("asf", "wmav2"), ("wmv", "wmav2"), ("mkv", "flac")])
@pytest.mark.parametrize("codec", [H264, WMV2], ids=["h264", "wmv2"])
def test_a_picture_that_begins_after_the_file_s_clock(tmp_path, ffmpeg, suffix, sound, codec):
    """ASF states no start of a stream, though FFmpeg says 0: the picture is at its own first stamp, as the sound is."""
    picture_alone, path = write_numbers(tmp_path / "a.mkv", codec, "25"), tmp_path / f"b.{suffix}"
    tone = ("-f", "lavfi", "-i", "sine=440:d=2")
    ffmpeg("-itsoffset", "0.5", "-i", picture_alone, *tone, "-c:v", "copy", "-c:a", sound, path)
    with av.open(str(path)) as container:
        first_s = next(float(p.dts * p.time_base) for p in container.demux(video=0))
    with frames(path) as decoding:
        assert len(list(decoding)) == FRAMES
    assert decoding.first_pts_s == pytest.approx(first_s) and first_s > 0.4


def test_a_fine_clock_is_no_rate(tmp_path):
    """An AVI may count in milliseconds: frames after the last decoding stamp are not a tick apart."""
    path = write_numbers(tmp_path / "a.avi", H264_B, "30", UNEVEN)
    with frames(path) as decoding:
        times_s = [frame.time_s for frame in decoding]
    true_s = [np.floor(1000 * (n + n * n / 20) / 25 + 0.5) / 1000 for n in range(FRAMES)]
    assert times_s[:-2] == pytest.approx(true_s[:-2], abs=0.001)
    assert np.diff(times_s)[-2:] == pytest.approx(true_s[1], abs=0.001)


@pytest.mark.parametrize("codec", [H264, H264_B, H264_PYRAMID], ids=["none", "two", "pyramid"])
def test_presentation_stamps_that_run_backwards_give_way_to_decoding_stamps(tmp_path, codec):
    """As in files into which another program copied an AVI's packets without knowing the order of presentation."""
    bare, copy = write_numbers(tmp_path / "a.h264", codec, "30"), tmp_path / "a.mp4"
    with av.open(str(bare)) as source, av.open(str(copy), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size:
                packet.stream, packet.time_base = stream, Fraction(1, 30)
                packet.pts = packet.dts = number
                target.mux(packet)
    assert_true_times(copy, [number / 30 for number in range(FRAMES)])
    expected = "presentation stamps" if codec == H264 else "decoding stamps"
    assert frames(copy).facts["times_from"] == expected


def test_empty_packets_show_the_last_picture_on(tmp_path):
    """Theora says so of a picture that does not change; ffmpeg gives no frame for it either, and it is no damage."""
    path, still = tmp_path / "a.ogv", range(6, 15)
    pictures = b"".join(picture(5 if number in still else number).tobytes() for number in range(FRAMES))
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-r", "25", "-s"]
    command += [f"{WIDTH}x{HEIGHT}", "-i", "-", *THEORA.split(), str(path)]
    subprocess.run(command, input=pictures, check=True, timeout=60)
    with av.open(str(path)) as container:
        empty = {packet.pts for packet in container.demux(video=0) if packet.size == 0 and packet.pts is not None}
    assert empty and empty <= set(still)
    with frames(path) as decoding:
        seen = [(number_in(frame.picture), frame.time_s) for frame in decoding]
    shown = [number for number in range(FRAMES) if number not in empty]
    assert seen == [(5 if number in still else number, pytest.approx(number / 25)) for number in shown]
    assert (decoding.corrupt, decoding.mended_times, decoding.decoded) == (0, 0, len(shown))


def test_packed_frames_are_unpacked(tmp_path):
    """DivX puts a frame and the one shown before it into one packet of an AVI, and a stand-in into the next."""
    bare, packed = write_numbers(tmp_path / "a.m4v", "-c:v mpeg4 -bf 1 -q:v 2 -f m4v", "30"), tmp_path / "packed.avi"
    start, stand_in = b"\0\0\1\xb6", b"\0\0\1\xb6\x51\x80\0"
    with av.open(str(bare)) as source, av.open(str(packed), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        coded = [bytes(packet) for packet in source.demux(video=0) if packet.size]
        coded[0] = coded[0].replace(start, b"\0\0\1\xb2DivX503b1393p" + start, 1)
        slots: list[bytes] = []
        for each in coded:
            is_b_frame = each[each.index(start) + 4] >> 6 == 2
            if is_b_frame:
                slots[-1] += each
            slots.append(stand_in if is_b_frame else each)
        assert stand_in in slots and len(slots) == FRAMES
        for number, content in enumerate(slots):
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, 30), number == 0
            packet.pts = packet.dts = number
            target.mux(packet)
    assert_true_times(packed, [number / 30 for number in range(FRAMES)])


@pytest.mark.parametrize(
    ("codec", "last_before"),
    [(MJPEG, 7), (MPEG4_B + " -g 4", 6), (H264_B.replace("keyint=10", "keyint=4"), 8)],
    ids=["mjpeg", "mpeg4", "h264"],
)
def test_a_hole_in_an_avi_does_not_move_what_is_behind_it(tmp_path, codec, last_before):
    """FFmpeg counts the frames that it finds; the index tells how many there were. Frames that the decoder holds when it
    comes to the hole are at most a frame late."""
    path = write_numbers(tmp_path / "a.avi", codec, "25")
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    content[places[8] : places[12] - 8] = bytes(places[12] - 8 - places[8])
    path.write_bytes(content)
    with frames(path) as decoding:
        times_s = [(frame.index, frame.time_s, frame.picture) for frame in decoding]
    before = [(number_in(picture), time_s) for index, time_s, picture in times_s if index < 6]
    behind = [(number_in(picture), time_s) for _, time_s, picture in times_s[-8:]]
    assert before == [(number, pytest.approx(number / 25)) for number in range(6)]
    assert behind == [(number, pytest.approx(number / 25)) for number in range(FRAMES - 8, FRAMES)]
    assert max(time_s for _, time_s, _ in times_s if time_s < 12 / 25) == pytest.approx(last_before / 25)


def test_an_index_that_does_not_fit_moves_nothing(tmp_path):
    path = write_numbers(tmp_path / "a.avi", MJPEG, "25")
    content = bytearray(path.read_bytes())
    index = content.index(b"idx1") + 8
    for entry in range(index, index + 16 * FRAMES, 16):
        content[entry + 8 : entry + 12] = struct.pack(
            "<I", 12 + struct.unpack("<I", content[entry + 8 : entry + 12])[0]
        )
    path.write_bytes(content)
    assert_true_times(path, [number / 25 for number in range(FRAMES)])
