"""Assignment of the machine's GPUs to jobs that share them, where nothing else assigns them."""

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
"""Jobs that may share one GPU: more than fit its memory."""


@cache
def take() -> IO[str] | None:
    """Take a GPU for the lifetime of this process and hide the others from CUDA; call it before CUDA is used.

    Jobs spread evenly, since each takes the GPU with the fewest jobs. A killed job gives its slot back, since the
    operating system drops its lock. Returns the lock, which this cache holds open; None, with nothing done, where there
    is at most one GPU or Slurm has given the job one.
    """
    return choose(os.environ, count(), Path(tempfile.gettempdir(), f"moodreel-gpus-{os.getuid()}"))


def choose(environment: MutableMapping[str, str], gpus: int, folder: Path) -> IO[str] | None:
    """`take` on a machine with this number of GPUs: lock a slot in `folder`, set CUDA_VISIBLE_DEVICES in `environment`.

    Without a free slot, that is beyond 64 jobs per GPU, nothing is set and CUDA takes its first GPU.
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


def _locked(path: Path) -> IO[str] | None:
    """The file, open and locked; None where another process holds its lock."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
