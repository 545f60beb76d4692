"""Small clips made on the spot, whose every frame tells its number by its brightness."""

import subprocess
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

STEP = 12
"""Difference in brightness between one frame and the next."""


@pytest.fixture
def frame_number() -> Callable[[np.ndarray], int]:
    """Tells a picture's number in its clip from its brightness."""
    return lambda picture: round((float(picture.mean()) - 40) / STEP)


@pytest.fixture
def ffmpeg() -> Callable[..., None]:
    """Runs the embedded ffmpeg with the given arguments."""

    def run(*arguments: str | Path) -> None:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
        subprocess.run(command, check=True, timeout=60, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture
def write_clip() -> Callable[..., Path]:
    """Writes a clip of frames of increasing brightness at the given times and returns its path.

    With `corner` the top left quarter of each picture is red. Every frame is a key frame, so that damage stays local.
    """

    def write(
        path: Path,
        times_s: Sequence[float] = tuple(i / 10 for i in range(10)),
        *,
        size: tuple[int, int] = (64, 48),
        codec: str = "libx264",
        pixels: str = "yuv420p",
        corner: bool = False,
        options: dict[str, str] | None = None,
    ) -> Path:
        width, height = size
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = width, height, pixels
            stream.gop_size = 1
            stream.codec_context.thread_count = 1
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            for number, time_s in enumerate(times_s):
                picture = np.full((height, width, 3), 40 + STEP * number, np.uint8)
                if corner:
                    picture[: height // 2, : width // 2] = (250, 0, 0)
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
def damage() -> Callable[..., None]:
    """Overwrites the picture data of the packets with these numbers by 0xFF."""

    def overwrite(path: Path, packets: Sequence[int]) -> None:
        with av.open(str(path)) as container:
            where = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
        with open(path, "r+b") as file:
            for number in packets:
                position, size = where[number]
                file.seek(position)
                file.write(b"\xff" * size)

    return overwrite
