"""A clip that every machine can read: where reading it fails too, the machine is at fault and not a user's file."""

import io
import tempfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

RATE_HZ = 10
SOUND_RATE_HZ = 16_000


def write_good_clip(path: str | Path) -> None:
    """Write a clip of one second with picture (64 x 48 MPEG-4, 10 Hz) and sound (440 Hz, mono): Matroska, whatever the
    name."""
    Path(path).write_bytes(_good_clip())


def is_machine_able() -> bool:
    """Whether a good clip can be written to disk, opened and decoded now."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "good.mkv"
            write_good_clip(path)
            with av.open(str(path)) as container:
                kinds = {type(frame) for frame in container.decode()}
    except (av.error.FFmpegError, OSError, MemoryError):
        return False
    return kinds == {av.VideoFrame, av.AudioFrame}


@cache
def _good_clip() -> bytes:
    written = io.BytesIO()
    with av.open(written, "w", format="matroska") as container:
        picture = container.add_stream("mpeg4", rate=RATE_HZ, width=64, height=48, pix_fmt="yuv420p")
        sound = container.add_stream("pcm_s16le", rate=SOUND_RATE_HZ, layout="mono")
        for number in range(RATE_HZ):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
            container.mux(picture.encode(frame))
        wave = 8000 * np.sin(2 * np.pi * 440 * np.arange(SOUND_RATE_HZ) / SOUND_RATE_HZ)
        samples = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
        samples.rate, samples.pts, samples.time_base = SOUND_RATE_HZ, 0, Fraction(1, SOUND_RATE_HZ)
        container.mux(sound.encode(samples))
        container.mux(picture.encode())
        container.mux(sound.encode())
    return written.getvalue()
