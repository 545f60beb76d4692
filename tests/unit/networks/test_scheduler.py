"""Tasks side by side: what they end with, what shares a run, and what happens where something fails."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from moodreel.networks import scheduler
from moodreel.networks.requests import Inference, InferenceRequest
from moodreel.networks.scheduler import BatchScheduler, Task
from moodreel.networks.session import open_session


class Network:
    """Adds 1 to each image, and keeps the batches it was given."""

    def __init__(self, most: int | None = None, cost_s: float = 0.0) -> None:
        self.most = most
        self.cost_s = cost_s
        self.batches: list[list[float]] = []

    def run(self, batch):
        time.sleep(self.cost_s)
        self.batches.append(batch[:, 0].tolist())
        return {"more": batch[:, 0] + 1}


def image(value: float) -> np.ndarray:
    return np.full((1, 3), value, np.float32)


def asks(number: int, *networks: Network) -> Inference[tuple[int, float]]:
    """Asks each of `networks` in turn about its own number."""
    total = 0.0
    for network in networks:
        answered = yield InferenceRequest(network, lambda: image(number))
        total += float(answered["more"])
    return number, total


def expected(needs: list[int]) -> list[tuple[int, float]]:
    return [(number, need * (number + 1.0)) for number, need in enumerate(needs)]


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


COUNTS = [(1, 1), (2, 1), (3, 2), (6, 3), (50, 50)]
NEEDS = [5, 1, 0, 9, 2, 2, 0, 7, 1, 1, 1, 4]


@pytest.mark.parametrize(("count", "batch"), COUNTS)
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("needs", [NEEDS, [0] * 9, []], ids=["some", "none ask", "no tasks"])
def test_ends_come_in_the_order_of_the_tasks_whatever_each_needs(count, batch, threads, needs):
    network = Network()
    tasks = (Task(asks(number, *[network] * need)) for number, need in enumerate(needs))
    assert list(BatchScheduler(tasks, count, batch, threads)) == expected(needs)
    assert sum(len(given) for given in network.batches) == sum(needs)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_tasks_are_drawn_as_slots_get_free(count):
    under_way, counts = set(), []
    network = Network()

    def task(number: int) -> Inference[tuple[int, float]]:
        end = yield from asks(number, *[network] * NEEDS[number])
        under_way.remove(number)
        return end

    def drawn() -> Iterator[Task]:
        for number in range(len(NEEDS)):
            under_way.add(number)
            counts.append(len(under_way))
            yield Task(task(number))

    assert list(BatchScheduler(drawn(), count, max(1, count // 2))) == expected(NEEDS)
    assert max(counts) == count


@pytest.mark.parametrize(("count", "batch"), COUNTS)
def test_a_run_is_of_one_network_and_never_larger_than_a_batch(count, batch):
    one, other = Network(), Network()
    tasks = (Task(asks(number, one, other, one)) for number in range(20))
    assert list(BatchScheduler(tasks, count, batch)) == expected([3] * 20)
    for network, times in ((one, 2), (other, 1)):
        assert max(len(given) for given in network.batches) <= batch
        assert sorted(value for given in network.batches for value in given) == sorted([*range(20)] * times)


def test_batches_are_filled_where_enough_ask():
    network = Network()
    assert list(BatchScheduler((Task(asks(n, *[network] * 40)) for n in range(12)), 6, 3)) == expected([40] * 12)
    full = sum(len(given) == 3 for given in network.batches)
    assert 3 * full > 0.85 * 12 * 40


def test_a_network_gets_no_more_at_a_time_than_it_takes():
    single, any_number = Network(most=1), Network()
    tasks = (Task(asks(number, single, any_number)) for number in range(8))
    assert list(BatchScheduler(tasks, 8, 4)) == expected([2] * 8)
    assert {len(given) for given in single.batches} == {1}
    assert max(len(given) for given in any_number.batches) > 1


def test_what_shares_a_run_does_not_depend_on_time():
    rng = np.random.default_rng(0)
    order = rng.integers(2, size=(30, 6))

    def batches(costs_s: tuple[float, float], threads: int) -> list[list[list[float]]]:
        networks = [Network(cost_s=cost_s) for cost_s in costs_s]
        tasks = (Task(asks(n, *[networks[i] for i in order[n, : 1 + n % 6]])) for n in range(len(order)))
        assert len(list(BatchScheduler(tasks, 8, 4, threads))) == len(order)
        return [network.batches for network in networks]

    assert batches((0, 0), 1) == batches((0.002, 0), 2) == batches((0, 0.001), 4)


def test_images_are_made_while_a_network_runs():
    """Each waits for the other; so they end only if they go side by side."""
    meet = threading.Barrier(2, timeout=20)

    class Meets(Network):
        def run(self, batch):
            if len(self.batches) == 1:  # the second, while images for the third are made
                meet.wait()
            return super().run(batch)

    network = Meets()

    def made(number: int) -> np.ndarray:
        if number == 2:
            meet.wait()
        return image(number)

    def task(number: int) -> Inference[int]:
        yield InferenceRequest(network, lambda: made(number))
        return number

    assert list(BatchScheduler((Task(task(number)) for number in range(3)), 3, 1)) == [0, 1, 2]


def test_nobody_waits_for_a_network_until_all_others_are_done():
    common, rare = Network(), Network()
    drawn = 0

    def tasks() -> Iterator[Task]:
        nonlocal drawn
        for number in range(1000):
            drawn += 1
            yield Task(asks(number, *[common] * 12, *[rare] * (2 if number == 0 else 0)))

    first = next(ended := iter(BatchScheduler(tasks(), 6, 2)))
    ended.close()
    assert first == (0, 14.0)
    assert drawn < 15


@pytest.mark.parametrize("nbytes", [1, 5, 6, 20])
def test_tasks_hold_no_more_than_is_allowed_but_for_one(monkeypatch, nbytes):
    monkeypatch.setattr(scheduler, "MAX_BYTES", 10)
    under_way, counts, network = set(), [], Network()

    def held(number: int) -> Inference[int]:
        under_way.add(number)
        counts.append(len(under_way))
        yield from asks(number, network, network)
        under_way.remove(number)
        return number

    tasks = (Task(held(number), nbytes) for number in range(12))
    assert list(BatchScheduler(tasks, 4, 2)) == list(range(12))
    assert max(counts) == {1: 4, 5: 2, 6: 1, 20: 1}[nbytes]


def test_a_large_task_waits_for_room_and_keeps_its_place(monkeypatch):
    monkeypatch.setattr(scheduler, "MAX_BYTES", 10)
    network = Network()
    sizes = [3, 3, 9, 1, 1, 30, 2]
    tasks = (Task(asks(number, network), size) for number, size in enumerate(sizes))
    assert list(BatchScheduler(tasks, 4, 2)) == expected([1] * len(sizes))


def fail(*_):
    raise RuntimeError("broken here")


def broken(place: str, number: int, network: Network) -> Inference[None]:
    yield from asks(number, network)
    if place == "network":
        yield InferenceRequest(SimpleNamespace(most=None, run=fail), lambda: image(number))
    if place == "image":
        yield InferenceRequest(network, fail)
    fail()


@pytest.mark.parametrize(("count", "batch"), COUNTS)
@pytest.mark.parametrize("place", ["network", "image", "task", "drawing"])
def test_what_fails_in_a_task_or_in_drawing_it_comes_out(place, count, batch):
    network = Network()
    bad = fail if place == "drawing" else partial(broken, place)
    tasks = (Task((bad if number == 4 else asks)(number, network)) for number in range(12))
    with pytest.raises(RuntimeError, match="broken here"):
        list(BatchScheduler(tasks, count, batch, 2))


@pytest.mark.parametrize(("count", "batch"), COUNTS)
def test_leaving_early_leaves_no_thread(count, batch):
    network = Network()
    ended = iter(BatchScheduler((Task(asks(number, network)) for number in range(100)), count, batch, 2))
    assert [next(ended) for _ in range(3)] == expected([1] * 3)
    ended.close()
    assert sum(len(given) for given in network.batches) < 3 + 2 * count + batch


@pytest.mark.parametrize(("count", "batch"), [(2, 1), (6, 3)])
def test_real_networks_answer_the_same_to_the_bit(models_folder: Path, count, batch):
    names = ("iris_landmark", "face_detection_short_range")
    sizes = (64, 128)
    images = [np.random.default_rng(0).random((10, 1, size, size, 3), np.float32) for size in sizes]

    def task(number: int, networks: list) -> Inference[list[np.ndarray]]:
        seen = []
        for step in range(1 + number % 3):
            which = (number + step) % 2
            answered = yield InferenceRequest(networks[which], lambda: images[which][number])  # noqa: B023 (made before the next one)
            seen += answered.values()
        return seen

    def ends(count: int, batch: int) -> list[list[np.ndarray]]:
        networks = [open_session(models_folder / f"{name}.onnx", batch=batch) for name in names]
        return list(BatchScheduler((Task(task(number, networks)) for number in range(10)), count, batch))

    for alone, together in zip(ends(1, 1), ends(count, batch), strict=True):
        assert len(alone) == len(together) > 0
        for expected, found in zip(alone, together, strict=True):
            assert np.array_equal(expected, found)
