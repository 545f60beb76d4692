"""What is found out about a file for the manifest: size, SHA-256, digests by value, and the file's own stamp."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from moodreel import files
from moodreel.manifest import contents
from moodreel.manifest.known import Known
from moodreel.tables import base

_AT_ONCE = 256


def of(path: Path) -> dict[str, Any]:
    """The facts of one file: `bytes`, `sha256`, `stamp` (None where it carries none), `digests`, `environment`."""
    stamp = None
    if path.suffix == ".parquet":
        stamp = base.read_stamp(path) or None
    found = {
        "bytes": path.stat().st_size,
        "sha256": files.sha256(path),
        "stamp": stamp,
        "environment": environment()[0],
    }
    try:
        found["digests"] = [vars(digest) for digest in contents.digests(path)] if contents.by_value(path) else []
    except ValueError:  # by its name it would be a table or a text: its bytes have to do
        found["digests"] = []
    return found


def of_all(paths: Sequence[Path], known: Known, *, threads: int = 1) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The facts of all files, in order; read are only those of which nothing is known. A few are held at once."""
    known.keep(*environment())
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(paths), _AT_ONCE):
            some = paths[first : first + _AT_ONCE]
            states = {path: known.state(path) for path in some}
            facts = {path: known.get(path) for path in some}
            new = [path for path, found in facts.items() if found is None]
            facts.update(zip(new, pool.map(of, new), strict=True))
            known.put((path, states[path], facts[path]) for path in new)
            yield from facts.items()


@cache
def environment() -> tuple[str, dict[str, str]]:
    """The installed libraries' versions, Python's and the machine's kind, and a short name for all of it.

    The files that carry no versions themselves are said to be made with those that are installed when they are first
    looked at, which is at the end of the run that made them.
    """
    # by the folders' names: reading what lies in each takes longer than the files of a small run
    folders = {found.stem for place in sys.path if place for found in Path(place).glob("*.dist-info")}
    found = {
        name.lower().replace("_", "-"): version for name, _, version in (one.rpartition("-") for one in sorted(folders))
    }
    found |= {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()[:8], found
