"""One run at a time in a folder: a lock that the operating system releases when the process that holds it ends.

Snakemake's own lock is a file that outlives a killed run and requires `--unlock`; the default profile turns it off.
This one is `flock` on `run_token.RECORD`, taken by Snakemake's `onstart` hook. The hook runs in the main process of a
real run, before its first job: not in dry runs, not with `--unlock`, `--lint`, `--summary`, `--dag` or `--report`, not
where there is nothing to do, and not in the Snakemake inside each cluster job (`--no-hooks`). Where the workflow is
used as a module of another one, it does not run either.

Some network file systems keep such locks per machine (Lustre mounted with `localflock`, NFS with `local_lock`): there
two runs on different machines do not see each other's lock. The run that began last then wins, since the jobs of the
other refuse to publish (moodreel/storage/run_token.py).
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""The errors of `flock` on a file system without locks."""

ATTEMPTS = 5
"""Number of attempts to take the lock, a tenth of a second apart."""

MATPLOTLIB_LOCKS = "results/.cache/matplotlib/*.matplotlib-lock"
"""Lock files of matplotlib's list of fonts; one left by a killed job delays every later job by 5 s."""


@dataclass(frozen=True)
class Before:
    """The state of the folder when planning began: the last run's token, and whether that run was going on."""

    token: str | None
    at_work: bool

    @classmethod
    def look(cls) -> Before:
        """The present state."""
        return cls(run_token.token(run_token.RECORD), is_at_work(run_token.RECORD))

    @property
    def still_so(self) -> bool:
        """Whether no other run than that of this process has been active since."""
        own = os.environ.get(run_token.VARIABLE)
        return not self.at_work and run_token.token(run_token.RECORD) in (self.token, own)


def is_at_work(record: Path) -> bool:
    """Whether a run holds the lock on its record; never where the file system has no locks."""
    try:
        with open(record, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no run yet, or no locks
        return False
    return False


@contextmanager
def kept_idle(top: Path) -> Iterator[None]:
    """Keeps runs from beginning in the folder `top`, and in reproductions in it, which link to its files, while some
    are deleted. Raises UserError where one is at work."""
    with ExitStack() as locks:
        for folder in (top, *sorted(top.glob("results/reproduced/*"))):
            try:
                record = locks.enter_context(open(folder / run_token.RECORD, "rb"))
                fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"a run is going on in {folder.absolute()} and may need these files. Wait for its end."
                ) from None
            except OSError:  # no run yet, or no locks
                pass
        yield


def begin(before: Before | None = None) -> int:
    """Take the lock of the current folder, and pass the run's token to the jobs of this process.

    Returns the file descriptor that holds the lock until it is closed, at the latest when this process ends; jobs do
    not inherit it. Raises UserError where another run holds the lock, or has been active since `before`, so that this
    run's plan is out of date.
    """
    with disk_full.explain(run_token.RECORD):
        held = _open(run_token.RECORD)
        try:
            _lock(held)
        except BlockingIOError:
            os.close(held)
            raise UserError(_occupied(read(run_token.RECORD))) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            print(
                f"moodreel: {run_token.RECORD.parent}/ lies on a file system without locks ({error.strerror}): make "
                "sure yourself that no two runs work in this folder at once.",
                file=sys.stderr,
            )
        if before and not before.still_so:
            os.close(held)
            raise UserError(
                "another run was at work in this folder while this one was planned, so that the plan is out of date. "
                "Start again."
            )
        _write(held)
    for stale in Path().glob(MATPLOTLIB_LOCKS):
        stale.unlink(missing_ok=True)
    return held


def _lock(held: int) -> None:
    """Take the lock. Raises BlockingIOError where it stays taken: `is_at_work` holds it only for a moment."""
    for _ in range(ATTEMPTS):
        with suppress(BlockingIOError):
            return fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.1)
    return fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in disk_full.NUMBERS:
            raise
        if path.parent.is_symlink() and not path.parent.exists():
            raise UserError(
                f"{path.parent} is a link to {os.readlink(path.parent)}, which is not there: mount or make that folder."
            ) from None
        raise UserError(
            f"{error.filename}: {error.strerror}. A run writes into {path.parent}/: ask for write permission, or work "
            "in a folder of your own."
        ) from None


def _write(held: int) -> None:
    """Write this run's record into the open file: the lock is on the file, so that it cannot be replaced."""
    token = secrets.token_hex(8)
    record = {
        "token": token,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
    }
    text = json.dumps(record).encode() + b"\n"
    os.pwrite(held, text.ljust(os.fstat(held).st_size), 0)
    os.ftruncate(held, len(text))
    os.environ[run_token.VARIABLE] = token


def read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}


def _occupied(record: dict[str, Any]) -> str:
    """The message that another run holds the lock."""
    process, host, since = (record.get(key, "unknown") for key in ("process", "host", "since"))
    return (
        f"another run is at work in this folder: process {process} on {host}, since {since}. Two runs at once would "
        f"write the same files. Wait until it has ended, or end it (Ctrl-C in its window, or `kill -INT {process}` on "
        f"{host}), and start again: what is finished stays. Dry runs (--dry-run) are possible meanwhile; another "
        "folder can hold another run (--directory). Where that process has ended, `moodreel forget` or `moodreel "
        "space` is deleting files here: start again afterwards."
    )
