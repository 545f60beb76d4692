"""Times since a file's first picture, and the file's own."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer

from moodreel.video.container import decode, open_media, video_stream
from moodreel.video.errors import VideoError


@dataclass(frozen=True)
class Clock:
    """Where a file's times begin and end, in s.

    `picture_start_s`: presentation time of the first picture as stated in the file, None without pictures;
    `file_start_s`: the beginning as ffmpeg's `-ss` counts it, the earliest of its streams; `end_s`: announced
    end, since the first picture.
    """

    picture_start_s: float | None
    file_start_s: float
    end_s: float

    def seek_s(self, time_s: float) -> float:
        """The value of `-ss` for a time since the first picture."""
        return max(0.0, time_s + (self.picture_start_s or 0.0) - self.file_start_s)


def clock(path: str | Path) -> Clock:
    """Read a file's clock; one picture is decoded. Raises what `video.container.open_media` raises."""
    with open_media(path) as container:
        start_s = container.start_time / av.time_base if container.start_time is not None else 0.0
        end_s = start_s + announced_duration_s(container)
        try:
            first = next(decode(video_stream(container, path), path), None)
        except VideoError:
            first = None
    if first is None:
        return Clock(None, start_s, end_s - start_s)
    picture_s = first.time or 0.0
    return Clock(picture_s, start_s, end_s - picture_s)


def announced_duration_s(container: InputContainer) -> float:
    """Duration of a file as it announces it, 0 where it does not."""
    return container.duration / av.time_base if container.duration else 0.0
