"""Inference requests: code that reads one image at a time shares a network's batches with other code.

Code that runs a network is a generator: it yields an `InferenceRequest` and is sent the network's `Outputs`. Requests
of several such generators to one network run as one batch (`networks.scheduler`); `resolve` runs a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np

Outputs = dict[str, "np.ndarray"]
"""A network's outputs for one image by name, without the batch axis."""


RunNetwork = Callable[["np.ndarray"], Mapping[str, "np.ndarray"]]
"""Runs a network on a batch and returns its outputs by name."""


class Network(Protocol):
    """The network of a request: a `networks.session.Session`."""

    most: int | None
    """Largest batch of one run; None: any."""

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs for `batch` (n, ...) by name, each with n first."""


@dataclass(frozen=True, slots=True)
class InferenceRequest:
    """A request to run `network` on one image, which `image` makes: (1, ...) float32 as the network takes it; for a
    network that takes points (`networks.signature`), those of one face.

    The image is made only when the request runs, so that several can be made in parallel.
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
    """The result of `inference`, with each of its requests run by itself."""
    try:
        request = next(inference)
        while True:
            request = inference.send(one(request.network.run(request.image()), 0))
    except StopIteration as end:
        return end.value
