"""How code that reads one image at a time shares a network's batches with others.

Code that needs a network is a generator: it yields an `InferenceRequest` and is sent the network's `Outputs`. Requests
of several such generators to one network run as one batch (`networks.scheduler`); `resolve` runs a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np

Outputs = dict[str, "np.ndarray"]
"""A network's outputs for one image by name, without the axis of the batch."""


RunNetwork = Callable[["np.ndarray"], Mapping[str, "np.ndarray"]]
"""Runs a network on a batch and gives its outputs by name."""


class Network(Protocol):
    """What a request goes to: a `networks.session.Session`."""

    most: int | None
    """How many images one run takes; None where any number."""

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs by name for `batch` (n, ...), each with n first."""


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A request to run `network` on the one image that `image` makes, (1, ...) float32 as the network takes it; for one
    that takes points (`networks.signature`), those of one face.

    It is made where it is needed, so that several can be made side by side.
    """

    network: Network
    image: Callable[[], np.ndarray]


T = TypeVar("T")

Inference = Generator[InferenceRequest, Outputs, T]
"""Code that yields requests and returns a T."""


def one(outputs: dict[str, np.ndarray], index: int) -> Outputs:
    """The outputs for the image at `index` of a batch."""
    return {name: values[index] for name, values in outputs.items()}


def resolve(inference: Inference[T]) -> T:
    """What `inference` returns, each of its requests run by itself."""
    try:
        request = next(inference)
        while True:
            request = inference.send(one(request.network.run(request.image()), 0))
    except StopIteration as end:
        return end.value
