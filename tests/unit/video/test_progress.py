"""What a log says while a video is read."""

import numpy as np
import pytest

from moodreel.video.frame import Frame
from moodreel.video.progress import Progress

BLANK = np.zeros((2, 2, 3), np.uint8)

QUICK_S = 1 / 128
"""Cost of a frame; sums of it are exact."""


class Reading:
    """Frames at 25 Hz, each of which takes `cost_s` on a clock of its own to use, and what is reported meanwhile: of the
    video `a.mp4` unless another is begun."""

    def __init__(self, cost_s: float, start_s: float = 0.0, end_s: float | None = None) -> None:
        self.cost_s, self.start_s = cost_s, start_s
        self.now_s = 0.0
        self.message: list[str] = []
        self.progress = Progress(report=self.message.append, clock=lambda: self.now_s)
        self.progress.begin("a.mp4", start_s, end_s)

    def use(self, count: int, start: int = 0) -> list[int]:
        used = []
        for frame in self.progress.count(Frame(i, i / 25, BLANK) for i in range(start, start + count)):
            self.now_s += self.cost_s
            used.append(frame.index)
        return used


def test_it_passes_the_frames_on_and_tells_no_rate_before_the_first():
    reading = Reading(1)
    assert (reading.use(0), str(reading.progress)) == ([], "0 frames")
    assert reading.use(5, start=3) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("reading", "count", "message"),
    [
        (Reading(QUICK_S), 1200, []),
        (Reading(QUICK_S), 4000, [f"{n} frames, 128.0 frames/s" for n in (1280, 2560, 3840)]),
        (Reading(12.5), 2, ["1 frame, 0.1 frames/s", "2 frames, 0.1 frames/s"]),
        # after 10 s, in which 51.2 s of a clip at 25 Hz were read; none is left once the announced end is passed
        (
            Reading(QUICK_S, 0, 60),
            4000,
            ["1280 frames, 128.0 frames/s, about 2 s left", *(f"{n} frames, 128.0 frames/s" for n in (2560, 3840))],
        ),
        (Reading(QUICK_S, 0, 600), 1300, ["1280 frames, 128.0 frames/s, about 2 min left"]),
        (Reading(QUICK_S, 0, 3600), 1300, ["1280 frames, 128.0 frames/s, about 12 min left"]),
        (Reading(QUICK_S, 0, 8 * 3600), 1300, ["1280 frames, 128.0 frames/s, about 1 h 34 min left"]),
        # of 20 s to 120 s half is read in 10 s
        (Reading(QUICK_S, 20, 120), 1300, ["1280 frames, 128.0 frames/s, about 10 s left"]),
    ],
    ids=["short", "quick", "slow", "a minute", "ten minutes", "an hour", "eight hours", "a part"],
)
def test_a_line_comes_every_ten_seconds_and_tells_the_time_left_by_the_announced_length(reading, count, message):
    reading.use(count, start=25 * int(reading.start_s))
    assert reading.message == [f"a.mp4: {line}" for line in message]


def test_each_video_has_its_own_name_count_and_end():
    reading = Reading(QUICK_S, 0, 60)
    reading.use(1000)
    assert str(reading.progress) == "1000 frames, 128.0 frames/s"
    reading.progress.begin("b.mp4", 0.0)
    assert str(reading.progress).startswith("0 frames")
    reading.use(1000)
    reading.progress.begin("c.mp4", 0.0)
    reading.progress.end_s = 40.0
    reading.use(1000)
    assert reading.message == [
        "b.mp4: 280 frames, 128.0 frames/s",  # no end of its own, and none of the one before
        "c.mp4: 560 frames, 128.0 frames/s, about 3 s left",
    ]


def test_the_rate_is_that_of_all_videos_also_for_the_time_left():
    """40 of 400 frames are read, at 8 a second over both videos."""
    reading = Reading(0.0)
    reading.use(40)
    reading.progress.begin("b.mp4", 0.0, 16.0)
    reading.cost_s = 0.25
    reading.use(41)
    assert reading.message == ["b.mp4: 40 frames, 8.0 frames/s, about 46 s left"]


def test_lines_keep_their_distance_over_the_end_of_a_video():
    reading = Reading(6.0)
    reading.use(2)
    for name in ("b.mp4", "c.mp4", "d.mp4"):
        reading.progress.begin(name, 0.0)
        reading.use(1)
    assert reading.message == ["a.mp4: 2 frames, 0.2 frames/s", "c.mp4: 1 frame, 0.2 frames/s"]


def test_time_counts_from_the_first_frame_that_is_asked_for():
    reading = Reading(QUICK_S)
    reading.now_s = 100.0
    reading.use(256)
    assert str(reading.progress) == "256 frames, 128.0 frames/s"


def test_what_is_reported_is_printed_at_once(capsys):
    times = iter([0.0, 11.0])
    progress = Progress(clock=lambda: next(times))
    progress.begin("a.mp4", 0.0)
    list(progress.count([Frame(0, 0.0, BLANK)]))
    assert capsys.readouterr().out == "a.mp4: 1 frame, 0.1 frames/s\n"
