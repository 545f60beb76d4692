"""Trackers and detectors without other slots next to them."""

from collections.abc import Generator
from typing import Any

from moodreel.networks.requests import resolve


class Answered:
    """Something whose methods ask networks, with each question answered at once: they return what they end with."""

    def __init__(self, inference: Any) -> None:
        self._inference = inference

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inference, name)

        def call(*arguments: Any, **named: Any) -> Any:
            result = method(*arguments, **named)
            return resolve(result) if isinstance(result, Generator) else result

        return call
