"""Doing the next things of a series in a thread of their own, while the last one is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_END: Any = object()


@contextmanager
def ahead(items: Iterable[T], count: int) -> Iterator[Iterator[T]]:
    """`items`, made by a thread that holds up to `count` of them ready and makes the one after.

    What making them raises is raised where the item would have been taken. When the context ends, the thread has ended
    too, and `items` is not asked for more.
    """
    source = iter(items)
    maker = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    made = deque(maker.submit(next, source, _END) for _ in range(count + 1))

    def taken() -> Iterator[T]:
        while (item := made.popleft().result()) is not _END:
            made.append(maker.submit(next, source, _END))
            yield item

    try:
        yield taken()
    finally:
        maker.shutdown(cancel_futures=True)
