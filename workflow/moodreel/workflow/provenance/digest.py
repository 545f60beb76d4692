"""Digests of columns: enough to notice a change beyond 1e-5 when the old values no longer exist.

Values other than decimal numbers have to be equal and are hashed. Decimal numbers are projected on a few random
vectors. The product of a difference with one of them is about as long as the difference itself, however many values it
is spread over; so the change of the products gives an estimate of the length of the difference (`judge`).

1e-5 is meant absolutely up to 1 and relatively beyond (the mesh is in single precision, where 300 px have no fifth
decimal), so numbers beyond 1 enter by their logarithm. The weights are unit phases: one value that changes alone
changes every product by exactly its own change.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from moodreel.tables.digests import VECTORS

TOLERANCE = 1e-5
"""Two numbers that differ by less are equal; absolute up to 1 and relative beyond."""
UNSURE = math.sqrt(10)
"""The estimated length of a difference is wrong by less than this factor, except in about one case in 1,000: the mean
of four squared products of unit mean is under 0.1 with probability 0.0008 (gamma, shape 4); where just two values
change by the same amount, 0.002."""

_BLOCK = 512
_LARGEST = float(np.finfo(np.float32).max)
_NULL, _NAN, _INFINITE = 100.0, 101.0, 102.0
"""The values that replace these, larger than the logarithm of any measured number."""


@dataclass(frozen=True)
class Digest:
    """One column's row of DIGESTS, without the file's name."""

    column: str
    type: str
    values: int
    nulls: int
    sha256: str | None = None
    mean: float | None = None
    std: float | None = None
    min: float | None = None
    max: float | None = None
    projections: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Judgement:
    """Whether two columns agree, and by how much some value differs: between `at_least` and `at_most`."""

    verdict: Literal["same", "undecided", "differs"]
    at_least: float = 0.0
    at_most: float = 0.0
    why: str = ""


def judge(one: Digest, other: Digest) -> Judgement:
    """Compare two digests of the same column.

    `length` is the estimated length of the vector of differences. The largest of n differences is at most `length` and
    at least `length` / sqrt(n). Columns are the same where the upper bound is within 1e-5; they differ where the lower
    bound, or the difference of minimum, maximum or mean, exceeds it; otherwise only the values themselves can decide.
    """
    for name in ("type", "values", "nulls", "sha256"):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs:
            why = "text or whole numbers" if name == "sha256" else f"{name} {mine} and {theirs}"
            return Judgement("differs", math.inf, math.inf, why)
    if one.projections is None or other.projections is None or not one.values:
        return Judgement("same")
    length = math.sqrt(
        math.fsum((a - b) ** 2 for a, b in zip(one.projections, other.projections, strict=True)) / VECTORS
    )
    pairs = [(getattr(one, name), getattr(other, name)) for name in ("min", "max", "mean")]
    shown = max(
        (
            abs(float(spread(np.array(a))) - float(spread(np.array(b))))
            for a, b in pairs
            if a is not None and b is not None
        ),
        default=0.0,
    )
    shown = max(0.0, shown - 1e-6)  # they are kept in single precision
    at_least = max(shown, length / UNSURE / math.sqrt(one.values))
    at_most = max(length * UNSURE, at_least)
    if max(at_least, shown) > TOLERANCE:
        return Judgement("differs", at_least, at_most)
    return Judgement("same" if length * UNSURE <= TOLERANCE else "undecided", at_least, at_most)


def spread(values: np.ndarray) -> np.ndarray:
    """The numbers on a scale on which the tolerance is the same everywhere: unchanged up to 1, logarithmic beyond."""
    size = np.abs(values)
    with np.errstate(divide="ignore"):
        return np.where(size <= 1, values, np.copysign(1 + np.log(np.maximum(size, 1)), values))


def _phases(first: int, count: int, seed: int) -> np.ndarray:
    """Unit phases (count, VECTORS) by a hash of their indices: the same on every machine and with every version."""
    number = np.arange(first * VECTORS, (first + count) * VECTORS, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z = (number + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed * 0x632BE59BD9B4E019 % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.exp(2j * np.pi * (z >> np.uint64(11)) / 2.0**53).reshape(count, VECTORS)


_WITHIN = _phases(0, _BLOCK, seed=2)
_WITHIN_PARTS = np.concatenate([_WITHIN.real, _WITHIN.imag], axis=1)


class Numbers:
    """Digests of several columns of decimal numbers of the same length, computed piece by piece. A value's weight is
    the phase of its block of 512 times that of its place in the block, so that not every value needs a weight of its
    own."""

    def __init__(self, names: Sequence[str], types: Sequence[str]) -> None:
        self._names, self._types = names, types
        n = len(names)
        self._rest = np.empty((0, n))
        self._blocks = 0
        self._sums = np.zeros((n, VECTORS), dtype=complex)
        self._count, self._known, self._nulls = 0, np.zeros(n), np.zeros(n, dtype=int)
        self._mean, self._squares = np.zeros(n), np.zeros(n)
        self._min, self._max = np.full(n, np.inf), np.full(n, -np.inf)

    def add(self, values: np.ndarray, null: np.ndarray) -> None:
        """Add `values` (rows, columns); those where `null` is true are null."""
        finite = np.isfinite(values) & ~null
        self._count += len(values)
        self._nulls += null.sum(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):  # the square of numbers beyond 1e154 overflows
            self._add_moments(values, finite)
        scaled = spread(np.where(finite, values, 0.0))
        if not finite.all():
            scaled[np.isnan(values)] = _NAN
            scaled[np.isinf(values)] = np.copysign(_INFINITE, values[np.isinf(values)])
            scaled[null] = _NULL
        rows = np.concatenate([self._rest, scaled]) if len(self._rest) else scaled
        whole = len(rows) // _BLOCK * _BLOCK
        self._project(rows[:whole])
        self._rest = rows[whole:].copy()

    def _add_moments(self, values: np.ndarray, finite: np.ndarray) -> None:
        known = finite.sum(axis=0)
        if not known.any():
            return
        kept = values if finite.all() else np.where(finite, values, 0.0)
        mean = kept.sum(axis=0) / np.maximum(known, 1)
        away = kept - mean
        if kept is not values:
            away[~finite] = 0.0
        total, apart = self._known + known, mean - self._mean
        weight = known / np.maximum(total, 1)
        self._squares += (away**2).sum(axis=0) + apart**2 * self._known * weight
        self._mean += apart * weight
        self._known = total
        low, high = (kept, kept) if kept is values else (np.where(finite, values, s) for s in (np.inf, -np.inf))
        self._min = np.minimum(self._min, low.min(axis=0, initial=np.inf))
        self._max = np.maximum(self._max, high.max(axis=0, initial=-np.inf))

    def _project(self, rows: np.ndarray) -> None:
        blocks = len(rows) // _BLOCK
        if not blocks:
            return
        columns = rows.reshape(blocks, _BLOCK, -1).transpose(0, 2, 1)
        parts = columns @ _WITHIN_PARTS
        products = parts[..., :VECTORS] + 1j * parts[..., VECTORS:]
        self._sums += np.einsum("bk,bck->ck", _phases(self._blocks, blocks, seed=1), products)
        self._blocks += blocks

    def digests(self) -> list[Digest]:
        """The columns' digests. No values can be added afterwards."""
        if len(self._rest):
            padding = np.zeros((_BLOCK - len(self._rest), len(self._names)))
            self._project(np.concatenate([self._rest, padding]))
            self._rest = self._rest[:0]
        found = []
        std = np.sqrt(self._squares / np.maximum(self._known, 1))
        moments = np.stack([self._mean, std, self._min, self._max], axis=1)
        moments = np.nan_to_num(moments, nan=_LARGEST).clip(-_LARGEST, _LARGEST)
        moments = moments.astype(np.float32).tolist()
        products = self._sums.view(float).tolist()
        for i, (name, kind) in enumerate(zip(self._names, self._types, strict=True)):
            known = dict(zip(("mean", "std", "min", "max"), moments[i], strict=True)) if self._known[i] else {}
            found.append(Digest(name, kind, self._count, int(self._nulls[i]), projections=tuple(products[i]), **known))
        return found


class Exact:
    """Digest of a column in which every value has to be equal, computed piece by piece."""

    def __init__(self, name: str, kind: str) -> None:
        self._name, self._kind = name, kind
        self._values = self._nulls = 0
        self._shape, self._content = hashlib.sha256(), hashlib.sha256()

    def add(self, values: pa.Array) -> None:
        self._values += len(values)
        self._nulls += values.null_count
        self._shape.update(values.is_valid().to_numpy(False).tobytes())
        if _is_whole(values.type):
            self._content.update(values.cast(pa.int64()).drop_null().to_numpy(False).astype("<i8").tobytes())
        else:
            for value in values.to_pylist():
                text = str(value).encode()
                self._content.update(len(text).to_bytes(8, "little") + text)

    def digest(self) -> Digest:
        """The column's digest."""
        both = hashlib.sha256(self._shape.digest() + self._content.digest()).hexdigest()[:32]
        return Digest(self._name, self._kind, self._values, self._nulls, sha256=both)


def _is_whole(kind: pa.DataType) -> bool:
    return (pa.types.is_integer(kind) and kind != pa.uint64()) or pa.types.is_boolean(kind)
