"""skops archives: the same object as the same bytes, and a check of foreign ones before anything is unpacked.

skops names objects and arrays by their address in memory, writes sets in Python's own order, and dates each file. It
unpacks whatever an archive says that it holds.
"""

import io
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Set
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from moodreel.classify.contents import ContentError, require

SCHEMA = "schema.json"

LARGEST_SCHEMA = 64 << 20
"""Bytes of the largest schema: one tree takes 1 kB, one array 0.4 kB."""

MOST_FILES = 200_000
"""Most arrays: each tree has three."""

LARGEST_HEADER = 10_000
"""Bytes of the longest header of an array, as in `numpy.load`."""

SEED_POOL = "4"
"""Words in the pool of NumPy's seed sequences; a larger pool only takes memory."""


def reproducible(archive: bytes) -> bytes:
    """The same archive with objects and files numbered as they appear, sets sorted, and no dates."""
    objects: dict[Any, int] = {}
    files: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(one) for one in node]
        if not isinstance(node, dict):
            return node
        if node.get("__loader__") == "SetNode":
            node = {**node, "content": sorted(node["content"], key=lambda one: str(one.get("content")))}
        found = {name: renumber(value) for name, value in node.items()}
        if "__id__" in node:
            found["__id__"] = objects.setdefault(node["__id__"], len(objects) + 1)
        if node.get("file") in names:
            found["file"] = files.setdefault(node["file"], f"{len(files) + 1}{PurePath(node['file']).suffix}")
        return found

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(made, "w") as whole:
        names = set(given.namelist()) - {SCHEMA}
        schema = renumber(json.loads(given.read(SCHEMA)))
        for old, new in files.items():
            whole.writestr(zipfile.ZipInfo(new), given.read(old))
        whole.writestr(zipfile.ZipInfo(SCHEMA), json.dumps(schema, indent=2))
    return made.getvalue()


def require_sound(path: str | Path, types: Set[tuple[str, str]]) -> None:
    """Raise ContentError where an archive holds more than it weighs, arrays that are none, or objects other than
    `types`: skops' loaders with the names of the types that each may make.

    Ours are stored without compression, each array once and used under one number: such a file cannot grow in memory.
    Raises OSError where it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            require(len(members) <= MOST_FILES, f"it has {len(members)} members; {MOST_FILES} are allowed")
            names = {member.filename for member in members}
            require(len(names) == len(members), "two members have one name")
            require(SCHEMA in names, f"{SCHEMA} is missing")
            require(all(member.compress_type == zipfile.ZIP_STORED for member in members), "a member is compressed")
            total = sum(member.file_size for member in members)
            require(total <= os.path.getsize(path), f"its members have {total} bytes, more than the file")
            require(archive.getinfo(SCHEMA).file_size <= LARGEST_SCHEMA, f"{SCHEMA} is too large")
            for member in members:
                if member.filename != SCHEMA:
                    _require_array_file(archive, member)
            _require_objects(json.loads(archive.read(SCHEMA)), names - {SCHEMA}, types)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ContentError(f"the archive is broken ({error})") from None  # RecursionError is a RuntimeError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, ContentError):
            raise
        raise ContentError(f"{SCHEMA} is broken ({type(error).__name__}: {error})") from None


def _require_array_file(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """The member is one NumPy array without objects, and as long as its header says."""
    name = member.filename
    require(name.endswith(".npy"), f"{name!r} is no array")
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        require(version in ((1, 0), (2, 0)), f"{name}: the header has version {version}")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file, max_header_size=LARGEST_HEADER)
        begins = file.tell()
    require(not dtype.hasobject, f"{name}: it holds objects")
    require(all(length >= 0 for length in shape), f"{name}: a length is negative")
    require(math.prod(shape) * dtype.itemsize == member.file_size - begins, f"{name}: it is not as long as it says")
    require(len(shape) <= 4 and dtype.itemsize <= LARGEST_HEADER, f"{name}: {len(shape)} axes of {dtype}")


def _require_objects(schema: Any, files: Set[str], types: Set[tuple[str, str]]) -> None:
    numbers: dict[str, Any] = {}
    for node in _nodes(schema):
        kind = f"{node['__module__']}.{node['__class__']}"
        require((node["__loader__"], kind) in types, f"it holds types that no model of ours has: {kind}")
        if "file" in node:
            require(node["file"] in files, f"{node['file']!r} is missing")
            number = node.get("__id__")
            require(bool(number) and numbers.setdefault(node["file"], number) == number, "an array is used twice")
        if node["__loader__"] == "NdArrayNode":
            require(node.get("type") == "numpy", "an array holds objects")
        if node["__loader__"] == "RandomGeneratorNode":
            pool = node["content"]["seed_seq"]["content"]["pool_size"]["content"]
            require(pool == SEED_POOL, "a generator of random numbers is another")


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """All nodes of a schema: every mapping that names a loader or a type."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "__loader__" in one or "__class__" in one:
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
