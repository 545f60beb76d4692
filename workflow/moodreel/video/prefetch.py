"""Prefetch: a thread makes the next items of a series while the last one is used."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_END: Any = object()


@contextmanager
def ahead(items: Iterable[T], count: int) -> Iterator[Iterator[T]]:
    """`items`, made by a thread that keeps up to `count` of them ready while it makes the next.

    An exception while making an item is raised where that item would have been taken. The thread ends with the context,
    and no more of `items` are made.
    """
    source = iter(items)
    maker = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    made = deque(maker.submit(next, source, _END) for _ in range(count + 1))

    def take() -> Iterator[T]:
        while (item := made.popleft().result()) is not _END:
            made.append(maker.submit(next, source, _END))
            yield item

    try:
        yield take()
    finally:
        maker.shutdown(cancel_futures=True)
