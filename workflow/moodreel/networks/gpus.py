"""Which of the machine's GPUs a job takes, where several jobs share them and nothing else assigns them."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import IO

MOST_PER_GPU = 64
"""Jobs that may share one GPU: more than its memory holds."""


@cache
def take() -> IO[str] | None:
    """Take a GPU for as long as this process lives, and let CUDA see no other; call it before CUDA is used.

    Jobs spread evenly, since each takes the GPU with the fewest. A killed job gives its place back, since the operating
    system drops its lock. Where there is at most one GPU, or Slurm has given the job one, nothing is done and None is
    returned; else the lock, which this cache holds open.
    """
    return choose(os.environ, count(), Path(tempfile.gettempdir(), f"moodreel-gpus-{os.getuid()}"))


def choose(environment: MutableMapping[str, str], gpus: int, folder: Path) -> IO[str] | None:
    """`take` in a machine with so many GPUs: locks a place in `folder`, sets CUDA_VISIBLE_DEVICES in `environment`.

    Without a free place, as beyond 64 jobs per GPU, nothing is set and CUDA takes its first.
    """
    candidates = visible(environment, gpus)
    if len(candidates) < 2:
        return None
    folder.mkdir(mode=0o700, exist_ok=True)
    for slot in range(MOST_PER_GPU):  # the first slot of every GPU before the second of any
        for gpu in candidates:
            if lock := _locked(folder / f"{gpu.replace('/', '_')}.slot-{slot}"):
                environment["CUDA_VISIBLE_DEVICES"] = gpu
                environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # numbers as in nvidia-smi
                return lock
    return None


def visible(environment: Mapping[str, str], gpus: int) -> Sequence[str]:
    """The GPUs that this job may use, as CUDA_VISIBLE_DEVICES names them: what that says, else all of the machine."""
    named = environment.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return [str(number) for number in range(gpus)]
    names = (name.strip() for name in named.split(","))
    return list(takewhile(lambda name: name not in ("", "-1"), names))


def count(driver: Path = Path("/proc/driver/nvidia/gpus")) -> int:
    """How many NVIDIA GPUs the machine has: as the driver's folder says, else `nvidia-smi -L`, else none."""
    if driver.is_dir():
        return sum(1 for _ in driver.iterdir())
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())


def _locked(path: Path) -> IO[str] | None:
    """The file, open and locked; None where another process has it."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
