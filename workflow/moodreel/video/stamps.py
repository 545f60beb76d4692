"""Time stamps of a stream's frames, from the best source that its container has."""

import re
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av

from moodreel.video.timeline import MAX_GAP_S

ASSUMED_RATE_HZ = Fraction(25)
"""Taken where no rate is stated, or one outside `PLAUSIBLE_HZ`; FFmpeg's default for streams without a container."""

PLAUSIBLE_HZ = (1, 1000)
"""Rates that a stream states beside its container's stamps; where there is no container, slower ones are true."""

STORES_DECODING_STAMPS = {"avi", "asf"}
"""FFmpeg demuxers whose packets hold one time each, in order of decoding. The presentation stamps that FFmpeg adds are
guesses, wrong where frames are reordered."""

COUNTS_FRAMES = {"avi", "yuv4mpegpipe"}
"""FFmpeg demuxers that make stamps by counting, at a rate that the file's header states."""

SLOWEST_HEADER_HZ = 1 / MAX_GAP_S
"""A header that states fewer frames per second is no clock; microscopes and time lapses write one in some seconds."""

STORES_NO_STAMPS = {"h264", "hevc", "m4v", "mpegvideo"}
"""FFmpeg demuxers of streams without a container: the only clock is a rate in the stream's own headers."""


class FrameStamps:
    """The stamps of a stream's frames on the file's own clock.

    A frame's presentation stamp is that of its packet; its decoding stamp is that of the packet after which the decoder
    gave it out: its time of presentation and the decoder's delay, which is subtracted where the container says when the
    stream starts, since sound has no such delay; in ASF it has the same. Where the container stores presentation stamps
    they are used, unless they run backwards more often than the decoding stamps: FFmpeg's rule for its best-effort
    stamps (`guess_correct_pts` in libavcodec/decode.c). Frames given out after the last packet have no decoding stamp:
    they follow at the distance that most have so far, if it is clearly another than the stream's rate says, since that
    may be wrong; else at the stream's rate, or at the shortest distance so far if that is longer. So do the frames of
    streams without a container; of these, a frame may state that it is shown for longer, as films made for television
    do. Where a header states a rate that is no clock, frames are counted at the rate that the stream states, or at
    `ASSUMED_RATE_HZ`.
    """

    def __init__(self, stream: av.VideoStream, path: str | Path) -> None:
        container = stream.container.format.name
        self.tick_s = stream.time_base or Fraction(1, av.time_base)
        """The unit of the stamps in seconds."""
        self._is_bare = container in STORES_NO_STAMPS
        self._stores_pts = not self._is_bare and container not in STORES_DECODING_STAMPS
        announced = None if self._is_bare else stream.average_rate  # FFmpeg's default where there is no container
        in_stream: Fraction | None = stream.codec_context.framerate
        if stream.codec_context.name == "mpeg4":  # it states the resolution of its stamps, not the rate
            in_stream = stream.guessed_rate
        self.rate_hz = announced or (None if self._stores_pts else in_stream)
        """Frames per second as the file announces it; None where it does not."""
        rates = (announced, in_stream) if self._stores_pts else (in_stream, announced)
        slowest_hz = SLOWEST_HEADER_HZ if self._is_bare else PLAUSIBLE_HZ[0]
        plausible = [rate for rate in rates if rate and slowest_hz <= rate <= PLAUSIBLE_HZ[1]]
        self.period_s = 1 / [*plausible, ASSUMED_RATE_HZ][0]
        self._rate_source = "the stream's rate" if plausible else f"assumed {ASSUMED_RATE_HZ} Hz"
        self._faulty_pts = self._faulty_dts = 0
        self._start_s = None if stream.start_time is None else stream.start_time * self.tick_s
        self._is_asf = container == "asf"
        self._header_hz = announced if container in COUNTS_FRAMES else None
        self._is_clock = True
        if container == "yuv4mpegpipe" and not _states_rate(path):
            self.period_s, self._rate_source = 1 / ASSUMED_RATE_HZ, f"assumed {ASSUMED_RATE_HZ} Hz"
            self._count_instead()
        elif self._header_hz and self._header_hz < SLOWEST_HEADER_HZ:
            self._count_instead()
        self._usual_delay_s = stream.codec_context.reorder_depth * self.period_s
        self._delay_s: Fraction | None = None
        self._last_pts: int | None = None
        self._last_dts: int | None = None
        self._last_s: Fraction | None = None
        self._steps: Counter[Fraction] = Counter()
        self._shown_s = Fraction(0)

    @property
    def times_from(self) -> str:
        """The source of the times: presentation stamps, decoding stamps, the stream's rate, or an assumed rate."""
        if self._is_bare or not self._is_clock:
            return self._rate_source
        return "presentation stamps" if self._trusts_pts else "decoding stamps"

    def compare(self, frames: Iterable[av.VideoFrame], *, lost: int = 0) -> None:
        """Count how often either kind of stamp runs backwards in the next frames in order of presentation, of which
        `lost` could not be decoded."""
        frames = list(frames)
        if self._last_pts is None and self._last_dts is None and self._is_clock:
            self._doubt(frames)
        for frame in frames:
            pts, dts = frame.pts, frame.dts
            if pts is not None:
                self._faulty_pts += self._last_pts is not None and pts <= self._last_pts
                self._last_pts = pts
            if dts is not None:
                if self._delay_s is None:
                    self._delay_s = self._delay_of_first(dts * self.tick_s, lost)
                self._faulty_dts += self._last_dts is not None and dts <= self._last_dts
                self._last_dts = dts

    def stamp_s(self, frame: av.VideoFrame) -> Fraction | None:
        """The stamp in seconds of the next frame in order of presentation, which `compare` has seen; None without."""
        if self._trusts_pts:
            ticks = frame.pts if frame.pts is not None else frame.dts
            if ticks is None:
                return None
            self._last_s = ticks * self.tick_s
            return self._last_s
        last_s = self._last_s
        if frame.dts is not None:
            self._last_s = frame.dts * self.tick_s - (self._delay_s or 0)
            if last_s is not None and self._last_s > last_s:
                self._steps[self._last_s - last_s] += 1
        else:
            self._last_s = Fraction(0) if last_s is None else last_s + self._step_s()
        self._shown_s = self._stated_duration_s(frame)
        return self._last_s

    def _step_s(self) -> Fraction:
        """The distance at which a frame without a stamp follows."""
        if not self._steps:
            return max(self.period_s, self._shown_s)
        usual_s, times = self._steps.most_common(1)[0]
        if not self._is_bare and 2 * times > self._steps.total() and abs(usual_s - self.period_s) > self.tick_s / 2:
            return usual_s
        return max(self.period_s, min(self._steps), self._shown_s)  # an AVI's rate may be that of its ticks

    def _stated_duration_s(self, frame: av.VideoFrame) -> Fraction:
        """How long the frame is shown, where a stream without a container says so, else 0."""
        if not self._is_bare or not frame.duration or not frame.time_base:
            return Fraction(0)
        duration_s = frame.duration * frame.time_base
        return duration_s if duration_s <= MAX_GAP_S else Fraction(0)

    def _doubt(self, first: list[av.VideoFrame]) -> None:
        """Count frames instead where a header states an absurdly high rate and the first frames come at it; others
        are apart: an AVI may count in microseconds."""
        stamps = sorted(frame.dts for frame in first if frame.dts is not None)
        if not self._header_hz or self._header_hz <= PLAUSIBLE_HZ[1]:
            return
        if any((b - a) * self.tick_s < Fraction(1, PLAUSIBLE_HZ[1]) for a, b in pairwise(stamps)):
            self._count_instead()

    def _count_instead(self) -> None:
        self._is_clock, self.rate_hz, self.tick_s = False, None, self.period_s

    def _delay_of_first(self, dts_s: Fraction, lost: int) -> Fraction:
        if self._start_s is None or self._is_asf:
            return Fraction(0)
        return min(dts_s - self._start_s, self._usual_delay_s) if lost else dts_s - self._start_s

    @property
    def _trusts_pts(self) -> bool:
        return self._stores_pts and self._faulty_pts <= self._faulty_dts


def _states_rate(path: str | Path) -> bool:
    """Whether a Y4M's header states its rate; FFmpeg takes 25 Hz where it does not, and does not say so."""
    with open(path, "rb") as file:
        rate = re.search(rb" F(\d+):(\d+)", file.readline(1000))
    return rate is not None and int(rate[1]) > 0 and int(rate[2]) > 0
