"""Weights of a PyTorch file without PyTorch: the form in which it saved them before version 1.6 (2020).

Such a file is a row of pickles: a magic number, a version, the machine's sizes, the tensors by name, and the names of
the stores that hold their numbers; then each store's numbers. A pickle can call anything, so this one may name the
three things that tensors are made of and nothing else.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moodreel.networks.convert.read import ConversionError

MAGIC = 0x1950A86A20F9469CFC6C
"""What the first pickle of such a file is."""


@dataclass(frozen=True)
class _Tensor:
    """A view of a store, which is read later."""

    store: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _tensor(store: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Tensor:
    """In place of PyTorch's own `_rebuild_tensor_v2`, with its arguments."""
    return _Tensor(store, offset, tuple(size), tuple(stride))


_FLOAT = "float32 store"
_NOT_WHOLE = (pickle.UnpicklingError, struct.error, EOFError, LookupError, ValueError, TypeError, AttributeError)

_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): _FLOAT,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ConversionError(
                f"the file wants {module}.{name}, which is no part of float32 tensors; it is not read"
            )
        return _ALLOWED[module, name]

    def persistent_load(self, told: Sequence[Any]) -> str:
        """A store's name, of what a tensor says of the store it lies in."""
        if len(told) < 3 or told[0] != "storage" or told[1] != _FLOAT:
            raise ConversionError("the file holds other numbers than float32; it is not read")
        return str(told[2])


def read_weights(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of a PyTorch file by name, float32. Raises ConversionError where it is no such file, or holds more."""
    file = io.BytesIO(data)
    try:
        magic, _, sizes, tensors, stores = (_Unpickler(file).load() for _ in range(5))
        if magic != MAGIC or not sizes["little_endian"]:
            raise ConversionError("no file of PyTorch before 1.6")
        numbers = {}
        for store in stores:
            (count,) = struct.unpack("<q", file.read(8))
            numbers[store] = np.frombuffer(file.read(4 * count), "<f4", count)
        return {name: _view(tensor, numbers[tensor.store]) for name, tensor in tensors.items()}
    except _NOT_WHOLE as error:
        raise ConversionError(f"the file is no whole file of PyTorch before 1.6: {error}") from None


def _view(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """A copy of what the tensor shows of its store."""
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.size, tensor.stride, strict=True))
    if min(tensor.offset, *tensor.size, *tensor.stride, last) < 0 or last >= len(numbers):
        raise ValueError("a tensor reaches beyond its store")
    strides = [4 * stride for stride in tensor.stride]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.size, strides, writeable=False).copy()
