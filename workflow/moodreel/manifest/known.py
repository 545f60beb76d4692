"""What was found out about files before, so that only what is new has to be read again."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from moodreel.provenance import fingerprint

CACHE = Path("results", ".cache", "digests.sqlite")


class Known:
    """A small database of facts about files, by path. They hold while size, times and inode are the same (the time of
    the last change of these cannot be set by hand) and the code that finds them out too.

    Where the file system has no locks, or the file is spoilt, nothing is known and nothing kept: it only saves time.
    """

    def __init__(self, path: Path = CACHE) -> None:
        self._code = fingerprint("manifest.contents")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database: sqlite3.Connection | None = sqlite3.connect(path, timeout=5)
            self._database.execute("CREATE TABLE IF NOT EXISTS facts (path TEXT PRIMARY KEY, state TEXT, facts BLOB)")
            self._database.execute("CREATE TABLE IF NOT EXISTS environments (name TEXT PRIMARY KEY, versions TEXT)")
        except (OSError, sqlite3.Error):
            self._database = None

    def state(self, path: Path) -> str:
        """What stands for the file's content: equal, and the content is taken for equal."""
        found = path.stat()
        return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino} {self._code}"

    def get(self, path: Path) -> dict[str, Any] | None:
        """What is known of the file as it is now."""
        if self._database is None:
            return None
        try:
            row = self._database.execute("SELECT state, facts FROM facts WHERE path = ?", (str(path),)).fetchone()
            return json.loads(zlib.decompress(row[1])) if row and row[0] == self.state(path) else None
        except (sqlite3.Error, zlib.error, ValueError):
            return None

    def put(self, found: Iterable[tuple[Path, str, dict[str, Any]]]) -> None:
        """Keep facts of files in the state that they had before they were read."""
        if self._database is None:
            return
        rows = [(str(path), state, zlib.compress(json.dumps(facts).encode(), 1)) for path, state, facts in found]
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
        except sqlite3.Error:
            self._database = None

    def keep(self, environment: str, versions: Mapping[str, str]) -> None:
        """Keep an environment's versions by its name."""
        if self._database is not None:
            try:
                with self._database:
                    row = (environment, json.dumps(versions))
                    self._database.execute("INSERT OR REPLACE INTO environments VALUES (?, ?)", row)
            except sqlite3.Error:
                self._database = None

    def environments(self) -> dict[str, dict[str, str]]:
        """All that were kept."""
        if self._database is None:
            return {}
        try:
            rows = self._database.execute("SELECT name, versions FROM environments").fetchall()
        except sqlite3.Error:
            return {}
        return {name: json.loads(versions) for name, versions in rows}

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            self._database.close()
