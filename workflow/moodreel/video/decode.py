"""Decoding: a file's frames, upright, at their true times, in bounded memory."""

from __future__ import annotations

import errno
import math
import sys
from bisect import bisect_right
from collections import deque
from collections.abc import Generator, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer

from moodreel.video.container import (
    CODED_MARGIN_PX,
    MAX_PIXELS,
    decode,
    open_media,
    other_streams,
    require_stated_size,
    video_stream,
)
from moodreel.video.errors import VideoError
from moodreel.video.frame import Frame, Upright
from moodreel.video.seek import Landing, find_landing
from moodreel.video.stamps import FrameStamps
from moodreel.video.timeline import Timeline

LOOKAHEAD_FRAMES = 12
"""Frames decoded before the first is given out, to see whose stamps run backwards (`FrameStamps`): groups of reordered
frames have up to 8."""

LOOKAHEAD_BYTES = 64_000_000
"""No more frames are decoded ahead than this holds, about 20 of 1080p."""

REFUSED_PACKETS = 3
"""So many packets in a row with a picture that is too large are no damage: the video is refused. So is one that ends
with fewer."""


class Decoder(Iterator[Frame]):
    """The frames of a file, one at a time, and the facts learnt about the file on the way. Made by `frames`.

    The file is closed at the end of the iteration, or earlier by `close` (or a `with` block).
    """

    path: Path
    stream: av.VideoStream
    """The video stream as PyAV gives it, with what the header announces."""
    codec: str
    """Name of the video codec, such as `h264`."""
    average_rate_hz: float | None
    """Frames per second as the file announces it; None where it does not."""
    announced_duration_s: float | None
    """Duration of the file as its container announces it; None where it does not."""
    first_pts_s: float | None
    """Presentation time of the first frame on the file's own clock, in seconds; None where it has none."""
    rotation: int
    """Degrees clockwise by which stored pictures are turned to be upright: 0, 90, 180 or 270."""
    mirrored: bool
    """Whether stored pictures are mirrored, left to right, before that."""
    width: int
    """Width of the first upright picture, in pixels."""
    height: int
    """Height of the first upright picture, in pixels."""
    decoded: int
    """Frames decoded so far, including those before `start_s`: after the last one, the file's true count."""
    corrupt: int
    """Packets so far that could not be decoded; they are skipped and have no index."""
    patched: int
    """Decoded frames so far in which the decoder reports that it filled in missing parts."""
    other_streams: str | None
    """A sentence about pictures of the file that are not used; None where there is only one."""
    size_changes: int
    """Number of changes of the picture size so far."""

    def __init__(
        self, path: str | Path, start_s: float | None, end_s: float | None, max_pixels: int, max_duration_s: float
    ) -> None:
        self.path = Path(path)
        self.decoded = self.corrupt = self.patched = self.size_changes = 0
        self._max_pixels, self._max_duration_s = max_pixels, max_duration_s
        self._refused_in_a_row, self._size_is_known = 0, False
        self._refusal: VideoError | None = None
        self._from_s = -np.inf if start_s is None else start_s
        self._to_s = np.inf if end_s is None else end_s
        self._container = open_media(path, max_pixels)
        try:
            stream = self._prepare(self._container)
            self._size_is_known = stream.codec_context.width > 0
            self.other_streams = other_streams(self._container, stream)
            self.codec = stream.codec_context.name
            self._stamps = FrameStamps(stream, path)
            duration = self._container.duration
            self.announced_duration_s = duration / av.time_base if duration and duration > 0 else None
            self._upright = Upright(stream, self.path)
            self._timeline = Timeline(float(self._stamps.period_s))
            self._stored = decode(stream, path, self._count_corrupt)
            self._ahead = self._look_ahead()
            self.average_rate_hz = float(self._stamps.rate_hz) if self._stamps.rate_hz else None
            if not self._ahead:
                self._raise_refusal()
                require_stated_size(path, stream.index, max_pixels)
                raise VideoError("no_frames", path, f"corrupt packets: {self.corrupt}")
            self._learn(*self._ahead[0])
            if self._from_s > 0 and not self.corrupt and self._stamps.times_from == "presentation stamps":
                self._skip_to_part()
        except BaseException:
            self._container.close()
            raise
        self._frames = self._selected()

    def _prepare(self, container: InputContainer) -> av.VideoStream:
        """The stream with the picture, its decoder set to one thread and to the limit."""
        self.stream = stream = video_stream(container, self.path, self._max_pixels)
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"max_pixels": str(self._max_pixels + CODED_MARGIN_PX)}
        return stream

    def _look_ahead(self) -> deque[tuple[av.VideoFrame, Fraction | None]]:
        """The first frames, with their stamps."""
        ahead: list[av.VideoFrame] = []
        held = 0
        try:
            while len(ahead) < LOOKAHEAD_FRAMES and held < LOOKAHEAD_BYTES and (stored := next(self._stored, None)):
                self._count_good()
                ahead.append(stored)
                held += sum(plane.buffer_size for plane in stored.planes)
        except VideoError as refusal:  # for later: a part may end before
            self._refusal = refusal
        self._stamps.compare(ahead, lost=self.corrupt)
        return deque((stored, self._stamps.stamp_s(stored)) for stored in ahead)

    def _learn(self, first: av.VideoFrame, stamp_s: Fraction | None) -> None:
        turn = self._upright.turn(first)
        self.rotation, self.mirrored = turn.degrees, turn.is_mirrored
        self.first_pts_s = None if stamp_s is None else float(stamp_s)
        size = self._upright.width(first), first.height
        self.width, self.height = size[::-1] if turn.transpose else size

    @property
    def mended_times(self) -> int:
        """Frames so far whose time is not the file's own (`Timeline.mended`)."""
        return self._timeline.mended

    @property
    def facts(self) -> dict[str, Any]:
        """Facts of the file so far, for the stamp of a table made from it."""
        return {
            "codec": self.codec,
            "width": self.width,
            "height": self.height,
            "rotation": self.rotation,
            "mirrored": self.mirrored,
            "average_rate_hz": self.average_rate_hz,
            "picture_start_s": self.first_pts_s,
            "frames_decoded": self.decoded,
            "corrupt_packets": self.corrupt,
            "patched_frames": self.patched,
            "mended_times": self.mended_times,
            "times_from": self._stamps.times_from,
            "size_changes": self.size_changes,
            "other_streams": self.other_streams,
        }

    def __next__(self) -> Frame:
        return next(self._frames)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. The counts stay readable."""
        self._frames.close()
        self._stored.close()
        self._container.close()

    def _count_corrupt(self) -> None:
        self.corrupt += 1
        # dav1d says so; other decoders leave the size that they refused, or take the known size back to 0
        if (
            getattr(sys.exception(), "errno", None) == errno.ERANGE
            or not self._is_size_allowed()
            or self._refused_in_a_row
        ):
            self._refused_in_a_row += 1
        if self._refused_in_a_row == REFUSED_PACKETS:
            self._raise_refusal()

    def _count_good(self) -> None:
        if self._is_size_allowed():  # else it is a frame from before that the decoder still held
            self._refused_in_a_row, self._size_is_known = 0, True

    def _is_size_allowed(self) -> bool:
        points = self.stream.codec_context.width * self.stream.codec_context.height
        return points <= self._max_pixels + CODED_MARGIN_PX and (points > 0 or not self._size_is_known)

    def _raise_refusal(self) -> None:
        """Raise VideoError (`too_large`) if the last packets were refused for their size."""
        if self._refusal:
            raise self._refusal
        if self._refused_in_a_row:
            raise VideoError("too_large", self.path, f"it grows beyond {self._max_pixels} points") from None

    def _selected(self) -> Generator[Frame, None, None]:
        yielded, size = 0, None
        with self._container:
            for stored, stamp_s, next_stamp_s in self._with_next_stamp():
                index, time_s = self.decoded, self._timeline.place(stamp_s, next_stamp_s)
                if time_s >= self._to_s:
                    break
                self._require_within_limits(stored, time_s)
                self.decoded += 1
                self.patched += bool(stored.is_corrupt)
                self.size_changes += size is not None and size != (stored.width, stored.height)
                size = (stored.width, stored.height)
                if time_s >= self._from_s:
                    yielded += 1
                    yield self._upright.frame(index, time_s, stored)
            else:
                self._raise_refusal()
        if not yielded:
            raise VideoError("empty_segment", self.path, f"frames read: {self.decoded}")

    def _skip_to_part(self) -> None:
        """Go on at the part's first frame, decoded from a key frame before it, if that is sure to give the same.

        All frames on the way must come out at the stamps that the packets announce; else the file is decoded from its
        beginning.
        """
        timeline = partial(Timeline, float(self._stamps.period_s))
        landing = find_landing(self.path, self.stream, self._from_s, timeline(), least_gain=LOOKAHEAD_FRAMES)
        if landing is None:
            return
        before = self.stream, self.corrupt
        container = open_media(self.path, self._max_pixels)
        stored = decode(self._prepare(container), self.path, self._count_corrupt)
        first = _decode_to(landing, container, self.stream, stored)
        if first is None or self.corrupt > before[1]:
            self.stream, self.corrupt = before
            self._refused_in_a_row = 0
            stored.close()
            container.close()
            return
        self._stored.close()
        self._container.close()
        self._container, self._stored = container, stored
        self._timeline = timeline()
        for pts in landing.stamps[:-1]:
            self._timeline.place(pts * self._stamps.tick_s)
        self._stamps.compare([first])
        self._ahead = deque([(first, self._stamps.stamp_s(first))])
        self.decoded = len(landing.stamps) - 1

    def _require_within_limits(self, stored: av.VideoFrame, time_s: float) -> None:
        width = self._upright.width(stored)
        if width * stored.height > self._max_pixels:
            size = f"{width} x {stored.height} px from frame {self.decoded}"
            raise VideoError("too_large", self.path, f"{size}, at most {self._max_pixels} points")
        if time_s - max(0.0, self._from_s) > self._max_duration_s:
            raise VideoError("too_long", self.path, f"more than {self._max_duration_s:g} s are used")

    def _with_next_stamp(self) -> Generator[tuple[av.VideoFrame, Fraction | None, Fraction | None], None, None]:
        """The frames, each with its stamp and that of the next one."""
        stamped = self._stamped()
        current, refusal = next(stamped, None), None
        while current is not None:
            try:
                following = next(stamped, None)
            except VideoError as error:  # for later, as in `_look_ahead`
                following, refusal = None, error
            yield *current, None if following is None else following[1]
            current = following
        if refusal:
            raise refusal

    def _stamped(self) -> Generator[tuple[av.VideoFrame, Fraction | None], None, None]:
        while self._ahead:
            yield self._ahead.popleft()
        for stored in self._stored:
            self._count_good()
            self._stamps.compare([stored])
            yield stored, self._stamps.stamp_s(stored)


def frames(
    path: str | Path,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    max_pixels: int = MAX_PIXELS,
    max_duration_s: float = math.inf,
) -> Decoder:
    """The frames of a video file in order of presentation: an iterator that also has codec, size and counts.

    With `start_s` or `end_s`, only the frames with start_s <= time_s < end_s are yielded; index and time_s stay those
    of the whole file. One thread decodes. Frames are not kept; their pictures are made at the first access, by the
    thread that accesses them. What is before `start_s` is not decoded where its frames can be counted without
    (`find_landing`). Corrupt packets are skipped and counted, times never run backwards (`Timeline`), and each
    frame is turned upright by its own display matrix and keeps its own size.

    max_pixels: points of the largest picture with square pixels; larger ones are not decoded.
    max_duration_s: the longest part, in seconds from `start_s` or the file's beginning.

    Raises VideoError where the file cannot be used: on the call (`unreadable`, `format_not_allowed`, `no_video_stream`,
    `no_decoder`, `too_large`, `no_frames`), during the iteration (`too_large`, `too_long`), or at the end of one that
    yielded no frame (`empty_segment`); and where a picture that is asked for cannot be converted (`unreadable`).
    """
    return Decoder(path, start_s, end_s, max_pixels, max_duration_s)


def _decode_to(
    landing: Landing, container: InputContainer, stream: av.VideoStream, stored: Generator[av.VideoFrame, None, None]
) -> av.VideoFrame | None:
    """The part's first frame, decoded from the landing; None where the frames before it are not those announced."""
    try:
        container.seek(landing.keys[-1], stream=stream)
    except av.error.FFmpegError:
        return None
    # before the key frame there may be frames that refer to what is before it
    frame = next((f for f in stored if f.pts in landing.keys or f.pts is None or f.pts > landing.keys[-1]), None)
    if frame is None or frame.pts not in landing.keys:  # or it is only built up from there on
        return None
    for pts in landing.stamps[bisect_right(landing.stamps, frame.pts) :]:
        if frame.is_corrupt:
            return None
        frame = next(stored, None)
        if frame is None or frame.pts != pts:
            return None
    return frame
