"""Reading the record of a run: `ro-crate-metadata.json`, and each column's digest in `digests.parquet`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.digests import DIGESTS
from moodreel.workflow.provenance import crate
from moodreel.workflow.provenance.crate import NAME, Entry
from moodreel.workflow.provenance.digest import Digest

DIGESTS_NAME = "digests.parquet"


@dataclass(frozen=True)
class Record:
    """A run's record as read.

    folder: the folder in which Snakemake ran; paths are relative to it.
    head: `run`, `made_at`, `version`, `commit`, `settings`.
    """

    path: Path
    folder: Path
    head: Mapping[str, Any]
    files: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def run(self) -> str:
        """The run's name."""
        return self.head["run"]

    def where(self, entry: Entry) -> Path:
        """The path of the file from the working folder."""
        return self.folder / entry.path

    def inputs(self, entry: Entry) -> list[Entry]:
        """The files that the file was made from."""
        return [self.files[name] for name in entry.inputs]

    @cached_property
    def digests(self) -> dict[str, dict[str, Digest]]:
        """By file and column, the digest of its values. Raises UserError where `digests.parquet` is absent."""
        found: dict[str, dict[str, Digest]] = {}
        for file, *row in base.read(self.path.with_name(DIGESTS_NAME), DIGESTS).iter_rows():
            digest = _digest(row)
            found.setdefault(file, {})[digest.column] = digest
        return found


_FIELDS = ("column", "type", "values", "nulls", "sha256", "mean", "std", "min", "max")
"""The fields of a digest that come before its projections."""


def row(digest: Digest) -> tuple[Any, ...]:
    """A digest as a row of DIGESTS, without the file's name."""
    projections = digest.projections or [None] * (len(DIGESTS.columns) - len(_FIELDS) - 1)
    return (*(getattr(digest, name) for name in _FIELDS), *projections)


def _digest(row: list[Any]) -> Digest:
    values, projections = row[: len(_FIELDS)], row[len(_FIELDS) :]
    fields = dict(zip(_FIELDS, values, strict=True))
    return Digest(**fields, projections=None if projections[0] is None else tuple(projections))


def locate(path: Path) -> Path:
    """The record that `path` names: itself, or the one in a run's folder."""
    return path / NAME if os.path.isdir(path) else path


def read(path: Path) -> Record:
    """Read a run's record, or that in a run's folder. Raises UserError where it is absent, unreadable or invalid."""
    path = locate(path)
    try:
        head, files = crate.from_json(path.read_text(encoding="utf-8"))
        return Record(path, _folder(path, head["run"]), head, files)
    except FileNotFoundError:
        raise UserError(
            f"{path}: there is no such record. A run writes it last, to results/runs/<run>/{NAME}: has it ended?"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not the record of a run ({type(error).__name__}: {error}).") from None


def _folder(path: Path, run: str) -> Path:
    """The folder in which Snakemake ran; for a record in another place (a colleague's) the record's own folder, where
    its files are not found."""
    around = path.absolute().parent
    return around.parents[2] if around.parts[-3:] == ("results", "runs", run) else around
