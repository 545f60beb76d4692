"""Running several tasks side by side, so that what they ask fills a network's batch."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from moodreel.networks.requests import Answer, Ask, Asking, answer, one

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_BYTES = 2**31
"""No task begins while those under way hold more than this in pictures; one always may."""


@dataclass(frozen=True, slots=True)
class Task(Generic[T_co]):
    """Something to run, and the bytes of the pictures that it holds until it ends."""

    asking: Asking[T_co]
    nbytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[T]):
    """A task, by its place among all, that waits to be answered since this run of a network."""

    place: int
    task: Task[T]
    ask: Ask
    since: int


class Lanes(Generic[T]):
    """Runs up to `count` of `tasks` side by side; iterating gives what each ends with, in their order.

    Tasks are drawn as lanes get free, and no more than `MAX_BYTES` allow. Up to `batch` of them share a run of a
    network. Meanwhile the images for the next run are made, on `threads` threads: so what a GPU does and what the
    processor does overlap, where `batch` is not more than half of `count`. Which tasks share a run does not depend on
    time.
    """

    def __init__(self, tasks: Iterable[Task[T]], count: int, batch: int = 1, threads: int = 1) -> None:
        self._tasks = enumerate(tasks)
        self._drawn: tuple[int, Task[T]] | None = None
        self._count = count
        self._batch = batch
        self._threads = threads
        self._waiting: list[_Waiting[T]] = []
        self._runs = 0
        self._nbytes: dict[int, int] = {}
        self._ends: dict[int, T] = {}
        self._buffers: dict[tuple, np.ndarray] = {}

    def __iter__(self) -> Iterator[T]:
        if self._count == 1:
            return (answer(task.asking) for _, task in self._tasks)
        return self._side_by_side()

    def _side_by_side(self) -> Iterator[T]:
        given = 0
        with ThreadPoolExecutor(1) as runner, ThreadPoolExecutor(self._threads) as makers:
            # one thread more would only contend with this one
            make = makers.map if self._threads > 1 else map
            running: list[_Waiting[T]] = []
            outputs: Future[dict[str, np.ndarray]] | None = None
            while True:
                self._draw()
                following = self._choose()
                images = self._images(following, make)
                answers = outputs.result() if outputs else {}
                if images is not None:
                    outputs = runner.submit(following[0].ask.network.run, images)
                for index, answered in enumerate(running):
                    self._go_on(answered.place, answered.task, one(answers, index))
                while given in self._ends:
                    yield self._ends.pop(given)
                    given += 1
                if not running and not following:
                    return
                running, outputs = following, outputs if following else None

    def _draw(self) -> None:
        """Begin one task if there is room.

        No more, so that tasks of equal length do not all end at the same time and wait together for the next ones.
        """
        while len(self._nbytes) < self._count:
            self._drawn = self._drawn or next(self._tasks, None)
            if self._drawn is None:
                return
            place, task = self._drawn
            if self._nbytes and sum(self._nbytes.values()) + task.nbytes > MAX_BYTES:
                return
            self._drawn = None
            self._nbytes[place] = task.nbytes
            self._go_on(place, task, None)
            if place in self._nbytes:  # else it has ended without a question
                return

    def _go_on(self, place: int, task: Task[T], answer: Answer | None) -> None:
        """Let a task go on until it asks or ends."""
        try:
            ask = next(task.asking) if answer is None else task.asking.send(answer)
            self._waiting.append(_Waiting(place, task, ask, self._runs))
        except StopIteration as end:
            self._ends[place] = end.value
            del self._nbytes[place]

    def _choose(self) -> list[_Waiting[T]]:
        """Who is answered next: the first of those who wait for the network that most wait for, or, so that nobody
        waits for ever, for that which somebody has waited for while as many runs as there are lanes went by."""
        if not self._waiting:
            return []
        first = self._waiting[0]
        ((network, _),) = Counter(id(waiting.ask.network) for waiting in self._waiting).most_common(1)
        if self._runs - first.since > self._count:
            network = id(first.ask.network)
        self._runs += 1
        chosen = [waiting for waiting in self._waiting if id(waiting.ask.network) == network]
        chosen = chosen[: min(self._batch, chosen[0].ask.network.most or self._batch)]
        self._waiting = [waiting for waiting in self._waiting if waiting not in chosen]
        return chosen

    def _images(self, asked: list[_Waiting[T]], make: Callable) -> np.ndarray | None:
        """The images that are asked about, as one batch, in memory that is used again for the run after the next."""
        images = make(lambda waiting: waiting.ask.image(), asked)
        batch = None
        for index, image in enumerate(images):
            if len(asked) == 1:
                return image
            if batch is None:
                place = id(asked[0].ask.network), image.shape[1:], self._runs % 2
                if place not in self._buffers:
                    self._buffers[place] = np.empty((self._batch, *image.shape[1:]), image.dtype)
                batch = self._buffers[place][: len(asked)]
            batch[index] = image[0]
        return batch
