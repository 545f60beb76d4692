"""Killing runs at random moments, and comparing what they come to in the end with an undisturbed run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from moodreel import awaited, running

ROOT = Path(__file__).parents[1]
TOLERANCE = 1e-5
SHORTEST_S = 0.05
"""The shortest time from a run's first job to its being killed."""

ENDING_S = 900.0
"""A run that takes longer to end by itself hangs."""


@dataclass(frozen=True)
class Place:
    """A folder in which a user runs the workflow.

    targets: what is asked for; nothing: what `snakemake` makes by itself.
    """

    folder: Path
    targets: tuple[str, ...] = ()

    def start(self) -> subprocess.Popen[bytes]:
        """A plain run, as a user starts it; its output goes to `run.log`."""
        command = ["snakemake", *self.targets, "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))}
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def finish(self) -> float:
        """A plain run to its end, which has to be a good one; returns how long it took, in s."""
        begun = time.monotonic()
        self.check(self.start().wait(ENDING_S))
        return time.monotonic() - begun

    def check(self, status: int) -> None:
        """Raises RuntimeError with the run's own words where it has not ended well."""
        if status:
            raise RuntimeError(f"{self.folder}: ended with status {status}:\n{self.log.read_text()[-6000:]}")

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    def wipe(self) -> None:
        """Remove all results but the networks, and end what still works here."""
        self.end_orphans()
        for path in (self.folder / ".snakemake", *(self.folder / "results").iterdir()):
            if path.name != "models":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def end_orphans(self) -> None:
        """Kill whatever still works in this folder. While runs are killed it is left alone, as on a user's machine."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if Path(process.cwd()) == self.folder.resolve():
                    process.kill()
                    process.wait()


@dataclass(frozen=True)
class Kill:
    """What was killed, and when."""

    run: int
    """How many times the workflow had been started."""
    target: str
    """`snakemake`: its main process; else the name of a job's process."""
    after_s: float
    """Time since the run's first job."""


@dataclass
class Interruptions:
    """Runs of a place, killed again and again.

    finished: called whenever a run has got to its end.
    longest_s: the longest time from a run's first job to its being killed, about that of an undisturbed run.
    """

    place: Place
    seed: int
    longest_s: float
    finished: Callable[[], None]
    kills: list[Kill] = field(default_factory=list)
    runs: int = 0

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)

    def go(self, kills: int) -> Iterator[int]:
        """Kill `kills` times, each time followed by a plain run that goes on from there, then let it finish. A run that
        ends before it can be killed is begun anew. Yields the number of kills whenever a run has got to its end.

        Raises RuntimeError where a run ends badly that nobody has killed.
        """
        try:
            while len(self.kills) < kills:
                if not self._killed(then=self._kill_or_not):
                    yield len(self.kills)
            self._killed(then=lambda run: False)
            yield len(self.kills)
        finally:
            self.place.end_orphans()

    def _killed(self, then: Callable[[subprocess.Popen], bool]) -> bool:
        """Run the workflow, and `then` kill it or not; whether it was killed."""
        run = self.place.start()
        self.runs += 1
        killed = then(run)
        status = run.wait(ENDING_S)
        if not killed:
            self.place.check(status)
            self.finished()
            self.place.wipe()
        return killed

    def _kill_or_not(self, run: subprocess.Popen) -> bool:
        """Kill the run or one of its jobs at a random moment; False where it has ended before."""
        after_s = SHORTEST_S * (self.longest_s / SHORTEST_S) ** self._chance.random()
        of_a_job = self._chance.random() < 0.5
        if not _wait(lambda: has_begun(self.place, run), run) or not _wait_s(after_s, run):
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
    """Whether the run has got to its first job. Its record is there before the lock on it is, and is written after."""
    return running.read(place.folder / awaited.RECORD).get("process") == run.pid


def _wait(event: Callable[[], bool], run: subprocess.Popen) -> bool:
    """Wait for an event; False where the run ends without it."""
    while run.poll() is None:
        if event():
            return True
        time.sleep(0.02)
    return False


def _wait_s(seconds: float, run: subprocess.Popen) -> bool:
    """Wait for so long; False where the run ends meanwhile."""
    with suppress(subprocess.TimeoutExpired):
        run.wait(seconds)
    return run.poll() is None


def tables(results: Path) -> dict[str, Path]:
    """Every table below a folder of results, by its path in there."""
    found = (path for path in results.rglob("*") if path.suffix in (".parquet", ".tsv") and path.is_file())
    return {str(path.relative_to(results)): path for path in sorted(found)}


def compare(results: Path, undisturbed: Path) -> float:
    """The largest difference between two folders' tables, relative where values are above 1.

    Raises AssertionError with what differs: tables that only one of them has, columns, rows, anything but numbers, or
    numbers by more than `TOLERANCE`.
    """
    ours, theirs = tables(results), tables(undisturbed)
    mistakes = [f"{name}: only one has it" for name in ours.keys() ^ theirs.keys()]
    largest = 0.0
    for name in ours.keys() & theirs.keys():
        one, other = read(ours[name]), read(theirs[name])
        if one.schema != other.schema:
            mistakes.append(f"{name}: {one.schema} instead of {other.schema}")
            continue
        for column in one.column_names:
            gap = difference(one[column].combine_chunks(), other[column].combine_chunks())
            largest = max(largest, gap)
            if gap > TOLERANCE:
                mistakes.append(f"{name}: {column} differs by {gap:g}: {_apart(one, other, column)}")
    if mistakes:
        raise AssertionError("\n".join(mistakes))
    return largest


def _apart(one: pa.Table, other: pa.Table, column: str) -> str:
    """A row that only one of two tables has, else the first one in which `column` is not the same."""
    a, b = pl.DataFrame(one), pl.DataFrame(other)
    names = [name for name, kind in a.schema.items() if kind == pl.String]
    for which, more, less in (("new", a, b), ("lost", b, a)):
        if names and len(rows := more.join(less, on=names, how="anti", nulls_equal=True)):
            return f"{which} {rows.row(0, named=True)}"
    if len(a) != len(b):
        return f"{len(a)} rows instead of {len(b)}"
    other_now = a[column].ne_missing(b[column])
    return f"{a.filter(other_now).row(0, named=True)} instead of {b.filter(other_now).row(0, named=True)}"


def read(path: Path) -> pa.Table:
    """A table of either kind."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            return file.read().replace_schema_metadata()
    return pl.read_csv(path, separator="\t", infer_schema_length=None).to_arrow()


def difference(one: pa.Array, other: pa.Array) -> float:
    """How far two columns of the same type are apart at most: numbers that are not equal by their difference, relative
    above 1; anything else that is not equal, nulls and NaN included, infinitely."""
    if len(one) != len(other) or not one.is_null().equals(other.is_null()):
        return np.inf
    if pa.types.is_list(one.type) or pa.types.is_large_list(one.type) or pa.types.is_fixed_size_list(one.type):
        if not pc.list_value_length(one).equals(pc.list_value_length(other)):
            return np.inf
        return difference(one.flatten(), other.flatten())
    if not pa.types.is_floating(one.type):
        return 0.0 if one.equals(other) else np.inf
    a, b = (column.drop_null().to_numpy().astype(float) for column in (one, other))
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    a, b = a[finite], b[finite]
    return float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0.0))
