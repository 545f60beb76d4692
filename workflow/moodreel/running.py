"""One run at a time in a folder: a lock that the operating system drops with the process that holds it.

Snakemake's own lock is a file that outlives a killed run and asks for `--unlock`; the default profile turns it off.
This one is `flock` on `awaited.RECORD`, taken by Snakemake's `onstart` hook. That runs in the main process of a real
run, before its first job: not in dry runs, not with `--unlock`, `--lint`, `--summary`, `--dag` or `--report`, not where
there is nothing to be done, and not in the Snakemake inside each cluster job (`--no-hooks`). Where the workflow is used
as a module of another one, it is not run either.

Some network file systems keep such locks on each machine for itself (Lustre mounted with `localflock`, NFS with
`local_lock`): there two runs on different machines do not see each other. The one that began last then wins, since the
jobs of the other refuse to publish (moodreel/awaited.py).
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import socket
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from moodreel import awaited, full_disk
from moodreel.errors import UserError

NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""What `flock` says on a file system that knows no locks."""

MATPLOTLIB_LOCKS = "results/.cache/matplotlib/*.matplotlib-lock"
"""Files by which matplotlib guards its list of fonts; one that a killed job has left costs every later job 5 s."""


def begin() -> int:
    """Take the lock of the current folder, and let the jobs of this process know to which run they belong.

    Returns the file descriptor that holds the lock until it is closed, by whatever end this process has; it is not
    inherited by jobs. Raises UserError where another run holds the lock.
    """
    with full_disk.told(awaited.RECORD):
        held = _open(awaited.RECORD)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise UserError(_occupied(read(awaited.RECORD))) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            print(
                f"moodreel: {awaited.RECORD.parent}/ lies on a file system without locks ({error.strerror}): see to it "
                "yourself that no two runs work in this folder at once.",
                file=sys.stderr,
            )
        _write(held)
    for stale in Path().glob(MATPLOTLIB_LOCKS):
        stale.unlink(missing_ok=True)
    return held


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError as error:
        raise UserError(
            f"{error.filename}: {error.strerror}. A run writes into {path.parent}/: have yourself allowed to, or work "
            "in a folder of your own."
        ) from None


def _write(held: int) -> None:
    """Write down this run, over what stands there: the lock is on the file, so it cannot be replaced."""
    record = {
        "token": secrets.token_hex(8),
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
    }
    text = json.dumps(record).encode() + b"\n"
    os.pwrite(held, text.ljust(os.fstat(held).st_size), 0)
    os.ftruncate(held, len(text))
    os.environ[awaited.VARIABLE] = record["token"]


def read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}


def _occupied(record: dict[str, Any]) -> str:
    process, host, since = (record.get(key, "unknown") for key in ("process", "host", "since"))
    return (
        f"another run is at work in this folder: process {process} on {host}, since {since}. Two runs at once would "
        f"write the same files. Wait until it has ended, or end it (Ctrl-C in its window, or `kill -INT {process}` on "
        f"{host}), and start again: what is finished stays. Dry runs (--dry-run) are possible meanwhile; another "
        "folder can hold another run (--directory)."
    )
