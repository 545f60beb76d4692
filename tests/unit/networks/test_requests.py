"""Generators that ask networks, answered one by one."""

from __future__ import annotations

import numpy as np
import pytest

from moodreel.networks.requests import Ask, Asking, answer, one


class Doubling:
    """A network that doubles, and keeps what it was given."""

    most = None

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []

    def run(self, batch):
        self.given.append(batch)
        return {"double": 2 * batch, "half": batch / 2}


def image(value: float) -> np.ndarray:
    return np.full((1, 2), value, np.float32)


def test_each_question_gets_its_answer_and_the_end_is_given():
    network = Doubling()

    def asking() -> Asking[str]:
        seen = []
        for value in (3, 5):
            answered = yield Ask(network, lambda: image(value))  # noqa: B023 (made before the next one)
            seen.append((answered["double"].tolist(), answered["half"].tolist()))
        return repr(seen)

    assert answer(asking()) == "[([6.0, 6.0], [1.5, 1.5]), ([10.0, 10.0], [2.5, 2.5])]"
    assert [batch.tolist() for batch in network.given] == [[[3, 3]], [[5, 5]]]


def test_questions_of_what_it_calls_are_answered_too():
    network = Doubling()

    def inner(value: float) -> Asking[float]:
        answered = yield Ask(network, lambda: image(value))
        return float(answered["double"][0])

    def outer() -> Asking[float]:
        first = yield from inner(1)
        return (yield from inner(first))

    assert answer(outer()) == 4


def test_who_asks_nothing_ends_at_once():
    def asking() -> Asking[int]:
        yield from ()
        return 7

    assert answer(asking()) == 7


def test_what_fails_on_the_way_comes_out():
    class Broken:
        most = None

        def run(self, batch):
            raise RuntimeError("no memory")

    def asking() -> Asking[None]:
        yield Ask(Broken(), lambda: image(1))

    with pytest.raises(RuntimeError, match="no memory"):
        answer(asking())


def test_one_takes_an_image_out_of_a_batch():
    outputs = {"a": np.arange(6).reshape(3, 2), "b": np.array([7, 8, 9])}
    taken = one(outputs, 1)
    assert {name: np.asarray(values).tolist() for name, values in taken.items()} == {"a": [2, 3], "b": 8}
