"""Reads each case in a process of its own, with limits of time and memory, and judges what comes out."""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from tests.bad_input.case import Case, Make, Outcome, Rows, judge

HANG_S = 60.0
"""A case that takes longer hangs: the largest take a few seconds."""

MEMORY_MB = 3000
"""A case that takes more memory takes the machine; the largest picture that is read needs 1 GB."""

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.bad_input.readers", "moodreel.video.decode", "moodreel.music.soundtrack", "moodreel.formats.alignment",
        "moodreel.formats.openpose", "moodreel.formats.pyfeat", "moodreel.formats.openface", "moodreel.video.table",
        "moodreel.settings.resolve", "moodreel.classify.saved", "moodreel.classify.estimators", "tslearn.neighbors", "tslearn.svm",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A case with its outcome, the verdict (`case.judge`) and what is wrong."""

    case: Case
    outcome: Outcome
    verdict: str
    mistake: str


def run(cases: Iterable[Case], workers: int = 2, hang_s: float = HANG_S) -> Iterator[Judged]:
    """The cases, judged, in their order."""
    twins = _Twins(hang_s)
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda case: _judged(case, twins, hang_s), cases)


def _judged(case: Case, twins: _Twins, hang_s: float) -> Judged:
    found = read(case.make, case.run, case.options, hang_s)
    makers = [one.twin for one in case.expect if isinstance(one, Rows) and one.twin]
    twin = twins.outcome(makers[0], case) if makers else None
    return Judged(case, found, *judge(case, found, twin))


class _Twins:
    """Outcomes of clean twins, each read once."""

    def __init__(self, hang_s: float) -> None:
        self._found: dict[Any, Outcome] = {}
        self._lock = threading.Lock()
        self._hang_s = hang_s

    def outcome(self, make: Make, case: Case) -> Outcome:
        key = (make, case.run, tuple(sorted(case.options.items())))
        with self._lock:
            if key not in self._found:
                self._found[key] = read(make, case.run, case.options, self._hang_s)
            return self._found[key]


def read(make: Make, name: str, options: Mapping[str, Any], hang_s: float = HANG_S) -> Outcome:
    """Make an input in a temporary folder and read it in a child process."""
    folder = Path(tempfile.mkdtemp(prefix="moodreel-bad-input-"))
    try:
        try:
            path = make(folder)
        except Exception as error:
            return Outcome("unmade", message=f"the input could not be made: {error}")
        receiver, sender = FORKS.Pipe(duplex=False)
        child = FORKS.Process(target=_child, args=(sender, name, path, dict(options)), daemon=False)
        begun = time.monotonic()
        child.start()
        sender.close()
        return _wait(child, receiver, begun, hang_s)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child(sender: Connection, name: str, path: Path, options: dict[str, Any]) -> None:
    from tests.bad_input import readers

    begun = time.monotonic()
    found = readers.read(name, path, options)
    found.seconds = time.monotonic() - begun
    sender.send(found)


def _wait(child: Any, receiver: Connection, begun: float, hang_s: float) -> Outcome:
    """The child's outcome, or what ended it."""
    peak_mb, found = 0.0, None
    while found is None:
        if receiver.poll(0.02):
            try:
                found = receiver.recv()
            except EOFError:
                child.join()
                found = Outcome("crash", message=f"the process ended with status {child.exitcode}")
            break
        peak_mb = max(peak_mb, _resident_mb(child.pid))
        if time.monotonic() - begun > hang_s:
            found = Outcome("hang", message=f"no end after {hang_s:g} s")
        elif peak_mb > MEMORY_MB:
            found = Outcome("memory", message=f"more than {MEMORY_MB} MB")
    peak_mb = max(peak_mb, _resident_mb(child.pid))
    _end(child)
    found.seconds = found.seconds or time.monotonic() - begun
    found.peak_mb = round(max(found.peak_mb, peak_mb), 1)
    return found


def _resident_mb(pid: int) -> float:
    """Memory of a process, at its peak, and of its descendants."""
    total = 0.0
    with suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        status = Path(f"/proc/{pid}/status")
        own = (
            next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), "")
            if status.exists()
            else ""
        )
        total = int(own.split()[1]) / 1024 if own else process.memory_info().rss / 2**20
        for one in process.children(recursive=True):
            with suppress(psutil.Error):
                total += one.memory_info().rss / 2**20
    return total


def _end(child: Any) -> None:
    with suppress(psutil.Error):
        for one in psutil.Process(child.pid).children(recursive=True):
            with suppress(psutil.Error):
                one.kill()
    child.join(2)
    if child.is_alive():
        child.kill()
        child.join()
