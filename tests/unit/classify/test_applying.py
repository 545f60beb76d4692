"""Which windows of a recording are asked for."""

from __future__ import annotations

import numpy as np
import pytest

from moodreel.classify.applying import cut
from moodreel.errors import UserError
from moodreel.settings.windows import WindowsSettings

SETTINGS = WindowsSettings()


def grid(seconds: float) -> tuple[np.ndarray, np.ndarray]:
    times = np.arange(round(seconds * 25)) / 25
    return times, np.ones(len(times), bool)


def starts(seconds: float, last_frames: int | None, frame_rate: float = 25.0) -> list[float]:
    frames = np.arange(round(seconds * frame_rate)) / frame_rate
    table, requested = cut(*grid(seconds), SETTINGS, frames, last_frames)
    assert table["window"].to_list() == list(range(len(table)))
    return table.filter(requested)["start_s"].round(3).to_list()


def test_all_windows_are_cut_from_the_beginning():
    assert starts(7, None) == [0, 2, 4, 6]


def test_the_last_windows_are_counted_back_from_the_end():
    assert starts(21, 200) == [13, 15, 17, 19]
    assert starts(21, 120) == [17, 19]


def test_frames_are_counted_as_the_recording_has_them():
    assert starts(21, 200, frame_rate=50.0) == [17, 19]


def test_more_frames_than_there_are_mean_all_whole_windows():
    assert starts(7, 1000) == [1, 3, 5]


def test_rows_are_those_of_the_whole_grid():
    table, requested = cut(*grid(7), SETTINGS, np.arange(175) / 25, 60)
    assert table.filter(requested)["first_row"].to_list() == [125]


def test_too_few_frames_for_a_window_are_refused_with_how_many_it_takes():
    with pytest.raises(UserError, match=r"--last-frames 30: they last 1\.20 s.*window of 2 s.*at least 5[01]"):
        starts(7, 30)


@pytest.mark.parametrize(("seconds", "left"), [(1, ["partial"]), (0, [])])
def test_a_recording_shorter_than_a_window_has_its_reason(seconds, left):
    for last_frames in (None, 200):
        table, requested = cut(*grid(seconds), SETTINGS, np.arange(round(seconds * 25)) / 25, last_frames)
        assert table.filter(requested)["reason"].to_list() == left
