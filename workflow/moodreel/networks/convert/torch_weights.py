"""Reads the weights of a PyTorch file without PyTorch, in its format before version 1.6 (2020).

Such a file is a sequence of pickles: a magic number, a version, the machine's sizes, the tensors by name, and the names
of the storages that hold their numbers; then each storage's numbers. A pickle can call any function, so only the three
names that tensors are made of are allowed.
"""

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
"""The first pickle of such a file."""


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage, which is read later."""

    storage: str
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _tensor(storage: str, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Tensor:
    """In place of PyTorch's own `_rebuild_tensor_v2`, with its arguments."""
    return _Tensor(storage, offset, tuple(size), tuple(stride))


_FLOAT = "float32 storage"
_DAMAGED = (pickle.UnpicklingError, struct.error, EOFError, LookupError, ValueError, TypeError, AttributeError)

_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): _FLOAT,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise ConversionError(f"the file uses {module}.{name}, which is no part of float32 tensors; it is not read")
        return _ALLOWED[module, name]

    def persistent_load(self, pid: Sequence[Any]) -> str:
        """The name of a storage, from a tensor's reference to it: its kind, type and name."""
        if len(pid) < 3 or pid[0] != "storage" or pid[1] != _FLOAT:
            raise ConversionError("the file holds numbers other than float32; it is not read")
        return str(pid[2])


def read_weights(data: bytes) -> dict[str, np.ndarray]:
    """The arrays of a PyTorch file by name, float32. Raises ConversionError where it is not such a file, or holds
    more."""
    file = io.BytesIO(data)
    try:
        magic, _, sizes, tensors, storages = (_Unpickler(file).load() for _ in range(5))
        if magic != MAGIC or not sizes["little_endian"]:
            raise ConversionError("not a file of PyTorch before 1.6")
        numbers = {}
        for storage in storages:
            (count,) = struct.unpack("<q", file.read(8))
            numbers[storage] = np.frombuffer(file.read(4 * count), "<f4", count)
        return {name: _view(tensor, numbers[tensor.storage]) for name, tensor in tensors.items()}
    except _DAMAGED as error:
        raise ConversionError(f"the file is not a complete file of PyTorch before 1.6: {error}") from None


def _view(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """A copy of the tensor's part of its storage."""
    last = tensor.offset + sum((size - 1) * stride for size, stride in zip(tensor.size, tensor.stride, strict=True))
    if min(tensor.offset, *tensor.size, *tensor.stride, last) < 0 or last >= len(numbers):
        raise ValueError("a tensor reaches beyond its storage")
    strides = [4 * stride for stride in tensor.stride]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.size, strides, writeable=False).copy()
