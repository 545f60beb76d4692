"""Runs several tasks side by side, so that their requests fill a network's batches."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from moodreel.networks.requests import Inference, InferenceRequest, Outputs, one, resolve

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_BYTES = 2**31
"""No further task starts while the pictures of the running tasks would take more than this."""


@dataclass(frozen=True, slots=True)
class Task(Generic[T_co]):
    """An inference to run, and the bytes of the pictures that it holds until it ends."""

    inference: Inference[T_co]
    nbytes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[T]):
    """A task whose request is waiting: its position among all tasks, and the number of runs when it began to wait."""

    place: int
    task: Task[T]
    request: InferenceRequest
    since: int


class BatchScheduler(Generic[T]):
    """Runs up to `count` of `tasks` side by side; iterating yields the result of each, in their order.

    Tasks start as slots become free, within `MAX_BYTES`. Up to `batch` of them share a run of a network. Meanwhile the
    images for the next run are made, on `threads` threads: so the work of the GPU and of the processor overlap where
    `batch` is at most half of `count`. Which tasks share a run does not depend on timing.
    """

    def __init__(self, tasks: Iterable[Task[T]], count: int, batch: int = 1, threads: int = 1) -> None:
        self._tasks = enumerate(tasks)
        self._next_task: tuple[int, Task[T]] | None = None
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
            return (resolve(task.inference) for _, task in self._tasks)
        return self._side_by_side()

    def _side_by_side(self) -> Iterator[T]:
        yielded = 0
        with ThreadPoolExecutor(1) as runner, ThreadPoolExecutor(self._threads) as makers:
            # one thread more would only contend with this one
            make = makers.map if self._threads > 1 else map
            running: list[_Waiting[T]] = []
            outputs: Future[dict[str, np.ndarray]] | None = None
            while True:
                self._start_task()
                next_batch = self._choose()
                images = self._images(next_batch, make)
                batch = outputs.result() if outputs else {}
                if images is not None:
                    outputs = runner.submit(next_batch[0].request.network.run, images)
                for index, waiting in enumerate(running):
                    self._advance(waiting.place, waiting.task, one(batch, index))
                while yielded in self._ends:
                    yield self._ends.pop(yielded)
                    yielded += 1
                if not running and not next_batch:
                    return
                running, outputs = next_batch, outputs if next_batch else None

    def _start_task(self) -> None:
        """Start one task if there is room.

        Only one, so that tasks of equal length do not all end at the same time and wait together for the next ones.
        """
        while len(self._nbytes) < self._count:
            self._next_task = self._next_task or next(self._tasks, None)
            if self._next_task is None:
                return
            place, task = self._next_task
            if self._nbytes and sum(self._nbytes.values()) + task.nbytes > MAX_BYTES:
                return
            self._next_task = None
            self._nbytes[place] = task.nbytes
            self._advance(place, task, None)
            if place in self._nbytes:  # else it ended without a request
                return

    def _advance(self, place: int, task: Task[T], outputs: Outputs | None) -> None:
        """Advance a task to its next request or its end."""
        try:
            request = next(task.inference) if outputs is None else task.inference.send(outputs)
            self._waiting.append(_Waiting(place, task, request, self._runs))
        except StopIteration as end:
            self._ends[place] = end.value
            del self._nbytes[place]

    def _choose(self) -> list[_Waiting[T]]:
        """The tasks served next: the first of those that wait for the network with the most waiting tasks; or, so that
        no task waits for ever, for the network of the first task once that has waited for more runs than there are
        slots."""
        if not self._waiting:
            return []
        first = self._waiting[0]
        ((network, _),) = Counter(id(waiting.request.network) for waiting in self._waiting).most_common(1)
        if self._runs - first.since > self._count:
            network = id(first.request.network)
        self._runs += 1
        chosen = [waiting for waiting in self._waiting if id(waiting.request.network) == network]
        chosen = chosen[: min(self._batch, chosen[0].request.network.most or self._batch)]
        self._waiting = [waiting for waiting in self._waiting if waiting not in chosen]
        return chosen

    def _images(self, chosen: list[_Waiting[T]], make: Callable) -> np.ndarray | None:
        """The images of the chosen requests, as one batch, in a buffer that is reused for the run after the next."""
        images = make(lambda waiting: waiting.request.image(), chosen)
        batch = None
        for index, image in enumerate(images):
            if len(chosen) == 1:
                return image
            if batch is None:
                place = id(chosen[0].request.network), image.shape[1:], self._runs % 2
                if place not in self._buffers:
                    self._buffers[place] = np.empty((self._batch, *image.shape[1:]), image.dtype)
                batch = self._buffers[place][: len(chosen)]
            batch[index] = image[0]
        return batch
