"""Recognising a full disk in the errors of libraries.

Libraries report it in many ways, all seen on a file system of 300 kB: pyarrow, PyAV, matplotlib, skops and zipfile as
an OSError with its number; polars as one without a number, or as a ComputeError, with the system's message; ffmpeg as a
failed process with this message on stderr; numpy's `tofile` as an OSError of its own ("... requested and 0 written").
Some remove the file at once, so that there is room again when the error is handled.
"""

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeGuard

from moodreel.errors import UserError

NUMBERS = (errno.ENOSPC, errno.EDQUOT)
NO_ROOM, NO_QUOTA = (os.strerror(number) for number in NUMBERS)
"""The system's messages for a full disk and for a used-up quota."""

WORDS = re.compile(f"{re.escape(NO_ROOM)}|{re.escape(NO_QUOTA)}|requested and \\d+ written")

BLOCK_BYTES = 65536
"""With less than this left, a file system counts as full where an error gives no reason for a failed write."""


class DiskFull(UserError):
    """There was no room for a file."""


@contextmanager
def explain(path: str | Path) -> Iterator[None]:
    """Turn any exception that a full disk causes in the block, which writes `path`, into DiskFull with a clear
    message."""
    try:
        yield
    except DiskFull:
        raise
    except Exception as error:
        places = _places(error, Path(path))
        if not _is_full(error, places):
            raise
        raise DiskFull(_message(error, places)) from error


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _places(error: BaseException, path: Path) -> list[Path]:
    """The paths that may have been written: files named in the errors, `path`, and the folder of temporary files."""
    named = [Path(os.fsdecode(cause.filename)) for cause in _causes(error) if _names_a_file(cause)]
    return [*named, path, _temporary_folder()]


def _temporary_folder() -> Path:
    """The folder of temporary files. Python names it only if it can write there, which a full disk prevents."""
    with suppress(OSError):
        return Path(tempfile.gettempdir())
    return Path(os.environ.get("TMPDIR") or "/tmp")


def _names_a_file(error: BaseException) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and isinstance(error.filename, str | bytes)


def _is_full(error: BaseException, places: list[Path]) -> bool:
    for cause in _causes(error):
        if getattr(cause, "errno", None) in NUMBERS or WORDS.search(_text(cause)):
            return True
        if isinstance(cause, OSError) and cause.errno is None and any(map(_has_no_room, places)):
            return True
    return False


def _text(error: BaseException) -> str:
    """The error's message, with the stderr of the failed process if there is one."""
    return f"{error} {(getattr(error, 'stderr', None) or b'')!r}"


def _has_no_room(path: Path) -> bool:
    system = _system(path)
    return system is not None and (system.f_bavail * system.f_frsize < BLOCK_BYTES or _has_no_inode(system))


def _has_no_inode(system: os.statvfs_result) -> bool:
    return system.f_files > 0 and system.f_favail == 0


def _system(path: Path) -> os.statvfs_result | None:
    """The file system of the path, which need not exist; None where it is unknown."""
    with suppress(OSError):
        return os.statvfs(_existing(path))
    return None


def _existing(path: Path) -> Path:
    path = path.absolute()
    return next(folder for folder in (path, *path.parents) if os.path.exists(folder))


def _message(error: BaseException, places: list[Path]) -> str:
    place = next(filter(_has_no_room, places), places[0])
    system = _system(place)
    if system is None:
        what = "the disk is full. Make room there"
    else:
        room = _room(place, system)
        if _has_no_inode(system):
            what = (
                f"no more files can be made there ({room}, but it is out of inodes). Delete files that you do not need"
            )
        elif any(NO_QUOTA in _text(cause) for cause in _causes(error)):
            what = f"your quota there is used up (`quota -s` shows it; {room}). Make room there"
        elif _has_no_room(place):
            what = f"the disk is full: {room}. Make room there"
        else:
            what = f"the disk is full: {room}, and it needed more. Make room there"
    file = f"{place}/: a file in it" if os.path.isdir(place) else f"{place}:"
    return (
        f"{file} could not be written, since {what}, then run snakemake again: it resumes where it stopped. "
        "No incomplete file was kept."
    )


def _room(path: Path, system: os.statvfs_result) -> str:
    """The free space of the file system, in words."""
    folder = _existing(path)
    while not os.path.ismount(folder):
        folder = folder.parent
    left, whole = (blocks * system.f_frsize for blocks in (system.f_bavail, system.f_blocks))
    return f"{_size(left)} of {_size(whole)} are left on the file system of {folder}"


def _size(count: float) -> str:
    """A number of bytes with a decimal unit."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
