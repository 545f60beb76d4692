"""How long something took, on the clock and on the processor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Seconds:
    """`wall` passes also while other programs have the core, `cpu` is what this process, all threads, really used."""

    wall: float
    cpu: float

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


def measure(action: Callable[[], object]) -> Seconds:
    """The time that one call of `action` takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def median(series: Iterable[Seconds], clock: str) -> float:
    """The median of a series on the `wall` or the `cpu` clock, in s."""
    return statistics.median(getattr(seconds, clock) for seconds in series)
