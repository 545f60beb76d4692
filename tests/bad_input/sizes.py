"""Pictures of every size: tiny, odd, huge, of absurd shape, turned, growing midway, and headers that lie."""

from collections.abc import Sequence
from pathlib import Path

from tests.bad_input.case import Case, Make, Refused, Rows
from tests.bad_input.media import FRAMES, encode, ffmpeg, literal, times

KIND = "sizes"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def _clip(name: str, size: tuple[int, int], *options: object, frames: int = 5) -> Make:
    return lambda folder: encode(folder / name, *options, size=size, frames=frames)


def _turned(suffix: str, degrees: int, mirrored: bool) -> Make:
    """The pictures stored turned, with the display matrix that turns them upright."""

    def make(folder: Path) -> Path:
        stored = {0: "null", 90: "transpose=2", 180: "hflip,vflip", 270: "transpose=1"}[degrees]
        filters = f"hflip,{stored}" if mirrored else stored
        still = encode(folder / "still.mp4", "-vf", filters, *X264)
        display = ("-display_rotation", -degrees, *(("-display_hflip",) if mirrored else ()))
        ffmpeg(*display, "-i", literal(still), "-c", "copy", literal(folder / f"clip.{suffix}"))
        return folder / f"clip.{suffix}"

    return make


def _growing(suffix: str, sizes: Sequence[tuple[int, int]], count: int = 12) -> Make:
    """A stream whose picture changes its size, by joined streams."""

    def make(folder: Path) -> Path:
        parts = [
            encode(
                folder / f"{n}.h264",
                *X264,
                "-g",
                1,
                "-x264-params",
                "repeat-headers=1",
                size=size,
                frames=count,
                first=n * count,
            )
            for n, size in enumerate(sizes)
        ]
        whole = folder / "whole.h264"
        whole.write_bytes(b"".join(part.read_bytes() for part in parts))
        if suffix == "h264":
            return whole
        ffmpeg("-r", 25, "-i", literal(whole), "-c", "copy", literal(folder / f"clip.{suffix}"))
        return folder / f"clip.{suffix}"

    return make


def _growing_beyond(folder: Path) -> Path:
    """A small picture that is 10,000 x 7,000 from the thirteenth on."""
    small = encode(folder / "small.h264", *X264, "-g", 1, "-x264-params", "repeat-headers=1", frames=12)
    ffmpeg("-f", "lavfi", "-i", "color=gray:s=10000x7000:r=25:d=0.08", *X264, "-x264-params", "repeat-headers=1",
           literal(folder / "large.h264"))  # fmt: skip
    small.write_bytes(small.read_bytes() + (folder / "large.h264").read_bytes())
    return small


def _y4m(width: int, height: int, content: bytes = b"") -> Make:
    def make(folder: Path) -> Path:
        path = folder / "clip.y4m"
        path.write_bytes(f"YUV4MPEG2 W{width} H{height} F25:1 C420jpeg\n".encode() + b"FRAME\n" + content)
        return path

    return make


def _avi_claims(width: int, height: int) -> Make:
    def make(folder: Path) -> Path:
        path = encode(folder / "clip.avi", "-c:v", "rawvideo", "-pix_fmt", "yuv420p", frames=5)
        data = bytearray(path.read_bytes())
        place = data.index(b"strf") + 8
        data[place + 4 : place + 12] = width.to_bytes(4, "little") + height.to_bytes(4, "little", signed=True)
        path.write_bytes(data)
        return path

    return make


def _png_claims(width: int, height: int) -> Make:
    """Motion PNG of pictures that claim to be larger than they are; their check sums are right."""

    def make(folder: Path) -> Path:
        import zlib

        path = encode(folder / "clip.mov", "-c:v", "png", "-pix_fmt", "rgb24", frames=5)
        data = bytearray(path.read_bytes())
        place = data.find(b"IHDR")
        while place >= 0:
            data[place + 4 : place + 12] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
            data[place + 17 : place + 21] = zlib.crc32(data[place : place + 17]).to_bytes(4, "big")
            place = data.find(b"IHDR", place + 4)
        path.write_bytes(data)
        return path

    return make


def _flat(name: str, size: str, *options: object) -> Make:
    def make(folder: Path) -> Path:
        ffmpeg("-f", "lavfi", "-i", f"color=gray:s={size}:r=25:d=0.08", *options, literal(folder / name))
        return folder / name

    return make


def cases() -> list[Case]:
    """Sizes."""
    found = []

    def add(name: str, make: Make, *expect: Rows | Refused) -> None:
        found.append(Case(name, KIND, make, "video", expect))

    def of(width: int, height: int) -> dict[str, tuple[int, int]]:
        return {"width": (width, 0), "height": (height, 0)}

    five = times(frames=5)
    for width, height in ((16, 16), (17, 13), (63, 47), (65, 1025), (640, 480), (8, 480), (1280, 6)):
        add(f"{width} x {height} px", _clip("clip.mkv", (width, height), "-c:v", "ffv1", "-pix_fmt", "yuv444p"),
            Rows(5, five if min(width, height) > 8 else (), values=of(width, height)))  # fmt: skip
    for width, height in ((1, 1), (2, 2), (3, 1), (1, 40)):
        add(f"{width} x {height} px", _clip("clip.mkv", (width, height), "-c:v", "png", "-pix_fmt", "rgb24"),
            Rows(5, values=of(width, height)))  # fmt: skip
    for width, height in ((34, 22), (62, 50), (1366, 768)):
        add(
            f"H.264 of {width} x {height} px",
            _clip("clip.mp4", (width, height), *X264),
            Rows(5, five, values=of(width, height)),
        )
    large = _clip("clip.mkv", (7680, 4320), *X264, frames=3)
    add("8K video", large, Rows(3, times(frames=3), values=of(7680, 4320)))
    for name, size in (("a strip of 16,384 x 64 px", "16384x64"), ("a column of 64 x 16,384 px", "64x16384")):
        add(name, _flat("clip.mkv", size, "-c:v", "ffv1"), Rows(2))
    add("70 megapixels of H.264", _flat("clip.mkv", "10000x7000", *X264), Refused(("too_large",)))
    add("81 megapixels of PNG", _flat("clip.mov", "9000x9000", "-c:v", "png"), Refused(("too_large",)))
    for degrees in (0, 90, 180, 270):
        for mirrored in (False, True):
            name = f"turned by {degrees} degrees" + (" and mirrored" if mirrored else "")
            if degrees or mirrored:
                for suffix in ("mp4", "mov"):
                    add(
                        f"{name}, {suffix}",
                        _turned(suffix, degrees, mirrored),
                        Rows(FRAMES, times(), values=of(64, 48)),
                    )
    for aspect, width in (("2:1", 128), ("1:2", 32), ("12:11", 70), ("64:45", 91)):
        add(f"pixels of {aspect}", _clip("clip.mp4", (64, 48), "-vf", f"setsar={aspect.replace(':', '/')}", *X264),
            Rows(5, five, values=of(width, 48)))  # fmt: skip
    for aspect in ("1:1000", "2000:1"):
        add(f"pixels of {aspect}", _clip("clip.mkv", (64, 48), "-vf", f"setsar={aspect.replace(':', '/')}", "-c:v", "ffv1"),
            Rows(5, five, values=of(64, 48)))  # fmt: skip
    for suffix in ("ts", "mkv", "flv"):
        expect = Rows(FRAMES, times(), values={"size_changes": (1, 0)})
        add(f"a picture that grows, {suffix}", _growing(suffix, ((64, 48), (128, 96))), expect)
    add(
        "a picture that shrinks and grows",
        _growing("ts", ((128, 96), (64, 48), (128, 96)), 8),
        Rows(FRAMES, times(), values={"size_changes": (2, 0)}),
    )
    add(
        "a picture that turns",
        _growing("ts", ((64, 48), (48, 64))),
        Rows(FRAMES, times(), values={"size_changes": (1, 0)}),
    )
    add("a picture that grows to 70 megapixels", _growing_beyond, Refused(("too_large",)))
    bad = Refused(("too_large", "unreadable", "no_frames", "no_video_stream", "no_decoder"))
    for width, height in ((0, 0), (1_000_000, 1_000_000), (60_000, 60_000), (2_147_483_647, 2), (-64, 48)):
        add(f"a Y4M that claims {width} x {height} px", _y4m(width, height, bytes(5000)), bad)
    for width, height in ((0, 0), (30_000, 30_000), (2_147_483_647, 2_147_483_647), (64, -2_000_000_000)):
        add(f"an AVI that claims {width} x {height} px", _avi_claims(width, height), bad)
    for width, height in ((60_000, 60_000), (2_000_000, 30), (8_000, 8_000)):
        add(f"PNG that claims {width} x {height} px", _png_claims(width, height), bad, Rows())
    return found
