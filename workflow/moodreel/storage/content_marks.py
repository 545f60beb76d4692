"""Whether a video file still holds what it held, without reading it whole.

Times alone do not tell: a copied folder makes every file new, and another video moved under an old name may be older
than what was read from the first. So each file has a mark, of its size and of three pieces of it. It is looked at anew
only where size or times have changed since, which is remembered in a file of its own.
"""

from __future__ import annotations

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
"""Bytes of each piece: the first, the middle and the last. A container's index stands in the first or the last, and
holds the size of every frame."""


class Marks:
    """What files hold.

    memory: where marks are remembered between runs. What cannot be read or written there is only slower.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, dict] = {}

    def look(self, paths: Iterable[str]) -> None:
        """Look at all `paths` at once, but those looked at already, and remember what was found."""
        paths = sorted(set(paths) - self._known.keys())
        if not paths:
            return
        before = dict(self._before)
        with ThreadPoolExecutor(8) as threads:
            for path, known in zip(paths, threads.map(self._look, paths), strict=True):
                self._known[path] = known
        now = before | {path: known for path, known in self._known.items() if "why" not in known}
        if now != before:
            with suppress(OSError, UserError):  # a folder that cannot be written to may still be planned in
                atomic.write_text(self._memory, json.dumps(now))

    def mark(self, path: str) -> str:
        """Sixteen hexadecimal digits that are others where the file holds something else; `absent` where none is to be
        seen, `unreadable` where it may not be opened, and the time of a folder, into which nobody looks."""
        return self._at(path)["mark"]

    def why(self, path: str) -> str:
        """Why the file is absent or unreadable, as the system says it; nothing where it is neither."""
        return self._at(path).get("why", "")

    def modified_ns(self, path: str) -> int:
        """The file's time, as Snakemake takes it: a link is as new as it was made, or as what it links to; 0 where none
        is to be seen."""
        return self._at(path)["modified_ns"]

    def is_touched(self, path: str) -> bool:
        """Whether the file still holds what it held when it was first looked at, but has another time."""
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
    os.scandir(path).close()  # which fails where its files may not be listed
    return f"{FOLDER} of {modified_ns}"


def _mark(path: str, size: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as file:
        for start in sorted({0, max(0, (size - PIECE) // 2), max(0, size - PIECE)}):
            file.seek(start)
            digest.update(file.read(PIECE))
    return digest.hexdigest()[:16]
