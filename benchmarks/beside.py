"""Other processes beside this one: MediaPipe in an environment of its own, and moodreel's step as a job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from moodreel.errors import UserError

MEDIAPIPE = "mediapipe==0.10.21"
WORKER = Path(__file__).with_name("mediapipe_worker.py")


def mediapipe_python(folder: Path, python: str) -> Path:
    """The interpreter of an environment in `folder` that holds MediaPipe 0.10.21, made by `python` on first use.

    It is apart from moodreel's own since that version needs numpy < 2. Raises UserError where it cannot be made.
    """
    if shutil.which(python) is None:
        raise UserError(f"--mediapipe-python {python}: there is no such program; give a Python 3.9 to 3.12")
    interpreter = folder / "bin" / "python"
    ready = folder / "ready"
    if ready.is_file() and ready.read_text() == MEDIAPIPE:
        return interpreter
    steps = (
        [python, "-m", "venv", "--clear", str(folder)],
        [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MEDIAPIPE],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise UserError(
                f"{MEDIAPIPE} cannot be installed in {folder}: {said[-1] if said else 'no message'}; it needs Python "
                "3.9 to 3.12 (give one with --mediapipe-python) and a package index"
            )
    ready.write_text(MEDIAPIPE)
    return interpreter


def run_mediapipe(interpreter: Path, pictures: Path, total: int) -> dict[str, Any]:
    """Start-up, times and findings of MediaPipe over `total` of the `pictures` (.npy), as `mediapipe_worker` says."""
    command = [str(interpreter), str(WORKER), "--pictures", str(pictures), "--total", str(total)]
    done = subprocess.run([*command, "--started", str(time.monotonic())], capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"MediaPipe ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def run_jobs(video: Path, folder: Path, cores: Sequence[Collection[int]], models: Path, *more: str) -> list[dict]:
    """What `benchmarks.job` tells of as many jobs as `cores` has sets, side by side, each bound to its set, each
    extracting `video` into `folder`."""
    jobs = []
    for number, own in enumerate(cores):
        command = [sys.executable, "-m", "benchmarks.job", "--cores", ",".join(map(str, sorted(own)))]
        command += ["--started", str(time.monotonic()), "--video", str(video), "--models", str(models)]
        command += [f"--{table}-out={folder / f'{number}-{table}.parquet'}" for table in ("pose", "mesh")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        jobs.append(subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True, env=environment))
    answers = [job.communicate()[0] for job in jobs]
    if any(job.returncode for job in jobs):
        raise UserError(f"a job on {video} ended with status {max(job.returncode for job in jobs)}; see above")
    return [json.loads(answer.splitlines()[-1]) for answer in answers]
