"""What a log says while a video is read."""

from __future__ import annotations

import numpy as np
import pytest

from moodreel.video.decode import Frame
from moodreel.video.progress import Progress

BLANK = np.zeros((2, 2, 3), np.uint8)

QUICK_S = 1 / 128
"""Cost of a frame; sums of it are exact."""


class Reading:
    """Frames at 25 Hz, each of which takes `cost_s` on a clock of its own to use, and what is said meanwhile."""

    def __init__(self, cost_s: float, *span: float | None) -> None:
        self.cost_s = cost_s
        self.now_s = 0.0
        self.said: list[str] = []
        self.progress = Progress(*span, say=self.said.append, clock=lambda: self.now_s)

    def use(self, count: int, start: int = 0) -> list[int]:
        used = []
        for frame in self.progress.count(Frame(i, i / 25, BLANK) for i in range(start, start + count)):
            self.now_s += self.cost_s
            used.append(frame.index)
        return used


def test_it_passes_the_frames_on():
    assert Reading(1).use(5, start=3) == [3, 4, 5, 6, 7]


def test_a_line_comes_every_ten_seconds_whatever_a_frame_costs():
    quick, slow = Reading(QUICK_S), Reading(12.5)
    quick.use(4000)
    slow.use(2)
    assert quick.said == [f"{n} frames, 128.0 frames/s" for n in (1280, 2560, 3840)]
    assert slow.said == ["1 frame, 0.1 frames/s", "2 frames, 0.1 frames/s"]


def test_a_short_video_says_nothing_on_the_way():
    reading = Reading(QUICK_S)
    reading.use(1200)
    assert reading.said == []
    assert str(reading.progress) == "1200 frames, 128.0 frames/s"


@pytest.mark.parametrize(
    ("minutes", "left"),
    [(1, "about 2 s"), (10, "about 2 min"), (60, "about 12 min"), (480, "about 1 h 34 min")],
)
def test_the_time_left_follows_from_the_announced_length(minutes, left):
    """After 10 s, in which 51.2 s of a clip at 25 Hz were read."""
    reading = Reading(QUICK_S, 0, 60 * minutes)
    reading.use(1300)
    assert reading.said == [f"1280 frames, 128.0 frames/s, {left} left"]


def test_only_the_part_that_was_asked_for_counts():
    """Of 20 s to 120 s half is read in 10 s."""
    reading = Reading(QUICK_S, 20, 120)
    reading.use(1300, start=500)
    assert reading.said == ["1280 frames, 128.0 frames/s, about 10 s left"]


def test_no_time_is_left_where_the_announced_end_is_passed():
    reading = Reading(QUICK_S, 0, 60)
    reading.use(4000)
    first, *later = reading.said
    assert first.endswith("left")
    assert later == [f"{n} frames, 128.0 frames/s" for n in (2560, 3840)]


def test_nothing_read_is_told_without_a_rate():
    reading = Reading(1)
    assert reading.use(0) == []
    assert str(reading.progress) == "0 frames"
