import re

import numpy as np
import polars as pl
import pytest

from clips import write_clip
from moodreel.errors import UserError
from moodreel.formats import alignment
from moodreel.video.errors import VideoError


def rows(frames, times_s=None, **columns) -> pl.DataFrame:
    frames = list(frames)
    table = {"frame": frames, "status": ["ok"] * len(frames), "value": [float(f) for f in frames], **columns}
    return pl.DataFrame(table if times_s is None else {**table, "time_s": list(times_s)})


def uneven(count: int) -> np.ndarray:
    return np.arange(count) / 10 + 0.02 * (np.arange(count) % 3)


def placed(imported, times_s=None, count=100):
    return alignment.on_frames(rows(imported, times_s), np.arange(count), uneven(count), name="x.csv")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, np.full((30, 32, 32, 3), 90, np.uint8), rate_hz=10)
    return path


def test_frames_get_the_true_times_and_those_without_a_row_say_so():
    imported = rows([0, 1, 3], [0.0, 0.04, 0.12], cut=[True, False, True])
    table, facts = alignment.on_frames(imported, np.arange(4), uneven(4), name="x.csv")
    assert table["time_s"].to_list() == uneven(4).tolist()
    assert table.select("status", "value", "cut").rows() == [  # a flag is never null
        ("ok", 0.0, True), ("ok", 1.0, False), ("not_imported", None, False), ("ok", 3.0, True),
    ]  # fmt: skip
    assert facts["rows_imported"] == 3 and facts["frames_decoded"] == 4
    assert facts["last_imported_s"] == 0.12 and facts["last_true_s"] == uneven(4)[3]


@pytest.mark.parametrize("count", [97, 103])
def test_more_than_two_frames_of_a_hundred_are_another_video(count):
    with pytest.raises(UserError, match=f"x.csv.*{count}.*100 frames.*belong together"):
        placed(range(count))


@pytest.mark.parametrize(
    ("imported", "count", "mismatch"),
    [
        (range(100), 100, False),
        (range(98), 100, True),
        (range(101), 100, True),
        (range(102), 100, True),
        (range(991), 1000, True),  # one percent of a long video fewer
        (range(0, 100, 2), 100, False),  # every second
    ],
)
def test_rows_too_many_are_dropped_and_it_is_reported_with_both_numbers(imported, count, mismatch):
    table, facts = placed(imported, count=count)
    assert (len(table), (table["status"] == "ok").sum()) == (count, min(len(imported), count))
    assert (facts["mismatch"] is not None) == mismatch
    if mismatch:
        assert str(len(imported)) in facts["mismatch"] and f"{count} frames" in facts["mismatch"]


def test_times_far_from_the_true_ones_are_reported():
    _, facts = placed(range(100), np.arange(100) / 25)  # the video runs at 10
    assert "3.960 s" in facts["mismatch"] and "9.900 s" in facts["mismatch"]


def test_a_part_of_a_video_is_compared_with_the_whole():
    part = np.arange(40, 60)
    table, facts = alignment.on_frames(rows(range(100)), part, uneven(100)[part], name="x", in_file=100)
    assert table["frame"].to_list() == part.tolist() and table["value"].to_list() == part.tolist()
    assert facts["mismatch"] is None
    assert table["time_s"].to_list() == uneven(100)[part].tolist()  # times too are those of the whole


def test_frame_times_are_those_of_decoding(clip):
    for span, numbers in (((), range(30)), ((1.0, 1.45), range(10, 15))):  # a part keeps the numbers of the whole
        indices, times_s, facts = alignment.frame_times(clip, *span)
        assert indices.tolist() == list(numbers)
        np.testing.assert_allclose(times_s, indices / 10, atol=1e-6)
        assert (facts["width"], facts["height"], facts["frames_decoded"]) == (32, 32, 30)
    with pytest.raises(VideoError) as caught:
        alignment.frame_times(clip, 50.0, None)
    assert caught.value.reason == "empty_segment"


def test_without_a_video_the_rows_own_times_hold_and_gaps_are_filled():
    table, facts = alignment.on_own_times(rows([1, 2, 5], [0.1, 0.2, 0.5]), None)
    np.testing.assert_allclose(table["time_s"], np.arange(6) / 10, atol=1e-12)
    assert [status == "ok" for status in table["status"]] == [False, True, True, False, False, True]
    assert set(table["status"]) == {"ok", "not_imported"} and facts["mismatch"] is None


def test_without_times_a_rate_makes_them_and_a_given_rate_goes_before_times():
    assert alignment.on_own_times(rows(range(3)), 20.0)[0]["time_s"].to_list() == [0.0, 0.05, 0.1]
    table, facts = alignment.on_own_times(rows(range(3), [0.0, 0.1, 0.2]), 20.0)
    assert table["time_s"].to_list() == [0.0, 0.05, 0.1]
    assert "10.000" in facts["mismatch"] and "20" in facts["mismatch"]


@pytest.mark.parametrize(
    ("times_s", "why"),
    [
        (None, "it has no times"),
        ([None, None, None], "it has no times"),
        ([0.0, None, 0.08], "1 of its 3 rows have no time"),
        ([0.0, 0.0, 0.0], "frame 1 (counted from 0), at 0 s, has the same time as frame 0"),
        ([0.0, 0.08, 0.04], "frame 2 (counted from 0), at 0.04 s, has an earlier time than frame 1, at 0.08 s"),
        ([0.0, 0.001, 0.002], "there are 1000 frames per second"),
        ([0.0, 40.0, 80.0], "they look like milliseconds"),
        ([0.0, 40_000.0, 80_000.0], "they look like microseconds"),
        ([1.0, 2.0, 3.0], "its times are the numbers of the frames"),
        ([0.0, 5.0, 10.0], "there are 0.2 frames per second"),
    ],
)
def test_without_believable_times_a_rate_is_asked_for_and_the_fault_is_named(times_s, why):
    with pytest.raises(UserError, match=re.escape(why)) as caught:
        alignment.on_own_times(rows(range(3), times_s), None)
    assert "rate_hz" in str(caught.value)
    assert alignment.on_own_times(rows(range(3), times_s), 25.0)[0]["time_s"][-1] == 0.08


@pytest.mark.parametrize("rate_hz", [0.0, -25.0, float("inf"), float("nan")])
def test_a_rate_that_is_none(rate_hz):
    with pytest.raises(UserError, match="rate_hz"):
        alignment.on_own_times(rows(range(3)), rate_hz)


def test_a_leap_among_the_times_is_told_and_kept():
    times_s = [*(np.arange(50) / 25), *(1000 + np.arange(50) / 25)]
    table, facts = alignment.on_own_times(rows(range(100), times_s), None)
    assert table["time_s"].to_list() == pytest.approx(times_s)
    assert "leap by 998.040 s before frame 50" in facts["mismatch"]


@pytest.mark.parametrize(("rate_hz", "told"), [(30.0, False), (29.0, True)])
def test_times_that_are_rounded_to_milliseconds_are_no_other_rate(rate_hz, told):
    facts = alignment.on_own_times(rows(range(300), (np.arange(300) / 30).round(3)), rate_hz)[1]
    assert (facts["mismatch"] is not None) == told


@pytest.mark.parametrize(
    ("first", "last", "frames", "base"),
    [
        (0, 99, 100, 0),
        (1, 100, 100, 1),  # pictures that were numbered from 1
        (4, 100, 100, 1),  # of which the first are lost
        (1, 99, 100, 0),  # the first of a file that counts from 0 is lost
        (1, 98, 100, 1),
        (3, 98, 100, 0),
        (1, 60, None, 1),
        (0, 60, None, 0),
        (2, 60, None, 0),
    ],
)
def test_what_rows_without_times_are_counted_from(first, last, frames, base):
    table, found = alignment.from_zero(rows(range(first, last + 1)), 0, frames)
    assert found == base and table["frame"][0] == first - base


def test_rows_with_times_and_those_whose_reader_knows_are_not_counted_anew():
    assert alignment.from_zero(rows([1, 2, 3], [0.1, 0.2, 0.3]), 0, 3)[1] == 0
    table, base = alignment.from_zero(rows([1, 2, 3]), 1, 3)
    assert base == 1 and table["frame"][0] == 1


@pytest.mark.parametrize("video", [True, False])
def test_pictures_numbered_from_one_are_placed_from_the_first_frame_on(clip, video):
    where = {"video": clip} if video else {"video": None, "rate_hz": 10.0}
    table, facts = alignment.place_rows(rows(range(1, 31)), name="x", **where)
    assert table["value"].to_list() == list(range(1, 31)) and set(table["status"]) == {"ok"}
    assert facts["counted_from"] == 1 and facts["mismatch"] is None
    np.testing.assert_allclose(table["time_s"], np.arange(30) / 10, atol=1e-6)


def test_a_base_that_is_not_certain_is_told(clip):
    _, facts = alignment.place_rows(rows(range(1, 29)), name="x", video=clip)
    assert facts["counted_from"] == 1 and "taken as counted from 1; is its first frame missing?" in facts["mismatch"]


@pytest.mark.parametrize("video", [True, False])
def test_frames_that_nobody_read_are_told(clip, video):
    where = {"video": clip} if video else {"video": None, "rate_hz": 10.0}
    table, facts = alignment.place_rows(rows(range(0, 30, 3)), name="x", **where)
    assert facts["read_every"] == 3.0 and facts["frames_read"] == 10
    assert (table["status"] == alignment.NOT_IMPORTED).sum() == len(table) - 10


@pytest.mark.parametrize(
    ("numbers", "refused"),
    [([0, 100], False), ([0, 300], True), (range(0, 3000, 50), False), ([*range(20), 2500], True)],
)
def test_rows_too_sparse_for_their_numbers_are_refused(numbers, refused):
    if not refused:
        alignment.on_own_times(rows(numbers), 25.0)
        return
    with pytest.raises(UserError, match="too sparse"):
        alignment.on_own_times(rows(numbers), 25.0)


def test_a_part_without_a_video():
    table, _ = alignment.on_own_times(rows(range(10)), 10.0, 0.3, 0.6)
    assert table.select("frame", "time_s").rows() == [(n, pytest.approx(n / 10)) for n in (3, 4, 5)]


def test_a_frame_number_out_of_all_reason_is_refused_before_memory_is():
    with pytest.raises(UserError, match="2000000000"):
        alignment.on_own_times(rows([0, 1, 2_000_000_000]), 25.0)


def test_a_video_that_cannot_be_used_gives_no_rows_but_a_reason(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video at all")
    table, facts = alignment.place_rows(rows(range(3)), name="x", video=tmp_path / "bad.mp4")
    assert table.is_empty() and {"frame", "time_s", "status", "value"} <= set(table.columns)
    assert facts["reason"] == "unreadable"


def test_no_rows_without_a_video_are_no_frames():
    table, facts = alignment.place_rows(rows(range(3), [0.0, 0.1, 0.2]).clear(), name="x", video=None)
    assert table.is_empty() and facts["reason"] == "no_frames"


def test_placed_on_a_video(clip):
    table, facts = alignment.place_rows(rows(range(31)), name="x", video=clip, start_s=2.0)
    assert table["frame"].to_list() == list(range(20, 30))
    assert facts["mismatch"] and facts["width"] == 32
