"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token

STALE_S = 24 * 3600
"""A temporary file of another host that has not changed for so long was left behind."""

TIMESTAMP = ".snakemake_timestamp"
"""Snakemake lays this into every folder that it has had made."""

_OURS = ".moodreel"
"""What temporary names begin with, so that nobody else's hidden files are taken for them."""

_TEMPORARY = re.compile(
    rf"{re.escape(_OURS)}\..+?\.(?P<host>{re.escape(socket.gethostname())}|[^.]+)\.(?P<process>\d+)(\.\w+)?"
)

_SETTLERS = 16
"""Threads that wait for the disk. What many files ask for at once is done in one go: 4,500 files of 1.5 kB took 0.5 s,
and 1 s one by one."""


@contextmanager
def replacement(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes the name `path`, on an exception it is removed.

    The temporary name carries host and process id, so that an orphan of a killed run never shares a file with its
    successor. It keeps the suffix of `path`, since ffmpeg and matplotlib choose the format by it. Those that killed
    processes have left of the same `path` are removed.

    Raises DiskFull where there is no room, whatever the block raised; and NotCurrent where nobody waits for the file.
    """
    path = Path(path)
    temporary = temporary_path(path, path.suffix)
    try:
        with disk_full.explain(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path, path.suffix)
            yield temporary
            _settle(temporary)
            run_token.require_current()
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_replacement(path: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield an empty folder beside `path`; on success it takes the name `path`, on an exception it is removed.

    A folder that has the name already is replaced, but only where `is_ours` is true of all that lies directly in it
    (but for `TIMESTAMP`): else, and where the name is a file's, UserError is raised. DiskFull is raised where there is
    no room, NotCurrent where nobody waits for the folder.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"{path}: there is a file of this name; a folder is to be written there.")
    children = [child for child in path.iterdir() if child.name != TIMESTAMP] if path.is_dir() else []
    strange = sorted(child.name for child in children if not is_ours(child))
    if strange:
        raise UserError(
            f"{path}: not replaced, since other things lie in it ({', '.join(strange[:3])}). Move them, or choose "
            "another folder."
        )
    temporary = temporary_path(path)
    try:
        with disk_full.explain(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path)
            temporary.mkdir()
            yield temporary
            _settle_all(temporary)
            run_token.require_current()
            if path.is_dir():
                shutil.rmtree(path)
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def of_suffix(*suffixes: str) -> Callable[[Path], bool]:
    """What `folder_replacement` asks, for folders of files of these suffixes."""
    return lambda child: child.suffix in suffixes


def temporary_path(path: Path, suffix: str = "") -> Path:
    """Where this process writes what becomes `path`."""
    return path.with_name(f"{_OURS}.{path.name.removesuffix(suffix)}.{socket.gethostname()}.{os.getpid()}{suffix}")


def sweep(path: Path, suffix: str = "") -> None:
    """Remove the temporary files and folders of `path` that processes have left which are gone: those of this host that
    do not exist any more, and on other hosts whatever has not changed for `STALE_S`. What cannot be removed stays."""
    stem = path.name.removesuffix(suffix)
    pattern = re.compile(rf"{re.escape(_OURS)}\.{re.escape(stem)}\.(?P<host>.+)\.(?P<process>\d+){re.escape(suffix)}")
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


def leftovers(folder: Path) -> Iterator[Path]:
    """Whatever of that kind lies in `folder`, which is not looked at further down, made for whichever path."""
    for entry in os.scandir(folder):
        found = _TEMPORARY.fullmatch(entry.name)
        if found and _is_left(entry.path, found):
            yield Path(entry.path)


def _is_left(path: str, name: re.Match[str]) -> bool:
    """Whether the process is gone that wrote under this temporary name."""
    if name["host"] != socket.gethostname():
        return time.time() - os.lstat(path).st_mtime > STALE_S
    return not run_token.is_alive(int(name["process"]))


def _settle(path: Path) -> None:
    """Have the file's content on the disk, or the names in a folder. Quotas and network file systems may find out only
    now that there is no room, and after a power cut a file could else have its name and no content."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno != errno.EINVAL:  # by which some file systems say that they settle no folders
            raise
    finally:
        os.close(file)


def _settle_all(folder: Path) -> None:
    """The same of a folder and all that is in it, so that its writers need not."""
    with ThreadPoolExecutor(_SETTLERS) as threads:
        for _ in threads.map(_settle, [*folder.rglob("*"), folder]):
            pass


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacement(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits; of a folder, that of its files' names and hashes."""
    if os.path.isdir(path):
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        listed = [f"{file.relative_to(path).as_posix()} {sha256(file)}\n" for file in files]
        return hashlib.sha256("".join(listed).encode()).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
