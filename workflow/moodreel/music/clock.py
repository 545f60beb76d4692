"""Times since a file's first picture, and the file's own."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer

from moodreel.video.container import open_media
from moodreel.video.decode import frames
from moodreel.video.errors import VideoError
from moodreel.video.samples import SLACK_S

FARTHEST_S = 3600.0
"""Sound no farther from the picture belongs to it where the file does not say how long both last."""


@dataclass(frozen=True)
class Clock:
    """Where a file's times begin and end, in s.

    `picture_start_s`: presentation time of the first picture as stated in the file, None without pictures;
    `file_start_s`: the beginning as ffmpeg's `-ss` counts it, the earliest of its streams; `end_s`: announced
    end, since the first picture; `picture_end_s`, `announced_end_s`: announced ends of the picture and of the whole
    file, on the file's own clock, None where it announces none; `picture_stream`: the picture's index in the file.
    """

    picture_start_s: float | None
    file_start_s: float
    end_s: float
    picture_end_s: float | None = None
    announced_end_s: float | None = None
    picture_stream: int | None = None

    def sound_shift_s(self, start_s: float, stream: av.AudioStream) -> float:
        """What has to be added to the times of a sound whose first sample is at `start_s` on the file's own clock.

        0, unless the sound begins after the picture's end or ends before the picture begins: its time stamps say
        nothing then, and it is taken to begin with the picture.
        """
        if self.picture_start_s is None:
            return 0.0
        known = stream.duration and stream.duration > 0 and stream.time_base
        length_s = float(stream.duration * stream.time_base) if known else FARTHEST_S  # type: ignore[operator]  # known
        span_s = FARTHEST_S if self.picture_end_s is None else self.picture_end_s - self.picture_start_s
        late_s = start_s - self.picture_start_s
        return -late_s if late_s > span_s + SLACK_S or late_s < -length_s - SLACK_S else 0.0

    def seek_s(self, time_s: float) -> float:
        """The value of `-ss` for a time since the first picture."""
        return max(0.0, time_s + (self.picture_start_s or 0.0) - self.file_start_s)


def clock(path: str | Path) -> Clock:
    """Read a file's clock; one picture is decoded. Raises what `video.container.open_media` raises."""
    with open_media(path) as container:
        start_s = container.start_time / av.time_base if container.start_time is not None else 0.0
        duration_s = announced_duration_s(container)
    end_s = start_s + duration_s
    announced_end_s = end_s if duration_s else None
    try:
        with frames(path) as decoding:
            picture_s = decoding.first_pts_s or 0.0
            length_s, index = _picture_length_s(decoding.stream), decoding.stream.index
    except VideoError:
        return Clock(None, start_s, end_s - start_s, None, announced_end_s)
    picture_end_s = announced_end_s if length_s is None else picture_s + length_s
    return Clock(picture_s, start_s, end_s - picture_s, picture_end_s, announced_end_s, index)


def announced_duration_s(container: InputContainer) -> float:
    """Duration of a file as it announces it, 0 where it does not."""
    return max(0.0, container.duration / av.time_base) if container.duration else 0.0


def _picture_length_s(stream: av.VideoStream) -> float | None:
    """The picture's own announced duration: the stream's, or in Matroska its tag DURATION (`hours:minutes:seconds`)."""
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    try:
        hours, minutes, seconds = stream.metadata["DURATION"].split(":")
        length_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except (KeyError, ValueError):
        return None
    return length_s if length_s > 0 else None
