import numpy as np
import polars as pl
import pytest

from moodreel.classify.applying import cut
from moodreel.errors import UserError
from moodreel.settings.windows import WindowsSettings


def requested(seconds: float, last_frames: int | None, frame_rate: float = 25.0) -> pl.DataFrame:
    """The windows that are asked for of a recording."""
    times, frames = (np.arange(round(seconds * rate)) / rate for rate in (25, frame_rate))
    table, wanted = cut(times, np.ones(len(times), bool), WindowsSettings(), frames, last_frames)
    assert table["window"].to_list() == list(range(len(table)))
    return table.filter(wanted)


@pytest.mark.parametrize(
    ("seconds", "last_frames", "frame_rate", "starts"),
    [
        pytest.param(7, None, 25, [0, 2, 4, 6], id="all, from the beginning"),
        pytest.param(21, 200, 25, [13, 15, 17, 19], id="the last"),
        pytest.param(21, 120, 25, [17, 19], id="fewer"),
        pytest.param(21, 200, 50, [17, 19], id="frames as the recording has them"),
        pytest.param(7, 1000, 25, [1, 3, 5], id="more frames than there are: all whole windows"),
    ],
)
def test_windows_are_counted_from_the_beginning_or_back_from_the_end(seconds, last_frames, frame_rate, starts):
    assert requested(seconds, last_frames, frame_rate)["start_s"].round(3).to_list() == starts


def test_rows_are_those_of_the_whole_grid():
    assert requested(7, 60)["first_row"].to_list() == [125]


def test_too_few_frames_for_a_window_are_refused_with_how_many_it_takes():
    with pytest.raises(UserError, match=r"--last-frames 30: they last 1\.20 s.*window of 2 s.*at least 5[01]"):
        requested(7, 30)


@pytest.mark.parametrize(("seconds", "left"), [(1, ["partial"]), (0, [])])
def test_a_recording_shorter_than_a_window_has_its_reason(seconds, left):
    for last_frames in (None, 200):
        assert requested(seconds, last_frames)["reason"].to_list() == left
