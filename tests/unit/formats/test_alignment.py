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
    ("times_s", "rate_hz"),
    [
        # none, all the same, a thousand per second, in milliseconds
        *((times_s, None) for times_s in (None, [0.0, 0.0, 0.0], [0.0, 0.001, 0.002], [0.0, 40.0, 80.0])),
        *((None, rate_hz) for rate_hz in (0.0, -25.0, float("inf"), float("nan"))),
    ],
)
def test_without_believable_times_a_believable_rate_is_asked_for(times_s, rate_hz):
    with pytest.raises(UserError, match="rate_hz"):
        alignment.on_own_times(rows(range(3), times_s), rate_hz)


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
