"""How code that follows one thing at a time shares networks with others: it asks, and is answered.

What needs a network's answer is a generator that yields an `Ask` and is sent the `Answer`; others who ask the same
network can then be answered in one batch (`networks.scheduler`). `answer` runs such a generator on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np

Answer = dict[str, "np.ndarray"]
"""A network's outputs for one image by name, without the axis of the batch."""


RunNetwork = Callable[["np.ndarray"], Mapping[str, "np.ndarray"]]
"""Runs a network on a batch and gives its outputs by name."""


class Network(Protocol):
    """What a question goes to: a `networks.session.Session`."""

    most: int | None
    """How many images one run takes; None where any number."""

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs by name for `batch` (n, ...), each with n first."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to `network` about the one image that `image` makes, (1, ...) float32 as the network takes it; for one
    that takes points (`networks.signature`), those of one face.

    It is made where it is needed, so that several can be made side by side.
    """

    network: Network
    image: Callable[[], np.ndarray]


T = TypeVar("T")

Asking = Generator[Ask, Answer, T]
"""Code that asks and ends with a T."""


def one(outputs: dict[str, np.ndarray], index: int) -> Answer:
    """The answer about the image at `index` of a batch."""
    return {name: values[index] for name, values in outputs.items()}


def answer(asking: Asking[T]) -> T:
    """What `asking` ends with, each of its questions answered at once."""
    try:
        ask = next(asking)
        while True:
            ask = asking.send(one(ask.network.run(ask.image()), 0))
    except StopIteration as end:
        return end.value
