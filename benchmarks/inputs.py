"""Inputs of benchmarks: networks, the measured clip, its repeated frames, and long files made from it."""

import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import imageio_ffmpeg

from moodreel.errors import UserError
from moodreel.networks import making
from moodreel.settings.models import ModelsSettings
from moodreel.video.frame import Frame

SHARED = Path("../shared")
"""An optional folder next to the checkout: real clips, their truth, and networks."""
REAL = SHARED / "data/videos/pyfeat_WolfgangLanger_Pexels.mp4"
BUILT_IN = "results/sources/builtin-*/*.mp4"
MODELS = Path("results/models")


def fetch_networks(names: Sequence[str], folder: Path = MODELS, mirror: Path | None = None) -> Path:
    """Put networks into `folder`, and return it; they are taken from `mirror`, or from next to the checkout, if
    there."""
    if mirror is None and (SHARED / "models").is_dir():
        mirror = SHARED / "models"
    making.make(names, folder, ModelsSettings(mirror=str(mirror) if mirror else None))
    return folder


def choose_clip() -> Path:
    """The real clip next to the checkout, else the first built-in one. Raises UserError where there is neither."""
    for clip in (REAL, *sorted(Path().glob(BUILT_IN))):
        if clip.is_file():
            return clip
    raise UserError(f"there is no clip to measure: neither {REAL} nor {BUILT_IN}; run `make demo`, or give --clip")


def repeat(clip: Callable[[], Iterable[Frame]], total: int) -> Iterator[Frame]:
    """`total` frames: those of `clip`, repeated, with continuous index and time."""
    index, start_s = 0, 0.0
    while True:
        last_s = period_s = 0.0
        for frame in clip():
            if index == total:
                return
            period_s, last_s = frame.time_s - last_s, frame.time_s
            yield Frame(index, start_s + frame.time_s, frame.picture)
            index += 1
        start_s += last_s + period_s


def write_looped(clip: Path, path: Path, duration_s: float) -> None:
    """Write a file of at least `duration_s` that repeats `clip`, with its packets copied."""
    loop = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-stream_loop", "-1", "-i", str(clip)]
    subprocess.run([*loop, "-an", "-c", "copy", "-t", str(duration_s + 1), str(path)], check=True)
