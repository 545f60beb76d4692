"""The origin of figures (command, commit, code, machine), stored in their JSON, and functions shared by all
benchmarks."""

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil

from moodreel.storage import atomic, fingerprint

ROOT = Path(__file__).parents[1]
RESULTS = Path("benchmarks/results")


def parser(description: str | None, results: Path | None = None) -> argparse.ArgumentParser:
    """A parser whose help shows the defaults, with `--out` if there are `results`."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    if results:
        made.add_argument("--out", type=Path, default=results, help="JSON file")
    return made


def describe(program: str, options: Iterable[str], *, code: Iterable[str], libraries: Iterable[str]) -> dict[str, Any]:
    """The origin of figures made now.

    program: module below `benchmarks`, run with `options`.
    code: modules below `moodreel` whose fingerprint is stored.
    libraries: distributions whose versions are stored.
    """
    processor = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "command": shlex.join(["python", "-m", f"benchmarks.{program}", *options]),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--", "workflow", "benchmarks/*.py")),
        "code": fingerprint.fingerprint(*code),
        "processor": processor[1] if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average_before": load_average(),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in libraries},
    }


def load_average() -> list[float]:
    """The machine's load average over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def report_progress(what: str) -> None:
    """Print progress to stderr."""
    print(what, file=sys.stderr, flush=True)


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write figures as JSON."""
    atomic.write_text(path, json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def measure(action: Callable[[], object]) -> dict[str, float]:
    """Seconds that one call of `action` takes: `wall`, which includes waiting for the core, and `cpu`, of all threads
    of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def resident_bytes(process: psutil.Process) -> int:
    """Memory of a process and its descendants in bytes; pages shared by two of them count twice."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
