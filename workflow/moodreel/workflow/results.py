"""A finished run, for analysing its results in Python: `moodreel.open_run`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel.errors import UserError
from moodreel.tables.document import all_tables
from moodreel.tables.schema import Table
from moodreel.workflow.provenance import run_record

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".parquet", ".tsv")


class Run:
    """A run's results by name.

    Attributes:
        folder: the run's folder.
        record: how each file was made (`moodreel.workflow.provenance.run_record.Record`).
    """

    def __init__(self, folder: str | Path) -> None:
        """Raises UserError where there is no finished run."""
        self.folder = Path(folder)
        self.record = run_record.read(self.folder)

    def __repr__(self) -> str:
        return f"<run {self.record.run}: {len(self.videos)} videos, {len(self.tables)} tables>"

    @property
    def settings(self) -> Mapping[str, Any]:
        """All settings, by section."""
        return self.record.head["settings"]

    @property
    def videos(self) -> list[str]:
        """The ids of the run's videos."""
        return self.read("videos")["video"].to_list()

    @property
    def tables(self) -> list[str]:
        """Names of the tables about the whole run."""
        return [Path(name).stem for name in self._files() if "/" not in name]

    def tables_of(self, video: str) -> list[str]:
        """Names of the tables about one video: `face`, `pose`, `soundtrack`, ..."""
        names = (Path(name) for name in self._files())
        return [name.stem for name in names if name.parts[:2] == ("videos", video)]

    def read(self, name: str, video: str | None = None) -> pl.DataFrame:
        """A table about the run, or about one of its videos, for example `read("face", video="anna")`.

        Raises UserError where there is none of this name.
        """
        from moodreel.tables import base

        path, table = self._find(name, video)
        return base.read_tsv(path, table) if path.suffix == ".tsv" else base.read(path, table)

    def describe(self, name: str, video: str | None = None) -> pl.DataFrame:
        """The columns of that table: `column`, `type`, `unit` and `meaning`, as in docs/tables.md. Raises as `read`."""
        import polars as pl

        _, table = self._find(name, video)
        return pl.DataFrame(
            [(one.name, one.type, one.unit, one.meaning) for one in table.columns],
            schema=["column", "type", "unit", "meaning"],
            orient="row",
        )

    def _files(self) -> list[str]:
        """Names of the tables that exist."""
        files = self.record.files.values()
        return [one.name for one in files if one.bytes is not None and one.name.endswith(SUFFIXES)]

    def _find(self, name: str, video: str | None) -> tuple[Path, Table]:
        from moodreel.tables.stamp import read_stamp

        inside = "" if video is None else f"videos/{video}/"
        files = self._files()
        found = next((f"{inside}{name}{suffix}" for suffix in SUFFIXES if f"{inside}{name}{suffix}" in files), None)
        if found is None:
            allowed = self.tables if video is None else self.tables_of(video)
            near = difflib.get_close_matches(name, allowed, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            of = f"video {video!r} of run" if video else "run"
            listed = ", ".join(sorted(allowed)) or "none"
            raise UserError(f"{of} {self.record.run}: there is no table {name!r}.{hint} There are: {listed}.")
        path = self.record.where(self.record.files[found])
        kind = read_stamp(path).get("table") if path.suffix == ".parquet" else name
        return path, next(table for table in all_tables() if table.name == kind)
