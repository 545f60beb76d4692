"""Files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moodreel import awaited, full_disk

STALE_S = 24 * 3600
"""A temporary file of another host that has not changed for so long was left behind."""


_TEMPORARY = re.compile(rf"\..+?\.(?P<host>{re.escape(socket.gethostname())}|[^.]+)\.(?P<process>\d+)(\.\w+)?")


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the name `path`, on an exception it is removed.

    The temporary name carries host and process id, so that an orphan of a killed run never shares a file with its
    successor. It keeps the suffix of `path`, since ffmpeg and matplotlib choose the format by it. Those that killed
    processes have left of the same `path` are removed.

    Raises DiskFull where there is no room, whatever the block raised; and Abandoned where nobody waits for the file.
    """
    path = Path(path)
    temporary = temporary_path(path, path.suffix)
    try:
        with full_disk.told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path, path.suffix)
            yield temporary
            _settle(temporary)
            awaited.or_refuse()
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_path(path: Path, suffix: str = "") -> Path:
    """Where this process writes what becomes `path`."""
    return path.with_name(f".{path.name.removesuffix(suffix)}.{socket.gethostname()}.{os.getpid()}{suffix}")


def sweep(path: Path, suffix: str = "") -> None:
    """Remove the temporary files and folders of `path` that processes have left which are gone: those of this host that
    do not exist any more, and on other hosts whatever has not changed for `STALE_S`. What cannot be removed stays."""
    stem = path.name.removesuffix(suffix)
    pattern = re.compile(rf"\.{re.escape(stem)}\.(?P<host>.+)\.(?P<process>\d+){re.escape(suffix)}")
    for entry in os.scandir(path.parent):
        found = pattern.fullmatch(entry.name)
        if found is None:
            continue
        with suppress(OSError):
            own = entry.name == temporary_path(path, suffix).name
            if not own and not _is_left(entry.path, found):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def left_behind(folder: Path) -> Iterator[Path]:
    """Whatever of that kind lies in `folder`, which is not looked at further down, made for whichever path."""
    for entry in os.scandir(folder):
        found = _TEMPORARY.fullmatch(entry.name)
        if found and _is_left(entry.path, found):
            yield Path(entry.path)


def _is_left(path: str, name: re.Match[str]) -> bool:
    """Whether the process is gone that wrote under this temporary name."""
    if name["host"] != socket.gethostname():
        return time.time() - os.lstat(path).st_mtime > STALE_S
    return not _is_alive(int(name["process"]))


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        pass
    return True


def _settle(path: Path) -> None:
    """Have the file's content on the disk. Quotas and network file systems may find out only now that there is no room,
    and after a power cut a file could else have its name and no content."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: str | Path) -> str:
    """The file's SHA-256 as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
