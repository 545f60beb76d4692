"""Runs the steps of an analysis as their rules do, one process per core, and measures time and memory. Each process
reports where its time went."""

import functools
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.origin import resident_bytes
from moodreel.errors import UserError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")
SAMPLED_S = 0.2

WATCHED = (
    ("read features into bins", "moodreel.features.bins", "read"),
    ("scaler", "moodreel.features.scaling.FeatureScaler", "fit"),
    ("scaler", "moodreel.features.scaling.FeatureScaler", "transform"),
    ("PCA", "sklearn.decomposition.PCA", "fit"),
    ("PCA", "sklearn.decomposition.PCA", "transform"),
    ("UMAP fit", "moodreel.clusters.embed.Umap", "fit"),
    ("UMAP transform", "moodreel.clusters.embed.Umap", "transform"),
    ("k-means", "moodreel.clusters.series.SeriesKMeans", "fit"),
    ("silhouettes", "moodreel.clusters.choose", "silhouettes"),
    ("silhouette curve and resamples", "moodreel.clusters.choose", "select"),
    ("silhouette curve and resamples", "moodreel.clusters.choose", "curve"),
    ("{0}: training", "moodreel.classify.protocol", "train"),
    ("{0.name}: prediction", "moodreel.classify.protocol", "predict"),
)
"""A stage's name, to be formatted with the call's arguments, and the function it times: its module or class, and its
name there."""


@dataclass(frozen=True)
class Job:
    """One call of a step: its name, its options, and the threads that it may use."""

    step: str
    options: tuple[str, ...]
    threads: int = 1


def run(stages: Sequence[Sequence[Job]], folder: Path, cores: int) -> dict[str, Any]:
    """Run the jobs of each stage, `cores` side by side, then those of the next; their logs stay in `folder`.

    Returns the total `wall` seconds, `peak_bytes`, and the report of each job in `jobs`. Raises UserError when a job
    fails.
    """
    reports: list[dict[str, Any]] = []
    began = time.perf_counter()
    with peak_memory() as peaks, ThreadPoolExecutor(cores) as pool:
        for jobs in stages:
            numbered = enumerate(jobs, start=len(reports))
            reports += pool.map(lambda job: _run(job[1], folder / f"job-{job[0]}", cores), numbered)
    return {"wall": time.perf_counter() - began, "peak_bytes": max(peaks), "jobs": reports}


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Sample the memory, in bytes, of this process and those it starts, five times a second until the context ends."""
    ended, own, found = threading.Event(), psutil.Process(), [0]

    def watch() -> None:
        while not ended.wait(SAMPLED_S):
            found.append(resident_bytes(own))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _run(job: Job, name: Path, cores: int) -> dict[str, Any]:
    report, log = name.with_suffix(".json"), name.with_suffix(".log")
    command = [sys.executable, "-m", "benchmarks.analysis_job", str(report), job.step, *job.options]
    environment = {**os.environ, **dict.fromkeys(THREADS, str(min(job.threads, cores)))}
    with log.open("w") as output:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=environment).returncode
    if status:
        raise UserError(f"the step {job.step} ended with status {status}:\n{log.read_text()[-2000:]}")
    options = [option.replace(f"{name.parent}{os.sep}", "") for option in job.options]
    return {"options": options, **json.loads(report.read_text())}


class Stages:
    """Seconds by stage: wall-clock time, and processor time of all threads, without nested stages."""

    def __init__(self) -> None:
        self._seconds: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
        self._inside = [np.zeros(2)]

    def watch(self, stage: str, function: Callable) -> Callable:
        """`function`, timed as `stage`, which is filled in with its arguments."""

        @functools.wraps(function)
        def run_timed(*args: Any, **options: Any) -> Any:
            self._inside.append(np.zeros(2))
            began = _now()
            try:
                return function(*args, **options)
            finally:
                passed = _now() - began
                self._seconds[stage.format(*args)] += passed - self._inside.pop()
                self._inside[-1] += passed

        return run_timed

    def as_json(self) -> dict[str, dict[str, float]]:
        return {stage: _clocks(seconds) for stage, seconds in sorted(self._seconds.items())}


def _now() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def _clocks(seconds: np.ndarray) -> dict[str, float]:
    return dict(zip(("wall", "cpu"), seconds.tolist(), strict=True))


def main() -> None:
    started = np.array([time.perf_counter(), 0])
    report, step = Path(sys.argv[1]), sys.argv[2]
    stages = Stages()
    for stage, owner, name in WATCHED:
        place = pkgutil.resolve_name(owner)
        setattr(place, name, stages.watch(stage, getattr(place, name)))
    importlib.import_module(f"moodreel.steps.{step}").main(sys.argv[3:])
    total = _clocks(_now() - started)
    report.write_text(json.dumps({"step": step, "total": total, "stages": stages.as_json()}))


if __name__ == "__main__":
    main()
