"""Content marks: whether a video file has changed, without reading it whole.

Times alone are not enough: copying a folder makes every file new, and another video moved under an old name may be
older than the tables read from the first. So each file has a mark, a hash of its size and of three pieces of it. The
mark is computed again only where size or times have changed; the marks are stored in a file.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import atomic

ABSENT, FOLDER, UNREADABLE = "absent", "folder", "unreadable"
PIECE = 65_536
"""Bytes of each piece: at the start, in the middle and at the end. A container's index, with the size of every frame,
lies at the start or at the end."""


class Marks:
    """The content marks of files.

    memory: the file that stores marks between runs. Without it marks are computed again.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, dict] = {}

    def look(self, paths: Iterable[str]) -> None:
        """Compute the marks of all `paths` in parallel, except those known already, and store them."""
        paths = sorted(set(paths) - self._known.keys())
        if not paths:
            return
        before = dict(self._before)
        with ThreadPoolExecutor(8) as threads:
            for path, known in zip(paths, threads.map(self._look, paths), strict=True):
                self._known[path] = known
        now = before | {path: known for path, known in self._known.items() if "why" not in known}
        if now != before:
            with suppress(OSError, UserError):  # planning works in a read-only folder too
                atomic.write_text(self._memory, json.dumps(now))

    def mark(self, path: str) -> str:
        """Sixteen hexadecimal digits that change with the file's content; `absent` where there is no file, `unreadable`
        where it cannot be opened; of a folder its time, since its files are not read."""
        return self._at(path)["mark"]

    def why(self, path: str) -> str:
        """Why the file is absent or unreadable, in the system's words; empty where it is neither."""
        return self._at(path).get("why", "")

    def modified_ns(self, path: str) -> int:
        """The file's modification time in ns as Snakemake sees it, of a link the later of its own and its target's; 0
        where there is no file."""
        return self._at(path)["modified_ns"]

    def is_touched(self, path: str) -> bool:
        """Whether the file has another time, but still the content of its first mark."""
        return self._at(path)["modified_ns"] != self._at(path)["first_ns"]

    def _at(self, path: str) -> dict:
        if path not in self._known:
            self._known[path] = self._look(path)
        return self._known[path]

    def _look(self, path: str) -> dict:
        return _look(path, self._before.get(path))

    @cached_property
    def _before(self) -> dict[str, dict]:
        try:
            return json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


def _look(path: str, before: dict | None) -> dict:
    try:
        own, found = os.lstat(path), os.stat(path)
    except OSError as error:
        return {"mark": ABSENT, "modified_ns": 0, "first_ns": 0, "why": error.strerror}
    now = {
        "bytes": found.st_size,
        "modified_ns": max(own.st_mtime_ns, found.st_mtime_ns),
        "changed_ns": max(own.st_ctime_ns, found.st_ctime_ns),
    }
    if before and now.items() <= before.items():
        return before
    try:
        is_folder = stat.S_ISDIR(found.st_mode)
        mark = _mark_of_folder(path, found.st_mtime_ns) if is_folder else _mark(path, found.st_size)
    except OSError as error:
        return {**now, "mark": UNREADABLE, "first_ns": now["modified_ns"], "why": error.strerror}
    first_ns = before["first_ns"] if before is not None and before["mark"] == mark else now["modified_ns"]
    return {**now, "mark": mark, "first_ns": first_ns}


def _mark_of_folder(path: str, modified_ns: int) -> str:
    os.scandir(path).close()  # raises OSError where the folder may not be listed
    return f"{FOLDER} of {modified_ns}"


def _mark(path: str, size: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as file:
        for start in sorted({0, max(0, (size - PIECE) // 2), max(0, size - PIECE)}):
            file.seek(start)
            digest.update(file.read(PIECE))
    return digest.hexdigest()[:16]
