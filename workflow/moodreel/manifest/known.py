"""What was found out about files before: facts, so that only what is new has to be read again, and origins, which
nothing else tells."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from moodreel.manifest import facts
from moodreel.provenance import fingerprint

CACHE = Path("results", ".cache", "digests.sqlite")

Facts = dict[str, Any]

_AT_ONCE = 256
_TABLES = (
    "facts (path TEXT PRIMARY KEY, state TEXT, facts BLOB)",
    "environments (name TEXT PRIMARY KEY, versions TEXT)",
    "origins (path TEXT PRIMARY KEY, state TEXT, code TEXT, environment TEXT)",
)


class Origin(NamedTuple):
    """What lay here when a manifest first listed a file, at the end of the run that made it: the fingerprint of its
    step's code, and the environment's name."""

    code: str
    environment: str


class Known:
    """A small database about files, by path.

    Facts hold while size, times and inode are the same (the time of the last change of these cannot be set by hand) and
    the code that finds them out too. An origin holds while the file is the one that was listed: of the same size, time
    and SHA-256, wherever it was copied to with its times, and whatever becomes of the code.

    Where the file system has no locks, or the file is spoilt, nothing is known and nothing kept.
    """

    def __init__(self, path: Path = CACHE) -> None:
        self._code = fingerprint("manifest.facts")
        self._database: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=5)
            for table in _TABLES:
                self._database.execute(f"CREATE TABLE IF NOT EXISTS {table}")
        except (OSError, sqlite3.Error):
            self._database = None

    def facts_of(self, paths: Sequence[Path], *, threads: int = 1) -> Iterator[tuple[Path, Facts]]:
        """The facts of all files, in order; read are only those of which nothing is known. A few are held at once."""
        with ThreadPoolExecutor(threads) as pool:
            for first in range(0, len(paths), _AT_ONCE):
                some = paths[first : first + _AT_ONCE]
                states = {path: self._state(path) for path in some}  # before they are read
                kept = {path: self._facts(path, states[path]) for path in some}
                new = [path for path, about in kept.items() if about is None]
                read = dict(zip(new, pool.map(facts.of, new), strict=True))
                packed = [(str(path), states[path], zlib.compress(json.dumps(read[path]).encode(), 1)) for path in new]
                self._keep("facts", packed)
                yield from ((path, read[path] if about is None else about) for path, about in kept.items())

    def _state(self, path: Path) -> str:
        """What stands for the file's content: equal, and the content is taken for equal."""
        found = path.stat()
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {self._code}"

    def _facts(self, path: Path, state: str) -> Facts | None:
        try:
            rows = self._rows("SELECT facts FROM facts WHERE path = ? AND state = ?", str(path), state)
            return json.loads(zlib.decompress(rows[0][0])) if rows else None
        except (zlib.error, ValueError):
            return None

    def origin(self, path: Path, sha256: str) -> Origin | None:
        """That of the file as it is now, None where no manifest has listed it so."""
        question = "SELECT code, environment FROM origins WHERE path = ? AND state = ?"
        rows = self._rows(question, str(path), _listed(path, sha256))
        return Origin(*rows[0]) if rows else None

    def keep_origins(self, found: Iterable[tuple[Path, str, Origin]]) -> None:
        """Keep the origins of files (path, SHA-256, origin) that are listed for the first time."""
        self._keep("origins", [(str(path), _listed(path, sha256), *origin) for path, sha256, origin in found])

    def keep_environment(self, name: str, versions: Mapping[str, str]) -> None:
        """Keep an environment's versions by its name."""
        self._keep("environments", [(name, json.dumps(versions))])

    def environments(self) -> dict[str, dict[str, str]]:
        """All that were kept."""
        return {name: json.loads(versions) for name, versions in self._rows("SELECT name, versions FROM environments")}

    def _rows(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(question, values).fetchall() if self._database else []
        except sqlite3.Error:
            return []

    def _keep(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if self._database is None or not rows:
            return
        try:
            with self._database:
                places = ", ".join("?" * len(rows[0]))
                self._database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", rows)
        except sqlite3.Error:
            self._database = None

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()


def _listed(path: Path, sha256: str) -> str:
    """What is the same of a file until it is made anew."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns} {sha256}"
