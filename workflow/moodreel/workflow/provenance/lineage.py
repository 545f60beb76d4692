"""Lineage of a file, back to the videos: how it was made, with which settings, code, networks, libraries and inputs.

A run's record has this of all its files. A table's stamp has most of it, and is used where no record lists the file, or
where the file differs from the record.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.tables import base
from moodreel.workflow.provenance import run_record
from moodreel.workflow.provenance.crate import Entry
from moodreel.workflow.provenance.run_record import Record

SHOWN_SETTINGS = 400


@dataclass(frozen=True)
class Node:
    """One file, or the same file of several videos, and what it was made from.

    state: empty where the file agrees with its description, otherwise what differs.
    others: number of further files of other videos that it represents.
    """

    path: str
    sha256: str | None
    making: Mapping[str, Any]
    libraries: Mapping[str, str]
    options: str = ""
    state: str = ""
    others: int = 0
    inputs: list[Node] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The node as a mapping for JSON."""
        own = {key: value for key, value in vars(self).items() if key != "inputs" and value not in ("", 0)}
        return {**own, "inputs": [one.as_json() for one in self.inputs]}


def of(path: Path) -> Node:
    """The lineage of `path`. Raises UserError where it is absent or its origin is unknown."""
    if not path.exists():
        raise UserError(f"{path}: there is no such file")
    records, read, outdated = _records(path), cache(run_record.read), []
    for find in (_by_name, _by_link):
        for place in records:
            record = read(place)
            entry = find(record, path)
            if entry is None:
                continue
            if _fits(record, entry, path):
                return tree(record, entry)
            outdated.append(record)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name one of the files in it")
    return _from_stamp(path, outdated_by=outdated[0] if outdated else None)


def tree(record: Record, entry: Entry) -> Node:
    """The file of the record with everything it was made from."""
    return _Tree(record).node(entry, 0, set())


def _by_name(record: Record, path: Path) -> Entry | None:
    """The entry of this path."""
    names = {os.path.abspath(path), os.path.relpath(path, record.folder)}
    return next((one for one in record.files.values() if one.path in names), None)


def _by_link(record: Record, path: Path) -> Entry | None:
    """The entry that leads to the same file by links. It checks every file, which takes longer."""
    here = path.stat()
    for entry in record.files.values():
        with suppress(OSError):
            if os.path.samestat(record.where(entry).stat(), here):
                return entry
    return None


def _fits(record: Record, entry: Entry, path: Path) -> bool:
    """Whether this record applies: for a table that several runs share, only if it lists the present content."""
    shared = not entry.path.startswith(f"results/runs/{record.run}/")
    return not (shared and _carries_stamp(path) and entry.sha256 != atomic.sha256(path))


def _records(path: Path) -> list[Path]:
    """The records of all runs in the folders `results` around the file: first that of its own run, then the latest of
    the nearest folder."""
    found = [
        record
        for results in _results(path)
        for record in sorted(results.glob(f"runs/*/{run_record.NAME}"), key=lambda one: -one.stat().st_mtime)
    ]
    real = path.resolve()
    return sorted(found, key=lambda one: not real.is_relative_to(one.parent.resolve()))


def _results(path: Path) -> list[Path]:
    """The folders called `results` around the file, and that in the working folder, each once. A run, or a folder of
    videos, may have this name too; where the working folder's is one of them by a link, paths count from the latter."""
    spellings = (path.resolve(), Path(os.path.abspath(path)))
    around = [folder for one in spellings for folder in one.parents if folder.name == "results"]
    return list({folder.resolve(): folder for folder in [*around, Path("results").absolute()]}.values())


class _Tree:
    """The graph behind one file as a tree, in which files of different videos that were made alike occur once."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._states: dict[str, str] = {}

    def node(self, entry: Entry, others: int, seen: set[str]) -> Node:
        inputs = []
        if entry.name not in seen:
            seen.add(entry.name)
            inputs = [self.node(first, more, seen) for first, more in self._alike(self._record.inputs(entry))]
        made = entry.making
        making = {} if made is None else {key: value for key, value in vars(made).items() if key != "libraries"}
        libraries = {} if made is None else dict(made.libraries)
        return Node(entry.path, entry.sha256, making, libraries, entry.options, self._state(entry), others, inputs)

    def _alike(self, entries: list[Entry]) -> list[tuple[Entry, int]]:
        """One file of each kind, and the number of further ones."""
        kinds: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            kind = re.sub(r"^(videos|performers|sources|truths|records|given)/[^/]+", r"\1/*", entry.name)
            kind = re.sub(r"^(gallery|models|pairs|figures|evaluation|networks)/.*", r"\1/*", kind)
            kinds.setdefault((str(entry.making), kind), []).append(entry)
        return [(some[0], len(some) - 1) for some in kinds.values()]

    def _state(self, entry: Entry) -> str:
        if entry.name not in self._states:
            self._states[entry.name] = state(self._record, entry)
        return self._states[entry.name]


def state(record: Record, entry: Entry) -> str:
    """How a file differs from its record: absent, or other content; empty where it does not. Large videos are read
    whole."""
    path = record.where(entry)
    if not path.exists():
        return "no longer there"
    if entry.sha256 is None or path.is_dir():
        return ""
    if (entry.bytes is None or path.stat().st_size == entry.bytes) and atomic.sha256(path) == entry.sha256:
        return ""
    return f"CHANGED since {record.head['made_at']}: no longer the content in the record"


def _carries_stamp(path: Path) -> bool:
    return path.suffix == ".parquet" and bool(base.read_stamp(path))


def _from_stamp(path: Path, outdated_by: Record | None, seen: frozenset[Path] = frozenset()) -> Node:
    """The lineage of a table by its own stamp, and the stamps of the tables that it names."""
    if not _carries_stamp(path):
        raise UserError(
            f"{path}: its origin is unknown. It has no stamp (only Parquet tables do), and no run's record "
            f"(results/runs/*/{run_record.NAME}, written when a run ends) lists it. Unless it was made by hand, run "
            "`snakemake` to its end."
        )
    stamp = base.read_stamp(path)
    inputs = []
    for name, sha256 in stamp.get("inputs", {}).items():
        source = _near(path, name)
        if not source.is_file():
            inputs.append(Node(name, sha256, {}, {}, state="no longer there"))
        elif atomic.sha256(source) != sha256:
            inputs.append(Node(name, sha256, {}, {}, state="CHANGED: it has other content now"))
        elif _carries_stamp(source) and source not in seen:
            inputs.append(_from_stamp(source, None, seen | {path}))
        else:
            inputs.append(Node(name, sha256, {}, {}))
    making = {"step": f"of the table {stamp.get('table')}"}
    making |= {key: stamp[key] for key in ("settings", "code", "models") if key in stamp}
    described = "known only by its own stamp, which no finished run's record confirms"
    if outdated_by:
        described = f"CHANGED: the record of run {outdated_by.run} has other content; this is the file's own stamp"
    return Node(str(path), atomic.sha256(path), making, stamp.get("libraries", {}), state=described, inputs=inputs)


def _near(path: Path, name: str) -> Path:
    """The file that a stamp names: its path counts from the folder in which Snakemake ran, that with `results`."""
    places = [results.parent / name for results in _results(path)]
    return next((place for place in places if place.exists()), places[0])


def lines(node: Node, depth: int = 0, printed: set[tuple[str, int]] | None = None) -> Iterator[str]:
    """The tree as lines of text; a file that has occurred before is only named."""
    printed = set() if printed is None else printed
    pad, more = "  " * depth, f" and {node.others} more such" if node.others else ""
    again = (node.path, node.others) in printed
    yield f"{pad}{node.path}{more}{' (as above)' if again else ''}" + (f"  [{node.state}]" if node.state else "")
    if again:
        return
    printed.add((node.path, node.others))
    yield from (f"{pad}    {line}" for line in _about(node, all_settings=depth == 0))
    for one in node.inputs:
        yield from lines(one, depth + 1, printed)


def _about(node: Node, *, all_settings: bool) -> Iterator[str]:
    yield f"sha256 {node.sha256 or 'unknown'}"
    if not node.making:
        yield "only read"
        return
    yield f"step {node.making['step']}, code {node.making['code']}" + (f", {node.options}" if node.options else "")
    settings = _compact(node.making["settings"])
    if not all_settings and len(settings) > SHOWN_SETTINGS:
        settings = f"{settings[:SHOWN_SETTINGS]} ... (all: name this file)"
    yield f"settings {settings}"
    for name, sha256 in node.making.get("models", {}).items():
        yield f"network {name} {sha256}"
    yield f"libraries {', '.join(f'{name} {version}' for name, version in node.libraries.items())}"


def _compact(settings: Mapping[str, Any]) -> str:
    parts = []
    for section, part in settings.items():
        values = ", ".join(f"{key} {value}" for key, value in part.items()) if isinstance(part, Mapping) else str(part)
        parts.append(f"{section}: {values}")
    return "; ".join(parts) or "none"
