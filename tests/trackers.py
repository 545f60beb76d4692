"""Trackers and detectors without other lanes beside them."""

from collections.abc import Generator
from typing import Any

from moodreel.networks.requests import answer


class Answered:
    """Something whose methods ask networks, with each question answered at once: they return what they end with."""

    def __init__(self, asking: Any) -> None:
        self._asking = asking

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._asking, name)

        def call(*arguments: Any, **named: Any) -> Any:
            result = method(*arguments, **named)
            return answer(result) if isinstance(result, Generator) else result

        return call
