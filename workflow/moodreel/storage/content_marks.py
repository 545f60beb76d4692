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
from typing import Any

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
        """Why the file is absent or unreadable, mostly in the system's words; empty where it is neither."""
        return self._at(path).get("why", "")

    def content(self, path: str) -> str | None:
        """The mark of the file, of an absent one the last that is stored; None where there is none, for folders and for
        empty files. Files with the same mark are copies of each other."""
        found = self._at(path)
        if found["mark"] == ABSENT:
            found = self._before.get(path, found)
        is_file = found.get("bytes") and not found["mark"].startswith((FOLDER, UNREADABLE))
        return found["mark"] if is_file else None

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
            found = json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return {path: known for path, known in found.items() if _is_known(known)} if isinstance(found, dict) else {}


def _is_known(known: Any) -> bool:
    """Whether this is what `_look` makes; another program may have written into the file."""
    numbers = ("bytes", "modified_ns", "changed_ns", "first_ns")
    return (
        isinstance(known, dict)
        and isinstance(known.get("mark"), str)
        and all(isinstance(known.get(name), int) for name in numbers)
    )


def _look(path: str, before: dict | None) -> dict:
    try:
        own, found = os.lstat(path), os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a NUL character
        why = error.strerror if isinstance(error, OSError) else str(error)
        return {"mark": ABSENT, "modified_ns": 0, "first_ns": 0, "why": why}
    now = {
        "bytes": found.st_size,
        "modified_ns": max(own.st_mtime_ns, found.st_mtime_ns),
        "changed_ns": max(own.st_ctime_ns, found.st_ctime_ns),
    }
    if before and now.items() <= before.items():
        return before
    is_folder = stat.S_ISDIR(found.st_mode)
    if not is_folder and (kind := special_kind(path, found.st_mode)):  # opening a pipe would wait for its writer
        return {**now, "mark": UNREADABLE, "first_ns": now["modified_ns"], "why": f"{kind}, not a file"}
    try:
        mark = _mark_of_folder(path, found.st_mtime_ns) if is_folder else _mark(path, found.st_size)
    except OSError as error:
        return {**now, "mark": UNREADABLE, "first_ns": now["modified_ns"], "why": error.strerror}
    first_ns = before["first_ns"] if before is not None and before["mark"] == mark else now["modified_ns"]
    return {**now, "mark": mark, "first_ns": first_ns}


def special_kind(path: str | Path, mode: int) -> str | None:
    """What the file at `path` is, by its `mode`, in words; None where it is a regular file of a disk. Files of the
    kernel call themselves regular, but reading some of them waits (/proc/kmsg), or never ends."""
    if not stat.S_ISREG(mode):
        return kind_of_file(mode)
    return "a file of the kernel" if os.path.realpath(path).startswith(("/proc/", "/sys/")) else None


def kind_of_file(mode: int) -> str:
    """What a file that is not regular is, by its `mode`, in words."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "a special file")


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
