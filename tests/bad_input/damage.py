"""Damaged media: cut, overwritten, flipped bytes, broken indexes, lost and swapped packets, garbage around."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import av
from tests.bad_input.case import Case, Make, Refused, Rows
from tests.bad_input.media import FRAMES, encode, ffmpeg, literal, times

from moodreel.video.errors import REASONS

KIND = "damage"
ANY_REASON = Refused(tuple(REASONS))
SOMETHING = Rows((1, 2 * FRAMES))
"""Where it is by chance what can still be decoded: some pictures at times that increase."""

INTRA = {
    "mp4": ("-c:v", "libx264", "-g", 1, "-pix_fmt", "yuv420p", "-movflags", "+faststart"),
    "mkv": ("-c:v", "libx264", "-g", 1, "-pix_fmt", "yuv420p"),
    "ts": ("-c:v", "libx264", "-g", 1, "-bf", 0, "-pix_fmt", "yuv420p"),
    "avi": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "flv": ("-c:v", "libx264", "-g", 1, "-pix_fmt", "yuv420p"),
    "webm": ("-c:v", "libvpx", "-g", 1, "-pix_fmt", "yuv420p", "-deadline", "realtime"),
    "mov": ("-c:v", "prores_ks", "-pix_fmt", "yuv422p10le", "-movflags", "+faststart"),
}
"""Clips in which each picture is decoded by itself, so that damage stays where it is."""

OTHERS = {
    "mpg": ("-c:v", "mpeg2video", "-pix_fmt", "yuv420p", "-b:v", "400k"),
    "ogv": ("-c:v", "libtheora", "-pix_fmt", "yuv420p", "-page_duration", 40_000),
    "wmv": ("-c:v", "wmv2", "-pix_fmt", "yuv420p"),
    "3gp": ("-c:v", "mpeg4", "-pix_fmt", "yuv420p"),
    "gif": (),
    "h264": ("-c:v", "libx264", "-pix_fmt", "yuv420p"),
}


def _clean(folder: Path, suffix: str) -> Path:
    return encode(folder / f"clip.{suffix}", *(INTRA | OTHERS)[suffix])


def _packets(path: Path) -> list[tuple[int, int]]:
    """Place and size in the file of each picture."""
    with av.open(str(path)) as container:
        return [
            (packet.pos, packet.size) for packet in container.demux(video=0) if packet.size and packet.pos is not None
        ]


def changed(suffix: str, change: Callable[[bytearray, Path], bytes | bytearray | None]) -> Make:
    """A clean clip, changed: `change` gets the bytes and the clean file, and returns others or changes them in place."""

    def make(folder: Path) -> Path:
        path = _clean(folder, suffix)
        data = bytearray(path.read_bytes())
        other = change(data, path)
        path.write_bytes(data if other is None else other)
        return path

    return make


def cut_in(number: int) -> Callable[[bytearray, Path], bytes]:
    """The file ends in the middle of this picture."""

    def cut(data: bytearray, path: Path) -> bytes:
        place, size = _packets(path)[number]
        return data[: place + size // 2]

    return cut


def _overwritten(numbers: Sequence[int], byte: int) -> Callable[[bytearray, Path], None]:
    """The data of these pictures replaced by one byte."""

    def overwrite(data: bytearray, path: Path) -> None:
        packets = _packets(path)
        for number in numbers:
            place, size = packets[number]
            data[place + 40 : place + size] = bytes([byte]) * (size - 40)

    return overwrite


def flipped(
    seed: int, share: float = 0.002, first: int = 0, last: int | None = None
) -> Callable[[bytearray, object], None]:
    """Random bytes between two places changed."""

    def flip(data: bytearray, _: object) -> None:
        chance = Random(seed)
        end = min(last or len(data), len(data))
        for _number in range(max(int((end - first) * share), 3)):
            data[chance.randrange(first, end)] ^= 1 << chance.randrange(8)

    return flip


def _hole(data: bytearray, path: Path) -> None:
    """The eighth to the tenth picture, and all between, zero."""
    packets = _packets(path)
    begin, end = packets[8][0], sum(packets[10])
    data[begin:end] = bytes(end - begin)


def atom(name: bytes, change: Callable[[bytearray, int, int], None]) -> Callable[[bytearray, Path], None]:
    """One part of an MP4's index changed: `change` gets the bytes, and where the part's content begins and ends."""

    def in_atom(data: bytearray, _: Path) -> None:
        place = data.index(name)
        size = struct.unpack(">I", data[place - 4 : place])[0]
        change(data, place + 4, place - 4 + size)

    return in_atom


def _zero(data: bytearray, begin: int, end: int) -> None:
    data[begin:end] = bytes(end - begin)


def _fill(data: bytearray, begin: int, end: int) -> None:
    data[begin:end] = b"\xff" * (end - begin)


def _huge_count(data: bytearray, begin: int, end: int) -> None:
    data[begin + 4 : begin + 8] = b"\x7f\xff\xff\xff"


def _one_byte(data: bytearray, begin: int, end: int) -> None:
    data[begin + 4] ^= 0x40


ATOMS = (b"stts", b"stsz", b"stco", b"stsc", b"stsd", b"mdhd", b"tkhd", b"mvhd", b"avcC", b"elst")
CHANGES = {"zero": _zero, "all ones": _fill, "a huge count": _huge_count, "one byte": _one_byte}


def _blocks(data: bytes) -> list[bytes]:
    return [bytes(data[n : n + 188]) for n in range(0, len(data), 188)]


def _of_blocks(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytearray, Path], bytes]:
    return lambda data, _: b"".join(change(_blocks(data)))


def _swap(blocks: list[bytes]) -> list[bytes]:
    middle = len(blocks) // 2
    return [*blocks[:middle], blocks[middle + 1], blocks[middle], *blocks[middle + 2 :]]


TRANSPORT = {
    "two packets swapped": _of_blocks(_swap),
    "every twentieth packet lost": _of_blocks(lambda blocks: [b for n, b in enumerate(blocks) if n < 20 or n % 20]),
    "a packet twice": _of_blocks(lambda blocks: [*blocks[:40], blocks[39], *blocks[40:]]),
    "begun in the middle": _of_blocks(lambda blocks: blocks[len(blocks) // 2 :]),
    "begun within a packet": lambda data, _: data[100:],
    "a lost sync byte": lambda data, _: data[: 188 * 30] + b"\0" + data[188 * 30 + 1 :],
    "ten bytes lost": lambda data, _: data[: 188 * 30] + data[188 * 30 + 10 :],
}

AROUND: dict[str, tuple[str, Callable[[bytearray, Path], bytes]]] = {
    "garbage behind an MP4": ("mp4", lambda data, _: bytes(data) + Random(1).randbytes(5000)),
    "zeros behind an MP4": ("mp4", lambda data, _: bytes(data) + bytes(100_000)),
    "zeros behind a Matroska": ("mkv", lambda data, _: bytes(data) + bytes(100_000)),
    "zeros behind an AVI": ("avi", lambda data, _: bytes(data) + bytes(100_000)),
    "zeros behind a transport stream": ("ts", lambda data, _: bytes(data) + bytes(188 * 500)),
    "an MP4 twice": ("mp4", lambda data, _: bytes(data) * 2),
}

SOUNDS = {
    "aac.mp4": ("-c:a", "aac"), "mp3": ("-c:a", "libmp3lame"), "ogg": ("-c:a", "libvorbis", "-page_duration", 40_000), "flac": ("-c:a", "flac"),
    "wav": ("-c:a", "pcm_s16le"), "mka": ("-c:a", "ac3"), "aac": ("-c:a", "aac"), "opus.mkv": ("-c:a", "libopus"),
}  # fmt: skip


def _sound(suffix: str, change: Callable[[bytearray, Path], bytes | None]) -> Make:
    def make(folder: Path) -> Path:
        path = folder / f"tone.{suffix}"
        ffmpeg("-f", "lavfi", "-i", "sine=440:d=3", *SOUNDS[suffix], "-fflags", "+bitexact", literal(path))
        data = bytearray(path.read_bytes())
        other = change(data, path)
        path.write_bytes(data if other is None else other)
        return path

    return make


def _sound_hole(data: bytearray, _: object) -> None:
    """A tenth of the file, in its middle, zero."""
    begin = len(data) * 45 // 100
    data[begin : begin + len(data) // 10] = bytes(len(data) // 10)


def cases() -> list[Case]:
    """Damage."""
    found = []

    def add(name: str, make: Make, *expect: Rows | Refused, run: str = "video") -> None:
        found.append(Case(name, KIND, make, run, expect))

    for suffix in INTRA:
        for number in (1, 7, 20):
            expect = [Rows((number, number + 1), times(), whole=False)]
            add(f"cut within picture {number}, {suffix}", changed(suffix, cut_in(number)), *expect)
        for byte in (0x00, 0xFF):
            some = Rows((FRAMES - 3, FRAMES), times(), whole=False)
            add(f"three pictures of {byte:#04x}, {suffix}", changed(suffix, _overwritten((5, 6, 15), byte)), some)
        add(f"a hole, {suffix}", changed(suffix, _hole), Rows((8, FRAMES), times(), whole=False))
    for suffix in (*INTRA, *OTHERS):
        for seed in (1, 2, 3):
            add(f"bytes flipped, seed {seed}, {suffix}", changed(suffix, flipped(seed)), SOMETHING, ANY_REASON)
        for seed in (11, 12):
            add(
                f"bytes of the header flipped, seed {seed}, {suffix}",
                changed(suffix, flipped(seed, 0.05, 0, 600)),
                SOMETHING,
                ANY_REASON,
            )
    for suffix in OTHERS:
        for share in (0.3, 0.8):
            cut = changed(suffix, lambda data, _, share=share: data[: int(len(data) * share)])
            some = SOMETHING if suffix == "h264" else Rows((1, FRAMES), times(), whole=False)
            expect = (ANY_REASON,) if suffix == "3gp" else (some, ANY_REASON) if suffix in ("h264", "ogv") else (some,)
            add(f"cut at {share:.0%}, {suffix}", cut, *expect)
    for name in ("moov", "ftyp", "trak"):
        lost = changed("mp4", lambda data, _, name=name: data.replace(name.encode(), b"xxxx", 1))
        add(f"an MP4 without {name}", lost, *((Rows(FRAMES, times()),) if name == "ftyp" else ()), ANY_REASON)

    def index_lost(folder: Path) -> Path:
        path = encode(folder / "clip.mp4", "-c:v", "libx264", "-g", 1, "-pix_fmt", "yuv420p")
        path.write_bytes(path.read_bytes()[:-300])
        return path

    add("an MP4 whose index was never written", index_lost, Refused(("unreadable",)))
    for part in ATOMS:
        for how, change in CHANGES.items():
            expect = (Rows((1, FRAMES)), ANY_REASON)
            add(f"{part.decode()} {how}", changed("mp4", atom(part, change)), *expect)
    avi = changed("avi", lambda data, _: data[: data.index(b"idx1")])
    add("an AVI without its index", avi, Rows(FRAMES, times()))
    add("an AVI whose index is zero", changed("avi", lambda data, _: data[: data.index(b"idx1") + 8].ljust(len(data), b"\0")),
        Rows(FRAMES, times()))  # fmt: skip
    cues = bytes.fromhex("1C53BB6B")
    add("a Matroska without its cues", changed("mkv", lambda data, _: data[: data.rindex(cues)]), Rows(FRAMES, times()))
    for name, lose in TRANSPORT.items():
        some = Rows((10, FRAMES + 1), times(), whole=False)
        told = Rows((10, FRAMES + 1), told={"mended_times": "[1-9]"})
        add(f"a transport stream: {name}", changed("ts", lose), told if name.endswith("swapped") else some)
    for name, (suffix, put) in AROUND.items():
        last = 1 if suffix == "ts" else 0  # nothing tells where the last picture ends
        add(name, changed(suffix, put), Rows((FRAMES - last, FRAMES), times()))
    for suffix in SOUNDS:
        for seed in (1, 2, 3):
            add(f"sound with flipped bytes, seed {seed}, {suffix}", _sound(suffix, flipped(seed)), Rows(), ANY_REASON,
                Refused(("silent", "no_audio")), run="sound")  # fmt: skip
        end_s = (2.2, 0.9) if suffix in ("mka", "opus.mkv") else (3, 0.7)  # Matroska goes on only at its next cluster
        add(f"sound with a hole, {suffix}", _sound(suffix, _sound_hole), Rows(values={"end_s": end_s}), run="sound")
        add(f"sound that was cut, {suffix}", _sound(suffix, lambda data, _: data[: len(data) * 2 // 3]),
            *((Refused(("unreadable",)),) if suffix == "aac.mp4" else (Rows(values={"end_s": (2, 0.6)}),)), run="sound")  # fmt: skip
    return found
