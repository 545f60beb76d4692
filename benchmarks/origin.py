"""What makes figures: command, commit, code and machine, as each JSON of figures holds them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moodreel.storage import fingerprint


def describe(program: str, options: Iterable[str], *, code: Iterable[str], libraries: Iterable[str]) -> dict[str, Any]:
    """What makes the figures now.

    program: module below `benchmarks`, run with `options`.
    code: modules below `moodreel` whose fingerprint is taken.
    libraries: distributions whose versions matter.
    """
    processor = re.search(r"model name\s*:\s*(.+)", _text("/proc/cpuinfo"))
    return {
        "command": shlex.join(["python", "-m", f"benchmarks.{program}", *options]),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_commit": bool(_git("status", "--porcelain", "--", "workflow", "benchmarks/*.py")),
        "code": fingerprint.fingerprint(*code),
        "processor": processor[1] if processor else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average_before": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in libraries},
    }


def say(what: str) -> None:
    """Tell whoever waits what is being measured."""
    print(what, file=sys.stderr, flush=True)


def _text(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
