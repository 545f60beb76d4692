"""Segments of a video: which frames each has, and which pictures are held for them."""

import pytest

from moodreel.extraction import segments
from moodreel.extraction.segments import IN_A_ROW, LENGTH, WARM_UP, cut, join_rows, rows_of, tasks
from moodreel.networks.requests import resolve
from moodreel.video.frame import Frame
from unit.extraction.followers import BLANK, Alive, Looking, Numbering, blank


def numbers(shown: list[Frame]) -> list[int]:
    return [frame.index for frame in shown]


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21, 30, 34, 100])
@pytest.mark.parametrize("warm_up", [0, 3, 10])
def test_segments_are_of_all_frames_once_with_those_before_them(count, warm_up):
    made = [(numbers(segment), before) for segment, before in cut(iter(blank(count)), 10, warm_up)]
    assert [number for segment, before in made for number in segment[before:]] == list(range(count))
    for i, (segment, before) in enumerate(made):
        assert segment == list(range(10 * i - before, min(10 * i + 10, count)))
        assert before == min(warm_up, 10 * i)


def test_a_segment_is_there_as_soon_as_its_frames_are():
    shown = iter(blank(100))
    segment, _ = next(cut(shown, 10, 3))
    assert numbers(segment) == list(range(10))
    assert next(shown).index == 10


@pytest.mark.parametrize("count", [0, 1, IN_A_ROW, IN_A_ROW + 1, 3 * IN_A_ROW + 5])
def test_rows_are_of_all_frames_with_their_pictures_made(count):
    made, lengths = [], []
    shown = [Frame(i, 0, lambda i=i: made.append(i) or BLANK) for i in range(count)]
    for row in rows_of(iter(shown)):
        assert made == list(range(row[-1].index + 1)) and numbers(row) == made[-len(row) :]
        lengths.append(len(row))
    assert sum(lengths) == count and all(length == IN_A_ROW for length in lengths[:-1])


@pytest.mark.parametrize(("allowed", "lengths"), [(1, [1] * 6), (60, [1] * 6), (120, [2] * 3), (239, [3] * 2)])
def test_large_pictures_make_short_rows(monkeypatch, allowed, lengths):
    """Each takes 60 bytes."""
    monkeypatch.setattr(segments, "IN_A_ROW_BYTES", allowed)
    assert [len(row) for row in rows_of(blank(6))] == lengths


@pytest.mark.parametrize("slots", [1, 2, 6])
@pytest.mark.parametrize("count", [0, 1, LENGTH, LENGTH + 1, 3 * LENGTH - 1, 3 * LENGTH + WARM_UP])
def test_segments_joined_are_the_rows_of_all_frames(monkeypatch, slots, count):
    monkeypatch.setattr(Numbering, "made", 0)
    made = [resolve(task.inference) for task in tasks(iter(blank(count)), Numbering, slots)]
    # one slot is followed by one, others each by their own
    assert Numbering.made == (1 if slots == 1 else len(made))
    assert all({row.pose.confidence for row in segment.rows} == {segment.tracker.own} for segment in made)
    assert [row.frame for segment in made for row in segment.rows[segment.before :]] == list(range(count))
    assert [row.frame for row in join_rows(made)] == list(range(count))


def test_tasks_next_to_others_tell_what_their_pictures_take():
    first, second = tasks(blank(LENGTH + 20), Numbering, 2)
    assert first.nbytes >= LENGTH * BLANK.nbytes / 2
    assert second.nbytes >= (20 + WARM_UP) * BLANK.nbytes / 2


def test_a_segment_among_others_holds_one_picture():
    class Own(Looking):
        alive = Alive(2 * LENGTH)

    drawn = list(tasks(Own.alive.frames, Own, 2))
    assert Own.alive.indices == []  # also not those whose size was asked
    made = [resolve(task.inference) for task in drawn]
    assert (Own.most, Own.alive.indices) == (1, [])
    assert len(list(join_rows(made))) == 2 * LENGTH and all(segment.frames == [] for segment in made)


@pytest.mark.parametrize("slots", [1, 2])
def test_what_was_joined_holds_no_frames_and_no_more_rows_than_needed(slots):
    made = []

    def noted():
        for task in tasks(blank(3 * LENGTH), Numbering, slots):
            made.append(resolve(task.inference))
            yield made[-1]

    for _ in join_rows(noted()):
        assert all(segment.frames == [] and len(segment.rows) == 1 for segment in made[:-1])
