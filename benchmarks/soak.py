"""Kill the demo run at random times, again and again, and check that plain runs finish it with the same results.

Writes benchmarks/results/soak.json. The demo is run once undisturbed, then `--kills` times until Snakemake or one of
its jobs' processes is killed (SIGKILL), each time followed by a plain `snakemake --cores 2`; every completed run is
compared with the undisturbed one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import psutil
import pyarrow as pa

from benchmarks import origin
from benchmarks.origin import ROOT, report_progress
from moodreel.storage import run_token
from moodreel.workflow import run_lock
from moodreel.workflow.provenance import contents, difference
from moodreel.workflow.provenance.digest import TOLERANCE

LIBRARIES = ("snakemake", "pyarrow", "polars", "av", "onnxruntime")

SHORTEST_S = 0.05
"""The shortest time from a run's first job to the kill."""

ENDING_S = 900.0
"""A run that takes longer to end by itself counts as hanging."""


def main() -> None:
    parser = origin.parser(__doc__, origin.RESULTS / "soak.json")
    parser.add_argument("--kills", type=int, default=50, help="number of kills")
    parser.add_argument("--seed", type=int, default=0, help="determines what is killed, and when")
    args = parser.parse_args()
    about = describe("soak")
    begun = time.monotonic()
    with kept_on_failure() as folder:
        for figures in soak(folder, args.kills, args.seed):
            origin.write(args.out, {**about, **figures, "wall_s": round(time.monotonic() - begun)})


def describe(program: str, *libraries: str) -> dict[str, Any]:
    """The origin of the figures of a soak (`origin.describe`)."""
    code = ("workflow.run_lock", "storage.atomic")
    return origin.describe(program, sys.argv[1:], code=code, libraries=(*LIBRARIES, *libraries))


@contextmanager
def kept_on_failure() -> Iterator[Path]:
    """A temporary folder that is kept for inspection where the block fails."""
    folder = Path(tempfile.mkdtemp(prefix="moodreel-soak-"))
    try:
        yield folder
    except BaseException:
        report_progress(f"failed; its files are kept in {folder}")
        raise
    shutil.rmtree(folder)


def soak(folder: Path, kills: int, seed: int) -> Iterator[dict[str, Any]]:
    """The figures after each completed run, the last ones after all `kills`, which are random by `seed`. Raises
    RuntimeError or AssertionError where a kill did harm."""
    undisturbed, place = (demo(folder / name) for name in ("undisturbed", "killed"))
    report_progress(f"running the demo undisturbed, in {undisturbed.folder}")
    undisturbed_s = undisturbed.finish()
    report_progress(f"took {undisturbed_s:.0f} s; now {kills} kills with seed {seed}")
    largest: list[float] = []
    runs = Interruptions(place, seed, longest_s=undisturbed_s)
    for _ in runs.go(kills):
        largest.append(compare(place.folder / "results", undisturbed.folder / "results"))
        report_progress(f"a run was completed after {len(runs.kills)} kills: tables differ by {largest[-1]:g} at most")
        yield {
            "seed": seed,
            "kills": len(runs.kills),
            "killed": dict(Counter(kill.target for kill in runs.kills)),
            "runs_started": runs.runs,
            "runs_to_the_end": len(largest),
            "tables_compared": len(largest) * len(tables(undisturbed.folder / "results")),
            "largest_difference": max(largest),
            "tolerance": TOLERANCE,
            "undisturbed_s": round(undisturbed_s, 1),
            "each": [asdict(kill) for kill in runs.kills],
        }


def demo(folder: Path) -> Place:
    """A folder with the demo run as in a fresh clone, and the networks' originals, if they were fetched before."""
    folder.mkdir()
    shutil.copy(ROOT / "config.yaml", folder)
    (folder / "workflow").symlink_to(ROOT / "workflow")
    fetched = ROOT / "results" / "models" / "sources"
    if fetched.is_dir():
        shutil.copytree(fetched, folder / "results" / "models" / "sources")
    return Place(folder)


@dataclass(frozen=True)
class Place:
    """A folder in which a user runs the workflow.

    targets: Snakemake's targets; empty: the default ones.
    """

    folder: Path
    targets: tuple[str, ...] = ()

    def start(self, *where: str) -> subprocess.Popen[bytes]:
        """Start a plain run, as a user does, on two cores or with the options `where`; its output goes to `run.log`."""
        command = ["snakemake", *self.targets, "--snakefile", str(ROOT / "Snakefile"), *(where or ("--cores", "2"))]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def finish(self) -> float:
        """Run to the end; return the time in s. Raises RuntimeError where the run fails."""
        begun = time.monotonic()
        self.check(self.start().wait(ENDING_S))
        return time.monotonic() - begun

    def check(self, status: int) -> None:
        """Raises RuntimeError with the run's output where its exit status is not 0."""
        if status:
            raise RuntimeError(f"{self.folder}: ended with status {status}:\n{self.log.read_text()[-6000:]}")

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    def wipe(self) -> None:
        """Remove all results except the networks, and end processes that still run here."""
        self.end_orphans()
        for path in (self.folder / ".snakemake", *(self.folder / "results").iterdir()):
            if path.name != "models":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def end_orphans(self) -> None:
        """Kill all processes that run in this folder. Between kills orphans are left alone, as on a user's machine."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if Path(process.cwd()) == self.folder.resolve():
                    process.kill()
                    process.wait()


@dataclass(frozen=True)
class Kill:
    """What was killed, and when."""

    run: int
    """Number of times that the workflow had been started."""
    target: str
    """`snakemake`: its main process; else the name of a job's process."""
    after_s: float
    """Time since the run's first job."""


class Interruptions:
    """Runs of a place, killed again and again at random, by `seed`.

    longest_s: the longest time from a run's first job to the kill, about that of an undisturbed run.
    """

    def __init__(self, place: Place, seed: int, longest_s: float) -> None:
        self.place, self.longest_s = place, longest_s
        self.kills: list[Kill] = []
        self.runs = 0
        self._chance = Random(seed)

    def go(self, kills: int) -> Iterator[None]:
        """Kill `kills` times, each time followed by a plain run that resumes, then let it finish. A run that ends
        before it can be killed is started again. Yields after each completed run, whose results are then removed.
        Raises RuntimeError where a run fails without having been killed."""
        try:
            done = False
            while not done:
                done = len(self.kills) >= kills
                run = self.place.start()
                self.runs += 1
                killed = not done and self._kill(run)
                status = run.wait(ENDING_S)
                if not killed:
                    self.place.check(status)
                    yield
                    self.place.wipe()
        finally:
            self.place.end_orphans()

    def _kill(self, run: subprocess.Popen) -> bool:
        """Kill the run or one of its jobs at a random time; False where it has ended before."""
        after_s = SHORTEST_S * (self.longest_s / SHORTEST_S) ** self._chance.random()
        of_a_job = self._chance.random() < 0.5
        while run.poll() is None and not has_begun(self.place, run):
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):
            run.wait(after_s)
        if run.poll() is not None:
            return False
        main = psutil.Process(run.pid)
        jobs = [process for process in main.children(recursive=True) if process.is_running()]
        victim = self._chance.choice(jobs) if of_a_job and jobs else main
        with suppress(psutil.NoSuchProcess):
            name = "snakemake" if victim is main else victim.name()
            victim.kill()
            self.kills.append(Kill(self.runs, name, round(after_s, 2)))
            return True
        return False


def has_begun(place: Place, run: subprocess.Popen) -> bool:
    """Whether the run has reached its first job: it writes its record once it has the lock."""
    return run_lock.read(place.folder / run_token.RECORD).get("process") == run.pid


def tables(results: Path) -> dict[str, Path]:
    """Every table below a folder of results, by its path in the folder."""
    found = (path for path in results.rglob("*") if path.suffix in (".parquet", ".tsv") and path.is_file())
    return {str(path.relative_to(results)): path for path in sorted(found)}


def compare(results: Path, undisturbed: Path) -> float:
    """The largest difference between two folders' tables, relative where values are above 1.

    Raises AssertionError with what differs: tables that only one of them has, columns, rows, anything but numbers, or
    numbers by more than `TOLERANCE`.
    """
    ours, theirs = tables(results), tables(undisturbed)
    mistakes = [f"{name}: only one has it" for name in ours.keys() ^ theirs.keys()]
    both = ours.keys() & theirs.keys()
    for name in both:
        for found in difference.between(ours[name], theirs[name]):
            size = "" if found.largest is None else f", by up to {found.largest:g}"
            mistakes.append(f"{name}: {found.column}: {found.what}{size}")
    if mistakes:
        raise AssertionError("\n".join(mistakes))
    return max((_largest_difference(ours[name], theirs[name]) for name in both), default=0.0)


def _largest_difference(one: Path, other: Path) -> float:
    """The largest difference of numbers in two tables with the same columns and rows."""
    largest = 0.0
    for mine, theirs in zip(contents.batches(one), contents.batches(other), strict=True):
        for name, column in mine.items():
            pair = [of.flatten() if contents.is_list(of.type) else of for of in (column, theirs[name])]
            if pa.types.is_floating(pair[0].type):
                a, b = map(contents.plain, pair)
                with np.errstate(invalid="ignore"):
                    apart = np.abs(a - b) / np.maximum(1, np.abs(b))
                largest = max(largest, float(np.max(apart, initial=0.0, where=np.isfinite(apart))))
    return largest


if __name__ == "__main__":
    main()
