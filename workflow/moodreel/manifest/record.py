"""The manifest of a run as it is written and read.

`manifest.json` lists every result and every table it stands on: where it lies, its SHA-256, what made it, from what.
`digests.parquet` beside it holds each column's digest. What many files share (step, settings, code, versions) stands
once, under `makings`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.manifest.digest import Digest
from moodreel.tables import base
from moodreel.tables.manifest import DIGESTS

FORMAT = 1
NAME, DIGESTS_NAME = "manifest.json", "digests.parquet"


@dataclass(frozen=True)
class Entry:
    """One file of the manifest.

    name: as in graph.Output; path: where it lies, from the folder in which Snakemake runs.
    bytes: None where it was not looked at; sha256: None where nothing tells what it was.
    making: the key of what made it; None for what was only read.
    options: what the step was told besides settings.
    inputs: names of what it was made from, with `*` for every video's.
    """

    name: str
    path: str
    bytes: int | None = None
    sha256: str | None = None
    making: str | None = None
    options: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A run's manifest as read.

    folder: that in which Snakemake ran; paths count from there.
    head: `run`, `made_at`, `version`, `commit`, `settings`.
    """

    path: Path
    folder: Path
    head: Mapping[str, Any]
    environments: Mapping[str, Mapping[str, str]]
    makings: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, Entry]

    @property
    def run(self) -> str:
        """The run's name."""
        return self.head["run"]

    def making(self, entry: Entry) -> Mapping[str, Any]:
        """What made the file: `step`, `settings`, `code`, `models`; empty for what was only read."""
        return self.makings[entry.making] if entry.making else {}

    def libraries(self, entry: Entry) -> Mapping[str, str]:
        """The versions of the libraries that made it: those that it carries, or else those that were installed."""
        making = self.making(entry)
        return making.get("libraries") or self.environments.get(making.get("environment", ""), {})

    def where(self, entry: Entry) -> Path:
        """Where the file lies, as seen from here."""
        return self.folder / entry.path

    def inputs(self, entry: Entry) -> list[Entry]:
        """What the file was made from."""
        return [self.files[name] for name in names(entry.inputs, self.files)]

    @cached_property
    def digests(self) -> dict[str, dict[str, Digest]]:
        """By file and column, what is remembered of its values. Raises UserError where `digests.parquet` is absent."""
        found: dict[str, dict[str, Digest]] = {}
        for file, *row in base.read(self.path.with_name(DIGESTS_NAME), DIGESTS).iter_rows():
            digest = _digest(row)
            found.setdefault(file, {})[digest.column] = digest
        return found


def names(patterns: Sequence[str], known: Collection[str]) -> list[str]:
    """The names that `patterns` stand for, of those `known`: with `*` every video's; a folder's for what lies in it."""
    found: list[str] = []
    for pattern in patterns:
        if "*" in pattern:
            found += [name for name in known if fnmatchcase(name, pattern)]
        elif pattern in known:
            found.append(pattern)
        else:
            found += [name for name in known if name.startswith(f"{pattern}/")]
    return found


_MOMENTS = ("column", "type", "values", "nulls", "sha256", "mean", "std", "min", "max")
"""The fields of a digest that come before its projections."""


def row(digest: Mapping[str, Any]) -> tuple[Any, ...]:
    """A digest (its fields) as a row of DIGESTS, without the file's name."""
    moments = [digest[name] for name in _MOMENTS]
    projections = digest["projections"] or [None] * (len(DIGESTS.columns) - len(moments) - 1)
    return (*moments, *projections)


def _digest(row: list[Any]) -> Digest:
    moments, projections = row[: len(_MOMENTS)], row[len(_MOMENTS) :]
    fields = dict(zip(_MOMENTS, moments, strict=True))
    return Digest(**fields, projections=None if projections[0] is None else tuple(projections))


def text(head: Mapping[str, Any], entries: Iterable[Entry]) -> str:
    """The manifest's JSON, one file to a line."""
    lines = ",\n".join(
        json.dumps({k: v for k, v in asdict(entry).items() if v not in (None, "", ())}) for entry in entries
    )
    return json.dumps({"format": FORMAT, **head}, indent=1)[:-2] + f',\n "files": [\n{lines}\n ]\n}}\n'


def locate(path: Path) -> Path:
    """The manifest that `path` names: itself, or the one in a run's folder."""
    return path / NAME if os.path.isdir(path) else path


def read(path: Path) -> Manifest:
    """Read a run's manifest, or that of a run's folder. Raises UserError where it is absent, cannot be read, is no
    manifest or one of another format."""
    path = locate(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise UserError(
                f"{path}: a manifest of format {content['format']}, and this version reads {FORMAT}. Delete it and run "
                "`snakemake` again, or use the version that wrote it."
            )
        entries = [Entry(**{**one, "inputs": tuple(one.get("inputs", ()))}) for one in content.pop("files")]
        return Manifest(
            path,
            _folder(path, content["run"]),
            {name: content[name] for name in ("run", "made_at", "version", "commit", "settings")},
            content["environments"],
            content["makings"],
            {entry.name: entry for entry in entries},
        )
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such manifest. A run writes it last, to results/runs/<run>/{NAME}: has it ended?"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a manifest ({type(error).__name__}: {error}).") from None


def _folder(path: Path, run: str) -> Path:
    """The folder in which Snakemake ran; for a manifest that lies elsewhere (a colleague's) its own, where its files
    are then not found."""
    beside = path.absolute().parent
    return beside.parents[2] if beside.parts[-3:] == ("results", "runs", run) else beside
