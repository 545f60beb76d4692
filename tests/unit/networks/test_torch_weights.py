"""PyTorch's old files without PyTorch: what is read, and that nothing in them is called."""

import io
import pickle
import struct
from collections import OrderedDict, namedtuple
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from moodreel.networks import catalogue
from moodreel.networks.convert.read import ConversionError
from moodreel.networks.convert.torch_weights import MAGIC, read_weights

Stored = namedtuple("Stored", ["store", "offset", "size", "stride"])
"""Pickles as a tensor of a file does: by its store's persistent id."""


class Pickler(pickle._Pickler):
    """Writes the names of PyTorch's functions without having them."""

    def __init__(self, file: io.BytesIO, storage: str = "FloatStorage") -> None:
        super().__init__(file, protocol=2)
        self.storage = storage

    def save(self, value: object, save_persistent_id: bool = True) -> None:
        if isinstance(value, Stored):
            store, offset, size, stride = value
            self.write(b"ctorch._utils\n_rebuild_tensor_v2\n(")  # GLOBAL, MARK
            self.write(b"(")
            super().save("storage")
            self.write(f"ctorch\n{self.storage}\n".encode())
            for part in (store, "cpu", 4):
                super().save(part)
            self.write(b"tQ")  # TUPLE, BINPERSID
            for part in (offset, size, stride, False, OrderedDict()):
                super().save(part)
            self.write(b"tR")  # TUPLE, REDUCE
            return
        super().save(value, save_persistent_id)


def file(tensors: object, stores: dict[str, np.ndarray], *, storage: str = "FloatStorage", magic: int = MAGIC) -> bytes:
    buffer = io.BytesIO()
    for part in (magic, 1001, {"little_endian": True}):
        pickle.dump(part, buffer, protocol=2)
    Pickler(buffer, storage).dump(tensors)
    pickle.dump(list(stores), buffer, protocol=2)
    for numbers in stores.values():
        buffer.write(struct.pack("<q", len(numbers)) + numbers.astype("<f4").tobytes())
    return buffer.getvalue()


def test_views_of_a_store_are_distinguished() -> None:
    """A whole store, and one that shares it: the second half, read by columns."""
    store = np.arange(12, dtype=np.float32)
    tensors = OrderedDict(a=Stored("s", 0, (12,), (1,)), b=Stored("s", 6, (3, 2), (1, 3)))
    found = read_weights(file(tensors, {"s": store}))
    assert list(found) == ["a", "b"] and found["a"].tolist() == store.tolist()
    assert found["b"].tolist() == store[6:].reshape(2, 3).T.tolist()


def test_those_of_a_published_network(emotion_models: Path) -> None:
    with ZipFile(emotion_models / "sources" / catalogue.FACENET.filename) as wheel:
        found = read_weights(wheel.read("facenet_pytorch/data/pnet.pt"))
    assert found["conv1.weight"].shape == (10, 3, 3, 3)
    assert sum(array.size for array in found.values()) == 6632, "as many as the paper's first network has"


class Malicious:
    def __reduce__(self) -> tuple:
        return print, ("called",)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (file({"a": Malicious()}, {}), "uses builtins.print|uses __builtin__.print"),
        (file(OrderedDict(a=Stored("s", 0, (4,), (1,))), {"s": np.zeros(4)}, storage="DoubleStorage"), "torch.DoubleStorage"),
        (file(OrderedDict(a=Stored("s", 1, (4,), (1,))), {"s": np.zeros(4)}), "reaches beyond its storage"),
        (file(OrderedDict(a=Stored("s", 0, (4,), (-1,))), {"s": np.zeros(4)}), "reaches beyond its storage"),
        (file(OrderedDict(a=Stored("s", 0, (2, 10**9), (0, 1))), {"s": np.zeros(4)}), "reaches beyond its storage"),
        (file(OrderedDict(a=Stored("other", 0, (4,), (1,))), {"s": np.zeros(4)}), "not a complete file"),
        (file(OrderedDict(), {}, magic=7), "before 1.6"),
        (file(OrderedDict(a=Stored("s", 0, (4,), (1,))), {"s": np.zeros(4)})[:-3], "not a complete file"),
        (b"PK\x03\x04 a newer file is an archive", "not a complete file"),
        (b"", "not a complete file"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(data: bytes, words: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(ConversionError, match=words):
        read_weights(data)
    assert "called" not in capsys.readouterr().out
