"""Trained classifiers: good ones, damaged ones, and forged ones."""

import io
import json
import pickle
import threading
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tests.bad_input.case import Case, Make, Refused, Rows, written

KIND = "models"
NAMES = ("knn", "svm", "mlp", "trees", "majority")
SCHEMA = "schema.json"
MEGABYTES = 1500
"""Size to which a bomb unpacks."""

_TRAINING = threading.Lock()


@cache
def _trained(name: str) -> bytes:
    """A model of a classifier as it is saved, trained on 24 series of two labels."""
    import tempfile

    from moodreel.classify.saved import Model, save
    from moodreel.classify.training import train
    from moodreel.features.groups import GROUPS
    from moodreel.features.scaling import FeatureScaler
    from moodreel.settings.classify import ClassifySettings
    from moodreel.settings.features import FeaturesSettings

    columns = GROUPS["action_units"].columns
    noise = np.random.default_rng(0).normal(size=(24, 4, len(columns))).astype(np.float32)
    noise[::2] += 2
    settings = FeaturesSettings(groups=["action_units"])
    scaler = FeatureScaler(settings).fit(noise.reshape(-1, len(columns)), columns, np.repeat("anna", 96))
    learnt = train(name, noise, np.tile(["1", "2"], 12), ClassifySettings())
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder, "model.skops"), Model(columns, 25.0, 5.0, 20, scaler, learnt, None, stamp={"code": "test"}))
        return Path(folder, "model.skops").read_bytes()


def saved(name: str) -> bytes:
    """`_trained`, one at a time."""
    with _TRAINING:
        return _trained(name)


def _bytes(content: Callable[[], bytes]) -> Make:
    return written(content, "model.skops")


def forged(
    name: str,
    schema: Callable[[Any], Any] = lambda schema: schema,
    arrays: Callable[[str, bytes], bytes] = lambda _, b: b,
    compression: int = zipfile.ZIP_STORED,
) -> Make:
    """A model with its schema and its arrays changed, and not compressed, as moodreel's own are: a compressed one is
    refused before anything in it is looked at."""

    def make(folder: Path) -> Path:
        path = folder / "model.skops"
        with (
            zipfile.ZipFile(io.BytesIO(saved(name))) as given,
            zipfile.ZipFile(path, "w", compression) as made,
        ):
            for member in given.namelist():
                content = given.read(member)
                made.writestr(
                    member, _dumped(schema(json.loads(content))) if member == SCHEMA else arrays(member, content)
                )
        return path

    return make


def _dumped(schema: Any) -> str:
    return schema if isinstance(schema, str) else json.dumps(schema)


def _numbers(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[str, bytes], bytes]:
    """Changes each array of numbers."""

    def changed(name: str, content: bytes) -> bytes:
        if not name.endswith(".npy"):
            return content
        buffer = io.BytesIO()
        array = np.load(io.BytesIO(content), allow_pickle=False)
        np.save(buffer, change(array) if array.dtype.kind in "if" else array)
        return buffer.getvalue()

    return changed


def _nodes(**places: int) -> Callable[[str, bytes], bytes]:
    """Changes fields of the trees' nodes, which lead from one node to the next."""

    def changed(name: str, content: bytes) -> bytes:
        if not name.endswith(".npy"):
            return content
        array = np.load(io.BytesIO(content), allow_pickle=False)
        for field, place in places.items():
            if field in (array.dtype.names or ()):
                array[field] = place
        buffer = io.BytesIO()
        np.save(buffer, array)
        return buffer.getvalue()

    return changed


def _shape(_: str, content: bytes) -> bytes:
    """An array whose header claims 2**40 numbers."""
    if not content.startswith(b"\x93NUMPY"):
        return content
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    return buffer.getvalue() + content[-64:]


def _objects(_: str, content: bytes) -> bytes:
    """An array of pickled objects that would run a command."""

    class Command:
        def __reduce__(self) -> tuple[Any, ...]:
            import os

            return os.system, ("touch moodreel-was-here",)

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    return buffer.getvalue() + pickle.dumps(Command())


def _walk(node: Any, change: Callable[[dict[str, Any]], None]) -> Any:
    if isinstance(node, dict):
        change(node)
        for value in list(node.values()):
            _walk(value, change)
    elif isinstance(node, list):
        for value in node:
            _walk(value, change)
    return node


def _typed(old: str, new: str, module: str) -> Callable[[Any], Any]:
    """Objects of a class made objects of another."""

    def change(node: dict[str, Any]) -> None:
        if node.get("__class__") == old:
            node["__class__"], node["__module__"] = new, module

    return lambda schema: _walk(schema, change)


def _deep(_: Any) -> str:
    opening = '{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": 1, "content": ['
    return opening * 5000 + "]}" * 5000


def _itself(schema: Any) -> Any:
    """A list that holds itself."""
    schema["content"] = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "__id__": 7,
                         "content": [{"__loader__": "CachedNode", "__class__": "list", "__module__": "builtins", "__id__": 7}]}  # fmt: skip
    return schema


def _renamed_file(schema: Any) -> Any:
    def change(node: dict[str, Any]) -> None:
        if "file" in node:
            node["file"] = "../../etc/passwd"

    return _walk(schema, change)


def _bomb(folder: Path) -> Path:
    """A model one of whose arrays unpacks to far more than it is."""
    path = forged("knn")(folder)
    with zipfile.ZipFile(path) as given:
        members = {name: given.read(name) for name in given.namelist()}
    largest = max((name for name in members if name.endswith(".npy")), key=lambda name: len(members[name]))
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (MEGABYTES * 2**17,)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, content in members.items():
            if name != largest:
                made.writestr(name, content)
        with made.open(largest, "w", force_zip64=True) as member:
            member.write(head.getvalue())
            for _ in range(MEGABYTES):
                member.write(bytes(2**20))
    return path


def _many_members() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(SCHEMA, zipfile.ZipFile(io.BytesIO(saved("knn"))).read(SCHEMA))
        for number in range(100_000):
            archive.writestr(f"{number}.npy", b"")
    return buffer.getvalue()


def _flipped(name: str, seed: int) -> bytes:
    data, chance = bytearray(saved(name)), Random(seed)
    for _ in range(12):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _without(member_ending: str) -> Callable[[], bytes]:
    def content() -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(saved("knn"))) as given, zipfile.ZipFile(buffer, "w") as made:
            for name in given.namelist():
                if not name.endswith(member_ending):
                    made.writestr(name, given.read(name))
        return buffer.getvalue()

    return content


def cases() -> list[Case]:
    """Trained classifiers."""
    found = []
    refused = Refused()

    def add(name: str, make: Make, *expect: Rows | Refused) -> None:
        found.append(Case(name, KIND, make, "model", expect))

    for name in NAMES:
        clean = _bytes(lambda name=name: saved(name))
        add(f"a model of {name}", clean, Rows())
        add(f"a model of {name}, packed anew", forged(name), Rows(twin=clean))
        compressed = forged(name, compression=zipfile.ZIP_DEFLATED)
        add(f"a model of {name}, compressed", compressed, Refused(words=("compressed",)))
        add(f"{name} without its last bytes", _bytes(lambda name=name: saved(name)[:-30]), refused)
        add(f"the first half of {name}", _bytes(lambda name=name: saved(name)[: len(saved(name)) // 2]), refused)
        for seed in (1, 2):
            # a flipped byte in the dates or padding of the archive changes nothing
            add(
                f"{name} with flipped bytes, seed {seed}",
                _bytes(lambda n=name, s=seed: _flipped(n, s)),
                refused,
                Rows(twin=clean),
            )
        add(
            f"{name} with empty arrays",
            forged(name, arrays=_numbers(lambda a: a.reshape(-1)[:0])),
            refused,
            *((Rows(),) if name == "majority" else ()),
        )
        add(
            f"{name} with places of -1",
            forged(name, arrays=_numbers(lambda a: a if a.dtype.kind == "f" else a * 0 - 7)),
            refused,
            Rows(),
        )
        add(
            f"{name} with places beyond the end",
            forged(name, arrays=_numbers(lambda a: a if a.dtype.kind == "f" else a * 0 + 2**20)),
            refused,
            Rows(),
        )
        add(
            f"{name} with numbers of no value",
            forged(name, arrays=_numbers(lambda a: a * np.nan if a.dtype.kind == "f" else a)),
            refused,
            Rows(),
        )
    for name in ("knn", "trees"):
        add(f"{name} with arrays that claim eight terabytes", forged(name, arrays=_shape), refused)
        add(f"{name} with pickled objects", forged(name, arrays=_objects), refused)
    for name, places in (
        ("lead back to the first", {"left_child": 0, "right_child": 0, "left": 0, "right": 0}),
        ("lead beyond the end", {"left_child": 2**30, "right_child": 2**30, "left": 2**30, "right": 2**30}),
        ("look at features that are not there", {"feature": 2**30, "feature_idx": 2**30}),
    ):
        add(f"trees whose nodes {name}", forged("trees", arrays=_nodes(**places)), refused)
    add("a model that unpacks to 1.5 GB", _bomb, refused)
    add("a model of 100,000 members", _bytes(_many_members), refused)
    add("a model without its arrays", _bytes(_without(".npy")), refused)
    add("a model without its schema", _bytes(_without(SCHEMA)), refused)
    add(
        "an object of another class",
        forged("knn", _typed("Classifier", "Popen", "subprocess")),
        Refused(words=("Popen",)),
    )
    add("a model that is a list", forged("knn", _typed("Model", "dict", "builtins")), refused)
    add("a schema nested 5,000 deep", forged("knn", _deep), refused)
    add("a list that holds itself", forged("knn", _itself), refused)
    add("arrays outside the archive", forged("knn", _renamed_file), refused)
    add("a schema that is a list", forged("knn", lambda _: []), refused)
    add("an empty schema", forged("knn", lambda _: {}), refused)
    for name, content in (
        ("an empty file", b""), ("text", b"not a model"), ("a pickle", pickle.dumps({"a": 1})), ("zeros", bytes(5000)),
        ("an empty zip", b"PK\5\6" + bytes(18)),
    ):  # fmt: skip
        add(f"{name} for a model", _bytes(lambda content=content: content), refused)
    add("no model", lambda folder: folder / "model.skops", Refused(words=("no such file",)))
    return found
