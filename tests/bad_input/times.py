"""Clocks: variable rates, late and negative starts, gaps, wraps, jumps, damaged and missing stamps, edit lists."""

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import av
from tests.bad_input.case import Case, Make, Refused, Rows
from tests.bad_input.media import B_FRAMES, FRAMES, PLAIN, encode, ffmpeg, literal, times
from tests.bad_input.pictures import coded

KIND = "times"
UNKNOWN = float("nan")
WRAP = 1 << 33
"""Stamps of MPEG transport streams count 90,000 per second and begin again after 26.5 hours."""


def stamped(path: Path, stamps_ms: Sequence[int], codec: str = "libx264") -> Path:
    """A clip whose pictures are shown at these times, each a key frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.gop_size, stream.codec_context.thread_count = 1, 1
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, stamp in enumerate(stamps_ms):
            frame = av.VideoFrame.from_ndarray(coded(number), format="rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def of_stamps(suffix: str, stamps_ms: Sequence[int], codec: str = "libx264") -> Make:
    return lambda folder: stamped(folder / f"clip.{suffix}", stamps_ms, codec)


def _since_first(stamps_ms: Sequence[int]) -> tuple[float, ...]:
    return tuple((stamp - stamps_ms[0]) / 1000 for stamp in stamps_ms)


def variable(seed: int) -> list[int]:
    """Times in ms of pictures that come as a telephone's: 20 to 120 ms apart."""
    chance, stamps = Random(seed), [0]
    while len(stamps) < FRAMES:
        stamps.append(stamps[-1] + chance.randint(20, 120))
    return stamps


SERIES = {
    "a late start": [3200 + 40 * k for k in range(FRAMES)],
    "a start after an hour": [3_600_000 + 40 * k for k in range(FRAMES)],
    "a gap of half a second": [40 * k + 500 * (k > 9) for k in range(FRAMES)],
    "a gap of ten seconds": [40 * k + 10_000 * (k > 9) for k in range(FRAMES)],
    "a gap of ten minutes": [40 * k + 600_000 * (k > 9) for k in range(FRAMES)],
    "one picture per second": [1000 * k for k in range(FRAMES)],
    "one picture in 20 seconds": [20_000 * k for k in range(FRAMES)],
    "pairs of pictures": [40 * k - 30 * (k % 2) for k in range(FRAMES)],
    "a rate that doubles": [40 * min(k, 12) + 20 * max(k - 12, 0) for k in range(FRAMES)],
}


def transport(path: Path, change: Callable[[int, int], int | None], frames: int = FRAMES) -> Path:
    """A transport stream whose stamps, in ticks of 1/90,000 s, are changed: `change` takes a picture's number and its
    stamp, and gives another stamp or None for none."""
    encode(
        path, "-c:v", "libx264", "-preset", "ultrafast", "-g", 1, "-bf", 0, "-pix_fmt", "yuv420p", "-muxdelay", 0,
        "-muxpreload", 0, "-f", "mpegts", frames=frames,
    )  # fmt: skip
    data = bytearray(path.read_bytes())
    number = 0
    for packet in range(0, len(data), 188):
        place = data.find(b"\0\0\1\xe0", packet, packet + 188)
        if data[packet + 1] & 0x40 and place >= 0:
            at = place + 9
            if data[place + 7] & 0x80:
                stamp = change(number, _stamp(data[at : at + 5]))
                if stamp is None:
                    data[place + 7] &= 0x3F
                    data[at : at + 5] = b"\xff" * 5
                else:
                    data[at : at + 5] = _stamp_bytes(data[at] >> 4, stamp % WRAP)
                number += 1
    assert number == frames, f"{number} stamps in {frames} pictures"
    path.write_bytes(data)
    return path


def _stamp(five: bytes) -> int:
    return (five[0] >> 1 & 7) << 30 | five[1] << 22 | (five[2] >> 1) << 15 | five[3] << 7 | five[4] >> 1


def _stamp_bytes(mark: int, stamp: int) -> bytes:
    return bytes(
        (
            mark << 4 | stamp >> 29 & 14 | 1,
            stamp >> 22 & 255,
            stamp >> 14 & 254 | 1,
            stamp >> 7 & 255,
            stamp << 1 & 254 | 1,
        )
    )


def _unknown(*numbers: int, frames: int = FRAMES) -> tuple[float, ...]:
    return tuple(UNKNOWN if k in numbers else k / 25 for k in range(frames))


DAMAGED_STAMPS: dict[str, tuple[Callable[[int, int], int | None], tuple[float, ...]]] = {
    "a stamp twice": (lambda k, t: t - 3600 * (k == 9), _unknown(9)),
    "a stamp two frames early": (lambda k, t: t - 7200 * (k == 9), _unknown(9)),
    "a lone stamp 100 s late": (lambda k, t: t + 9_000_000 * (k == 9), _unknown(9)),
    "a lone stamp ten hours late": (lambda k, t: t + 36_000 * 90_000 * (k == 9), _unknown(9)),
    "a lone stamp of 0": (lambda k, t: t + 900_000 if k != 9 else 0, _unknown(9)),
    "one missing stamp": (lambda k, t: None if k == 9 else t, times()),
    "every second stamp missing": (lambda k, t: None if k % 2 else t, times()),
    "a clock set forward by 100 s": (lambda k, t: t + 9_000_000 * (k > 9), tuple((k + 2500 * (k > 9)) / 25 for k in range(FRAMES))),
    "a clock set back by an hour": (lambda k, t: t + 3600 * 90_000 * (k <= 9), times()),
    "a clock that wraps": (lambda k, t: t + WRAP - 9 * 3600, times()),
    "a clock that wraps after one picture": (lambda k, t: t + WRAP - 3600, times()),
    "a clock just before it wraps": (lambda k, t: t + WRAP - 30 * 3600, times()),
}  # fmt: skip


def _without_clock(folder: Path) -> Path:
    return transport(folder / "clip.ts", lambda k, t: 90_000)


def _joined(folder: Path) -> Path:
    """Two recordings, one after the other in one transport stream."""
    whole = folder / "joined.ts"
    parts = [
        encode(
            folder / f"{n}.ts", "-c:v", "libx264", *PLAIN.split(), "-muxdelay", 0, "-muxpreload", 0, first=n * FRAMES
        )
        for n in (0, 1)
    ]
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    return whole


def _avi_rate(scale: int, rate: int) -> Make:
    """An AVI whose header announces rate / scale pictures per second."""

    def make(folder: Path) -> Path:
        path = encode(folder / "clip.avi", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
        data = bytearray(path.read_bytes())
        header = data.index(b"strh") + 8
        data[header + 20 : header + 28] = struct.pack("<II", scale, rate)
        path.write_bytes(data)
        return path

    return make


def _y4m_rate(rate: bytes) -> Make:
    def make(folder: Path) -> Path:
        path = encode(folder / "clip.y4m", "-f", "yuv4mpegpipe", "-pix_fmt", "yuv420p")
        path.write_bytes(path.read_bytes().replace(b" F25:1", b" F" + rate, 1))
        return path

    return make


def _ivf_rate(rate: int, scale: int) -> Make:
    def make(folder: Path) -> Path:
        path = encode(folder / "clip.ivf", "-c:v", "libvpx", "-pix_fmt", "yuv420p", "-deadline", "realtime")
        data = bytearray(path.read_bytes())
        data[16:24] = struct.pack("<II", rate, scale)
        path.write_bytes(data)
        return path

    return make


def _written(name: str, *options: object, rate: str | int = 25, frames: int = FRAMES) -> Make:
    def make(folder: Path) -> Path:
        return encode(folder / name, *options, rate=rate, frames=frames)

    return make


def _copied(name: str, *options: object, before: Sequence[object] = ()) -> Make:
    """A copy, made without encoding anew, of a clip in MP4 of 24 key frames."""

    def make(folder: Path) -> Path:
        first = encode(folder / "first.mp4", "-c:v", "libx264", "-g", 1, "-bf", 0, "-pix_fmt", "yuv420p")
        ffmpeg(*before, "-i", literal(first), "-c", "copy", *options, literal(folder / name))
        return folder / name

    return make


X264 = ("-c:v", "libx264", *B_FRAMES.split())
TIMESCALES = (25, 1000, 90_000, 1_000_000, 2_147_483_000)

LAYOUTS: dict[str, Make] = {
    "fragments": _written("clip.mp4", *X264, "-movflags", "frag_keyframe+empty_moov"),
    "fragments of one picture": _written("clip.mp4", *X264, "-movflags", "frag_every_frame+empty_moov"),
    "fragments with default base": _written("clip.mp4", *X264, "-movflags", "frag_keyframe+empty_moov+default_base_moof"),
    "CMAF": _written("clip.mp4", *X264, "-movflags", "cmaf"),
    "index first": _written("clip.mp4", *X264, "-movflags", "+faststart"),
    "negative composition offsets": _written("clip.mp4", *X264, "-movflags", "negative_cts_offsets"),
    "no edit list": _written("clip.mp4", *X264, "-use_editlist", 0),
    "a live Matroska without an index": _written("clip.mkv", *X264, "-live", 1),
    "Matroska with its cues first": _written("clip.mkv", *X264, "-cues_to_front", 1, "-reserve_index_space", 4096),
    "Flash without a duration": _written("clip.flv", *X264, "-flvflags", "no_duration_filesize"),
    "interlaced H.264": _written("clip.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme"),
    "interlaced MPEG-2": _written("clip.ts", "-c:v", "mpeg2video", "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-b:v", "400k"),
    "five B-frames in a pyramid": _written("clip.mkv", "-c:v", "libx264", "-bf", 5, "-b-pyramid", "normal", "-pix_fmt", "yuv420p"),
    "five B-frames in AVI": _written("clip.avi", "-c:v", "libx264", "-bf", 5, "-b-pyramid", "normal", "-pix_fmt", "yuv420p"),
    "open groups of pictures": _written("clip.ts", "-c:v", "libx264", "-g", 8, "-bf", 2, "-x264-params", "open-gop=1", "-pix_fmt", "yuv420p"),
    "a Xiph lace of one stream": _written("clip.ogv", "-c:v", "libtheora", "-pix_fmt", "yuv420p", "-g", 12),
    **{f"{scale} ticks per second": _written("clip.mov", *X264, "-video_track_timescale", scale) for scale in TIMESCALES},
}  # fmt: skip
"""The same pictures at the same times, laid out in another way."""


def _static(name: str) -> Make:
    """Pairs of equal pictures, which some encoders store as packets of no bytes."""

    def make(folder: Path) -> Path:
        codec = "libtheora" if name.endswith("ogv") else "libx264"
        return encode(folder / name, "-vf", "fps=50", "-c:v", codec, "-pix_fmt", "yuv420p", "-g", 12)

    return make


SEGMENTED: dict[str, Make] = {
    f"{codec} in {name}{' with B-frames' * ('-bf 2' in options)}": _written(f"clip.{name}", "-c:v", codec, *options.split(), frames=60)
    for codec, name, options in (
        ("libx264", "mp4", B_FRAMES), ("libx264", "mkv", B_FRAMES), ("libx264", "ts", B_FRAMES), ("libx264", "flv", B_FRAMES),
        ("libx264", "avi", PLAIN), ("libx264", "avi", B_FRAMES), ("libx264", "h264", PLAIN), ("libvpx", "webm", "-pix_fmt yuv420p -g 20"),
        ("libtheora", "ogv", "-pix_fmt yuv420p -g 16"), ("mpeg2video", "mpg", "-pix_fmt yuv420p -bf 2 -b:v 400k"),
        ("mpeg2video", "ts", "-pix_fmt yuv420p -bf 2 -b:v 400k"), ("wmv2", "wmv", "-pix_fmt yuv420p"), ("gif", "gif", ""),
        ("mpeg4", "mp4", "-pix_fmt yuv420p -g 12 -bf 2"), ("rawvideo", "y4m", "-f yuv4mpegpipe -pix_fmt yuv420p"),
        ("libx265", "mp4", "-pix_fmt yuv420p -x265-params log-level=none:pools=none:frame-threads=1:keyint=16"),
    )
}  # fmt: skip


def cases() -> list[Case]:
    """Clocks."""
    found = []

    def add(name: str, make: Make, *expect: Rows | Refused, **options: float) -> None:
        found.append(Case(name, KIND, make, "video", expect, options))

    for suffix, codec in (
        ("mp4", "libx264"),
        ("mkv", "libx264"),
        ("ts", "libx264"),
        ("flv", "libx264"),
        ("webm", "libvpx"),
    ):
        for seed in (1, 2):
            stamps = variable(seed)
            add(
                f"a variable rate, seed {seed}, {suffix}",
                of_stamps(suffix, stamps, codec),
                Rows(FRAMES, _since_first(stamps)),
            )
    for name, stamps in SERIES.items():
        for suffix in ("mp4", "mkv", "ts"):
            add(f"{name}, {suffix}", of_stamps(suffix, stamps), Rows(FRAMES, _since_first(stamps)))
    sparse = [3_000_000 * k for k in range(30)]
    add("30 pictures 3,000 s apart", of_stamps("mkv", sparse), Rows(30, _since_first(sparse)))
    for name, (change, true_s) in DAMAGED_STAMPS.items():

        def make(folder: Path, change: Callable[[int, int], int | None] = change) -> Path:
            return transport(folder / "clip.ts", change)

        add(name, make, Rows(FRAMES, true_s))
    add("the same stamp for all pictures", _without_clock, Rows(FRAMES, told={"mended_times": "[1-9]"}))
    add("two recordings joined", _joined, Rows(2 * FRAMES, times(frames=2 * FRAMES)))
    for scale, rate in ((0, 0), (1, 0), (0, 25)):  # the main header states the frames' distance once more
        add(f"an AVI of {rate} / {scale} pictures per second", _avi_rate(scale, rate), Rows(FRAMES, times()))
    for scale, rate in ((1, 1_000_000), (1_000_000, 1)):
        said = Rows(FRAMES, times(), told={"times_from": "assumed|rate"}), Refused(("unreadable", "no_frames"))
        add(f"an AVI of {rate} / {scale} pictures per second", _avi_rate(scale, rate), *said)
    for rate in (b"0:0", b"1000000:1", b"1:0", b"25:0"):
        said = Rows(FRAMES, times(), told={"times_from": "assumed|rate"}), Refused(("unreadable", "no_frames"))
        add(f"a Y4M of {rate.decode()} pictures per second", _y4m_rate(rate), *said)
    for rate, scale in ((0, 0), (0, 1), (25, 0)):
        said = Rows(FRAMES, times(), told={"times_from": "assumed|rate"}), Refused(("unreadable", "no_frames"))
        add(f"an IVF of {rate} / {scale} ticks per second", _ivf_rate(rate, scale), *said)
    for name, make_layout in LAYOUTS.items():
        add(name, make_layout, Rows(FRAMES, times()))
    undamaged = {"corrupt_packets": (0, 0), "patched_frames": (0, 0), "mended_times": (0, 0)}
    every = Rows((2 * FRAMES - 1, 2 * FRAMES), values={**undamaged, "average_rate_hz": (50, 0.01)})
    add("H.264 that repeats pictures", _static("clip.mkv"), every)
    # Theora stores that the last picture is shown on, and no decoder gives another picture for it
    add("Theora that repeats pictures", _static("clip.ogv"), Rows(FRAMES, times(), values=undamaged))
    add(
        "an edit list that hides the beginning",
        _copied("clip.mp4", before=("-ss", 0.2)),
        Rows((19, 20), times(), whole=False),
    )
    add("an edit list that delays the picture", _copied("clip.mp4", before=("-itsoffset", 1.5)), Rows(FRAMES, times()))
    for suffix in ("mkv", "mov", "ts"):
        early = ("-output_ts_offset", -0.5, "-avoid_negative_ts", "disabled")
        add(
            f"a negative start, {suffix}",
            _copied(f"clip.{suffix}", *early),
            Rows((FRAMES - 13, FRAMES), times(), whole=False),
        )
    for name, make_segment in SEGMENTED.items():
        expect = Rows(6, times(frames=60), first=50)
        add(f"{name}: 1.99 to 2.21 s", make_segment, expect, start_s=1.99, end_s=2.21)
    ends = _written("clip.mp4", *X264)
    add("a part from the start", ends, Rows(5, times()), end_s=0.19)
    add("a part to the end", ends, Rows(4, times(), first=20), start_s=0.79)
    add("a part of one picture", ends, Rows(1, times(), first=10), start_s=0.4, end_s=0.41)
    add("a part after the end", ends, Refused(("empty_segment",)), start_s=30.0)
    add("a part between two pictures", ends, Refused(("empty_segment",)), start_s=0.41, end_s=0.43)
    stamps = variable(3)
    add("a part of a variable rate", of_stamps("mkv", stamps), Rows(4, _since_first(stamps), first=10),
        start_s=stamps[10] / 1000 - 0.005, end_s=stamps[14] / 1000 - 0.005)  # fmt: skip
    return found
