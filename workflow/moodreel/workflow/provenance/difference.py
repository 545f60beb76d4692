"""Differences between two files of the same name, by value."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from moodreel.workflow.provenance import contents
from moodreel.workflow.provenance.digest import TOLERANCE, spread


@dataclass(frozen=True)
class Difference:
    """One column that differs.

    what: the difference, in words. largest: the largest absolute difference of numbers, None where there is none.
    """

    column: str
    what: str
    largest: float | None = None


def between(one: Path, other: Path, passed_over: frozenset[str] = frozenset()) -> list[Difference]:
    """The columns in which the files differ beyond the tolerance, except `passed_over`. Raises ValueError where a file
    cannot be read."""
    mine, theirs = _columns(one), _columns(other)
    found = [Difference(name, "only in the first") for name in mine if name not in theirs]
    found += [Difference(name, "only in the second") for name in theirs if name not in mine]
    for name in mine:
        if name in theirs and name not in passed_over:
            found += _of_column(name, mine[name], theirs[name])
    return found


def _columns(path: Path) -> dict[str, pa.ChunkedArray]:
    pieces: dict[str, list[pa.Array]] = {}
    for batch in contents.batches(path):
        for name, column in batch.items():
            pieces.setdefault(name, []).append(column)
    return {name: pa.chunked_array(columns) for name, columns in pieces.items()}


def _of_column(name: str, one: pa.ChunkedArray, other: pa.ChunkedArray) -> Iterator[Difference]:
    if one.type != other.type:
        yield Difference(name, f"of type {one.type} and {other.type}")
    elif len(one) != len(other):
        yield Difference(name, f"{len(one)} and {len(other)} {'numbers' if name in ('numbers', 'arrays') else 'rows'}")
    elif contents.is_list(one.type) and pa.types.is_floating(one.type.value_type):
        first, second = one.combine_chunks(), other.combine_chunks()
        if not contents.lengths(first).equals(contents.lengths(second)):
            yield Difference(name, "lists of other lengths, or null elsewhere")
        else:
            yield from _of_numbers(name, first.flatten(), second.flatten())
    elif pa.types.is_floating(one.type):
        yield from _of_numbers(name, one.combine_chunks(), other.combine_chunks())
    elif not one.equals(other):
        apart = sum(a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True))
        yield Difference(name, "another text" if name == "text" else f"{apart} of {len(one)} values")


def _of_numbers(name: str, one: pa.Array, other: pa.Array) -> Iterator[Difference]:
    if not one.is_null().equals(other.is_null()):
        yield Difference(name, f"null elsewhere ({one.null_count} and {other.null_count})")
        return
    a, b = contents.plain(one), contents.plain(other)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        apart = ~same & ~(np.abs(spread(a) - spread(b)) <= TOLERANCE)
        size = np.abs(a - b)[apart]
    if apart.any():
        largest = float(np.nanmax(size, initial=0.0)) if np.isfinite(size).any() else float("inf")
        yield Difference(name, f"{apart.sum()} of {len(a)} numbers", largest)
