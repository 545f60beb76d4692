"""Assignment of the machine's GPUs to jobs that share them, where nothing else assigns them."""

import fcntl
import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import IO

MOST_PER_GPU = 64
"""Jobs that may share one GPU: more than fit its memory."""


@cache
def take() -> IO[str] | None:
    """Take a GPU for the lifetime of this process and hide the others from CUDA; call it before CUDA is used.

    Jobs spread evenly, since each takes the GPU with the fewest jobs. A killed job gives its slot back, since the
    operating system drops its lock. Returns the lock, which this cache holds open; None, with nothing done, where there
    is at most one GPU or Slurm has given the job one.
    """
    temporary = Path(tempfile.gettempdir(), f"moodreel-gpus-{os.getuid()}")
    with suppress(RuntimeError):  # a user without a home
        return choose(os.environ, count(), temporary, Path.home() / ".cache" / f"moodreel-gpus-{socket.gethostname()}")
    return choose(os.environ, count(), temporary)


def choose(environment: MutableMapping[str, str], gpus: int, *folders: Path) -> IO[str] | None:
    """`take` on a machine with this number of GPUs: lock a slot in the first of `folders` that is private, and set
    CUDA_VISIBLE_DEVICES in `environment`.

    Without a free slot, that is beyond 64 jobs per GPU, nothing is set and CUDA takes its first GPU; nor without a
    private folder, which a message on stderr reports.
    """
    candidates = visible(environment, gpus)
    if len(candidates) < 2:
        return None
    folder = next(filter(None, map(_open_private, folders)), None)
    if folder is None:
        print(
            f"moodreel: jobs cannot share the GPUs out: {' and '.join(map(str, folders))} is no folder of yours alone "
            "(mode 0700). Remove it, or ask its owner to, or set TMPDIR to a folder of your own.",
            file=sys.stderr,
        )
        return None
    try:
        for slot in range(MOST_PER_GPU):  # the first slot of every GPU before the second of any
            for gpu in candidates:
                if lock := _lock(f"{gpu.replace('/', '_')}.slot-{slot}", folder):
                    environment["CUDA_VISIBLE_DEVICES"] = gpu
                    environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # numbers as in nvidia-smi
                    return lock
    finally:
        os.close(folder)
    return None


def visible(environment: Mapping[str, str], gpus: int) -> Sequence[str]:
    """The GPUs that this job may use, as CUDA_VISIBLE_DEVICES names them: those it lists, else all of the machine."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [str(number) for number in range(gpus)]
    names = (name.strip() for name in named.split(","))
    return list(takewhile(lambda name: name not in ("", "-1"), names))


def count(driver: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """Number of NVIDIA GPUs of the machine: from the driver's folder, else from `nvidia-smi -L`, else 0."""
    if driver.is_dir():
        return sum(1 for _ in driver.iterdir())
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def _open_private(path: Path) -> int | None:
    """The folder, made where it is missing, as an open file descriptor; None unless it is ours and only ours.

    Its name is predictable, and others may write next to it: whoever makes it first could put links into it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    found = os.fstat(folder)
    if found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077:
        return folder
    os.close(folder)
    return None


def _lock(name: str, folder: int) -> IO[str] | None:
    """The file `name` in the open `folder`, open and locked; None where another process holds its lock, or it is no
    file. It is never followed as a link and never emptied."""
    try:
        number = os.open(
            name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=folder
        )
    except OSError:
        return None
    file = os.fdopen(number, "r+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
