"""Atomic writing: files and folders appear whole or not at all."""

import errno
import hashlib
import os
import re
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token

STALE_S = 24 * 3600
"""A temporary file of another host that has not changed for this long was left behind."""

TIMESTAMP = ".snakemake_timestamp"
"""The file that Snakemake puts into every output folder."""

_OURS = ".moodreel"
"""Prefix of temporary names, which keeps them apart from other programs' hidden files."""

_TEMPORARY = re.compile(
    rf"{re.escape(_OURS)}\..+?\.(?P<host>{re.escape(socket.gethostname())}|[^.]+)\.(?P<process>\d+)(\.\w+)?"
)

_SYNC_THREADS = 16
"""Threads that call fsync. The file system combines requests made at once: 4,500 files of 1.5 kB took 0.5 s, and 1 s
one by one."""


@contextmanager
def replacement(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; on success it is renamed to `path`, on an exception it is removed.

    The temporary name contains host and process id, so that an orphan of a killed run never shares a file with its
    successor. It keeps the suffix of `path`, since ffmpeg and matplotlib choose the format by it. Temporary files of
    the same `path` that killed processes have left are removed.

    Raises DiskFull where the disk is full, whatever the block raised, and NotCurrent where this process belongs to a
    run that has ended.
    """
    path = Path(path)
    temporary = temporary_path(path, path.suffix)
    try:
        with disk_full.explain(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path, path.suffix)
            yield temporary
            _sync(temporary)
            run_token.require_current()
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def folder_replacement(path: Path, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield an empty folder next to `path`; on success it is renamed to `path`, on an exception it is removed.

    An existing folder `path` is replaced, but only if `is_ours` is true of all its direct children except `TIMESTAMP`.
    Raises UserError where it is not, or where `path` is a file; DiskFull where the disk is full; NotCurrent where this
    process belongs to a run that has ended.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"{path}: is a file, but a folder is to be written there.")
    children = [child for child in path.iterdir() if child.name != TIMESTAMP] if path.is_dir() else []
    strange = sorted(child.name for child in children if not is_ours(child))
    if strange:
        raise UserError(
            f"{path}: not replaced, since it has other content ({', '.join(strange[:3])}). Move it, or choose "
            "another folder."
        )
    temporary = temporary_path(path)
    try:
        with disk_full.explain(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            sweep(path)
            temporary.mkdir()
            yield temporary
            _sync_all(temporary)
            run_token.require_current()
            if path.is_dir():
                shutil.rmtree(path)
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def of_suffix(*suffixes: str) -> Callable[[Path], bool]:
    """The `is_ours` of `folder_replacement` for folders that hold files with these suffixes."""
    return lambda child: child.suffix in suffixes


def temporary_path(path: Path, suffix: str = "") -> Path:
    """The temporary path under which this process writes `path`."""
    return path.with_name(f"{_OURS}.{path.name.removesuffix(suffix)}.{socket.gethostname()}.{os.getpid()}{suffix}")


def sweep(path: Path, suffix: str = "") -> None:
    """Remove temporary files and folders of `path` left by ended processes: on this host those whose process does not
    exist any more, on other hosts those unchanged for `STALE_S`. Files that cannot be removed stay."""
    stem = path.name.removesuffix(suffix)
    pattern = re.compile(rf"{re.escape(_OURS)}\.{re.escape(stem)}\.(?P<host>.+)\.(?P<process>\d+){re.escape(suffix)}")
    for entry in os.scandir(path.parent):
        found = pattern.fullmatch(entry.name)
        if found is None:
            continue
        with suppress(OSError):
            own = entry.name == temporary_path(path, suffix).name
            if not own and not _is_orphan(entry.path, found):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)


def leftovers(folder: Path) -> Iterator[Path]:
    """All such orphaned temporary files and folders directly in `folder`, of any path."""
    for entry in os.scandir(folder):
        found = _TEMPORARY.fullmatch(entry.name)
        if found and _is_orphan(entry.path, found):
            yield Path(entry.path)


def _is_orphan(path: str, name: re.Match[str]) -> bool:
    """Whether the process that wrote under this temporary name has ended."""
    if name["host"] != socket.gethostname():
        return time.time() - os.lstat(path).st_mtime > STALE_S
    return not run_token.is_alive(int(name["process"]))


def _sync(path: Path) -> None:
    """Flush a file's content, or a folder's entries, to the disk. Quotas and network file systems may report a full
    disk only now, and without this a file could be empty after a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems do not support fsync of folders
            raise
    finally:
        os.close(file)


def _sync_all(folder: Path) -> None:
    """Flush a folder and everything in it to the disk."""
    with ThreadPoolExecutor(_SYNC_THREADS) as threads:
        for _ in threads.map(_sync, [*folder.rglob("*"), folder]):
            pass


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with replacement(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: str | Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits; of a folder, the SHA-256 of its files' names and hashes; of a
    pipe or a device, whose content may never come or end, that of nothing."""
    if os.path.isdir(path):
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        listed = [f"{file.relative_to(path).as_posix()} {sha256(file)}\n" for file in files]
        return hashlib.sha256("".join(listed).encode()).hexdigest()
    if not stat.S_ISREG(os.stat(path).st_mode):
        return hashlib.sha256().hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
