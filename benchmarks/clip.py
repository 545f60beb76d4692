"""The measured clip: which one, its frames in memory or decoded again and again, and long files made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import av

from moodreel.errors import UserError
from moodreel.video.decode import Frame, frames

REAL = Path("../shared/data/videos/pyfeat_WolfgangLanger_Pexels.mp4")
BUILT_IN = "results/sources/builtin-*/*.mp4"


def choose() -> Path:
    """The real clip beside the checkout, else the first built-in one. Raises UserError where there is neither."""
    built_in = sorted(Path().glob(BUILT_IN))
    for clip in (REAL, *built_in):
        if clip.is_file():
            return clip
    raise UserError(f"there is no clip to measure: neither {REAL} nor {BUILT_IN}; run `make demo`, or give --clip")


def repeat(clip: Sequence[Frame], total: int) -> Iterator[Frame]:
    """`total` frames: those of `clip`, over and over, with index and time running on."""
    return islice(_again(lambda: iter(clip)), total)


def decode(path: Path, total: int) -> Iterator[Frame]:
    """As `repeat`, the file decoded anew each time round."""
    return islice(_again(lambda: frames(path)), total)


def _again(open_clip: Callable[[], Iterable[Frame]]) -> Iterator[Frame]:
    index, start_s, period_s = 0, 0.0, 0.0
    while True:
        last_s = 0.0
        for frame in open_clip():
            period_s, last_s = frame.time_s - last_s or period_s, frame.time_s
            yield Frame(index, start_s + frame.time_s, frame.picture)
            index += 1
        start_s += last_s + period_s


def write_looped(clip: Path, path: Path, duration_s: float) -> None:
    """Write a file of at least `duration_s` that shows the picture of `clip` over and over, packets copied as they
    are."""
    with av.open(str(path), "w") as target:
        stream, start_s = None, 0.0
        while start_s < duration_s:
            with av.open(str(clip)) as source:
                picture = source.streams.video[0]
                if stream is None:
                    stream = target.add_stream_from_template(picture)
                assert picture.time_base is not None  # it is read from a file
                offset, end = round(start_s / picture.time_base), 0
                for packet in source.demux(picture):
                    if packet.dts is None or packet.pts is None:  # the last packet is empty
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, stream
                    target.mux(packet)
                start_s = float((offset + end) * picture.time_base)
