"""The steps of an analysis as processes, as many side by side as there are cores, watched for time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodreel.errors import UserError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
SAMPLED_S = 0.2


@dataclass(frozen=True)
class Job:
    """One call of a step: its name, its options, and the threads that it may use."""

    step: str
    options: tuple[str, ...]
    threads: int = 1


class Memory:
    """The most memory that a set of processes and this one held together, in bytes, sampled five times a second.

    Resident sets are added up, so pages that two of them share count twice.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.pids: set[int] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        while not self._end.wait(SAMPLED_S):
            self.peak = max(self.peak, sum(page * _pages(pid) for pid in (os.getpid(), *self.pids)))


def _pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0  # it has just ended


def run(stages: Sequence[Sequence[Job]], folder: Path, cores: Sequence[int]) -> dict[str, Any]:
    """Run the jobs of each stage, one per core side by side, then those of the next; their logs stay in `folder`.

    What came of it: `wall` seconds of all, `peak_bytes`, and what each job told of itself in `jobs`. Raises UserError
    where a job fails.
    """
    told: list[dict[str, Any]] = []
    began = time.perf_counter()
    with Memory() as memory, ThreadPoolExecutor(len(cores)) as pool:
        for jobs in stages:
            numbered = enumerate(jobs, start=len(told))
            told += pool.map(lambda job: _run(job[1], folder / f"job-{job[0]}", cores, memory), numbered)
    return {"wall": time.perf_counter() - began, "peak_bytes": memory.peak, "jobs": told}


def _run(job: Job, name: Path, cores: Sequence[int], memory: Memory) -> dict[str, Any]:
    answer, log = name.with_suffix(".json"), name.with_suffix(".log")
    command = [sys.executable, "-m", "benchmarks.analysis_job", str(answer), job.step, *job.options]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        **dict.fromkeys(THREADS, str(min(job.threads, len(cores)))),
    }
    with log.open("w") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env=environment, preexec_fn=lambda: _bind(cores)
        )
        memory.pids.add(process.pid)
        status = process.wait()
        memory.pids.discard(process.pid)
    if status:
        raise UserError(f"the step {job.step} ended with status {status}:\n{log.read_text()[-2000:]}")
    options = [option.replace(f"{name.parent}{os.sep}", "") for option in job.options]
    return {"options": options, **json.loads(answer.read_text())}


def _bind(cores: Sequence[int]) -> None:
    os.sched_setaffinity(0, cores)


def as_option(settings: Mapping[str, Any]) -> tuple[str, str]:
    """The option by which a step is given its settings."""
    return "--settings", json.dumps(settings)
