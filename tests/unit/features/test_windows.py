import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from moodreel.errors import UserError
from moodreel.features.windows import counts, index, require_kept
from moodreel.settings.windows import WindowsSettings


def windows_of(rows: int, *, valid=None, first_row: int = 0, **settings) -> pl.DataFrame:
    valid = np.ones(rows, bool) if valid is None else valid
    return index(np.arange(rows) / 25, valid, first_row, WindowsSettings(**settings))


def test_five_seconds_hold_two_windows_and_a_partial_one():
    found = windows_of(125, first_row=1000)
    expected = [(0, 2, 1000, 50, None), (2, 4, 1050, 50, None), (4, 5, 1100, 25, "partial")]
    assert found.select("start_s", "end_s", "first_row", "rows", "reason").rows() == expected
    assert counts(found) == {"kept": 2, "partial": 1, "gaps": 0}
    overlapping = windows_of(125, stride_s=1.0)
    assert overlapping["start_s"].to_list() == [0, 1, 2, 3, 4]
    assert counts(overlapping) == {"kept": 4, "partial": 1, "gaps": 0}
    assert windows_of(0).is_empty()


def test_a_gappy_window_is_dropped_and_keeps_its_number():
    valid = np.ones(150, bool)
    valid[50:61] = False
    found = windows_of(150, valid=valid)
    assert found.select("window", "reason", "valid_share").rows() == [(0, None, 1), (1, "gaps", 0.78), (2, None, 1)]
    assert require_kept(found)["window"].to_list() == [0, 2]


def test_a_share_at_the_threshold_is_kept():
    assert counts(windows_of(50, valid=np.arange(50) >= 10)) == {"kept": 1, "partial": 0, "gaps": 0}


def test_no_window_left_names_the_settings():
    with pytest.raises(UserError, match=r"1 cut off .*windows\.length_s"):
        require_kept(windows_of(30))


def test_a_whole_video_is_one_window_and_dropped_where_hardly_anything_counts():
    settings = {"per": "video", "steps": 20}
    found = windows_of(20, first_row=60, **settings)
    assert found.columns == ["window", "start_s", "end_s", "first_row", "rows", "valid_share", "reason"]
    assert found.rows() == [(0, 0.0, pytest.approx(0.8), 60, 20, 1.0, None)]
    assert windows_of(20, valid=np.arange(20) < 15, **settings)["reason"].to_list() == ["gaps"]
    lone = windows_of(20, valid=np.arange(20) == 3, **settings)
    assert lone["reason"].to_list() == ["short"] and counts(lone)["short"] == 1
    still = index(np.full(20, 0.5), np.ones(20, bool), 0, WindowsSettings(**settings))
    assert still["reason"].to_list() == ["short"]  # one frame: no length
    with pytest.raises(UserError, match="1 of a video with fewer than two rows that count"):
        require_kept(lone)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("rate_hz", 1e-7), ("rate_hz", 1e6), ("length_s", 1e6), ("stride_s", 1e6), ("stride_s", 1e-9), ("max_gap_s", 1e6)],
)
def test_sizes_that_no_study_needs_are_refused(key, wrong):
    with pytest.raises(ValidationError, match=key):
        WindowsSettings(**{key: wrong})
