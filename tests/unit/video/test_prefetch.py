"""Making things ahead of who takes them."""

import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from moodreel.video.prefetch import ahead


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


def settled(made: list, expected: int) -> int:
    """How many are made once no more come; a busy machine has 20 s for what is expected."""
    end = time.monotonic() + 20
    while len(made) < expected and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.15)
    return len(made)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("items", [[], [0], [None, 0, False, ""], list(range(50))])
def test_all_come_in_order_also_what_is_false(items, count):
    with ahead(items, count) as taken:
        assert (list(taken), next(taken, "end")) == (items, "end")


def test_they_are_made_in_a_thread_of_their_own():
    with ahead((threading.current_thread() for _ in range(3)), 1) as taken:
        makers = set(taken)
    assert len(makers) == 1 and threading.current_thread() not in makers


@pytest.mark.parametrize("count", [1, 2, 5])
def test_it_looks_ahead_but_not_far(count):
    made = []
    with ahead((made.append(number) or number for number in range(100)), count) as taken:
        for number in range(4):
            assert next(taken) == number
            expected = number + 1 + count + 1  # those that are ready, and one in hand
            assert settled(made, expected) == expected


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()], ids=lambda error: type(error).__name__)
def test_what_goes_wrong_is_raised_where_the_item_would_have_been(error):
    def items() -> Iterator[int]:
        yield from range(3)
        raise error

    seen = []
    with pytest.raises(type(error)) as caught, ahead(items(), 2) as taken:
        for number in taken:
            seen.append(number)  # noqa: PERF402 (what came before the error counts)
    assert caught.value is error
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("taking", [0, 2])
def test_leaving_early_ends_the_thread_and_nothing_more_is_made(taking):
    made = []
    with ahead((made.append(number) or number for number in itertools.count()), 1) as taken:
        assert [next(taken) for _ in range(taking)] == list(range(taking))
    assert not any(thread.name.startswith("ahead") for thread in threading.enumerate())
    count = len(made)
    assert count <= taking + 2 and settled(made, count) == count


def test_an_error_of_the_reader_ends_the_thread():
    with pytest.raises(ZeroDivisionError), ahead(iter(int, 1), 1) as taken:
        assert next(taken) == 0
        raise ZeroDivisionError
