"""Mutants: faults put into the code on purpose, each of which the tests named with it must detect.

    python -m benchmarks.mutants [--only SUBJECT] [--part 1/4] [--jobs 2]

The lists are tests/mutants/<subject>.toml. The checkout itself is never edited: each mutant is tried in a scratch copy,
where its tests first have to pass on the unchanged code. The last line is `N killed, M survived`; a mutant also counts
as a survivor where it cannot be judged: its old text does not occur as often as stated, or one of its tests is absent,
is skipped, or fails without it. The exit status is 1 where anything survived.
"""

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LISTS = Path("tests", "mutants")

LIMIT_S = 300
"""A run of a mutant's tests that takes longer is stopped."""

COPIED = (
    "workflow", "tests", "benchmarks", "docs", "envs", "profiles",
    "pyproject.toml", "Snakefile", "config.yaml", "Makefile",
)  # fmt: skip
"""The files and folders of a checkout that tests read, if they exist; videos and results are not copied."""


@dataclass(frozen=True)
class Mutant:
    """One fault.

    subject: the name of its list. name: of the fault, unique in its list. file: from the root of the checkout. old,
    new: the text and its replacement; `old` occurs in the file exactly `times` times. tests: ids as pytest takes them.
    """

    subject: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    times: int = 1

    @property
    def id(self) -> str:
        return f"{self.subject}/{self.name}"

    def apply_to(self, source: str) -> str:
        """The file's text with the fault in it."""
        return source.replace(self.old, self.new)


def read(root: Path) -> list[Mutant]:
    """All mutants of the checkout at `root`, by subject. Raises ValueError where a list is invalid."""
    mutants = []
    for path in sorted((root / LISTS).glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            try:
                mutants.append(Mutant(path.stem, **{**entry, "tests": tuple(entry["tests"])}))
            except (TypeError, KeyError) as error:
                raise ValueError(f"{path}, {entry.get('name', 'a mutant without a name')}: {error}") from None
    if repeated := [name for name, count in Counter(mutant.id for mutant in mutants).items() if count > 1]:
        raise ValueError(f"{root / LISTS}: named twice: {', '.join(repeated)}")
    return mutants


def defect(mutant: Mutant, root: Path) -> str | None:
    """Why the mutant cannot be tried on the code at `root`, None where it can; no test is run."""
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.file} does not exist"
    source = path.read_text(encoding="utf-8")
    found = source.count(mutant.old)
    if found != mutant.times:
        return f"the old text stands {found} times in {mutant.file}, not {mutant.times}"
    try:
        before, after = (
            ast.dump(ast.parse(text)) if path.suffix == ".py" else text for text in (source, mutant.apply_to(source))
        )
    except SyntaxError as error:
        return f"the new text makes no Python of {mutant.file} ({error.msg}, line {error.lineno})"
    if before == after:
        return f"the new text changes nothing in {mutant.file}"
    if not mutant.tests:
        return "no test is named"
    return next((f"there is no test {test}" for test in mutant.tests if not _exists(test, root)), None)


def _exists(test: str, root: Path) -> bool:
    """Whether a test file contains the class and function that an id names; parameters in [] are ignored."""
    file, *names = test.split("[")[0].split("::")
    path = root / file
    if not path.is_file():
        return False
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for name in names:
        node = next((n for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name), None)
        if node is None:
            return False
        body = node.body
    return True


class Scratch:
    """A copy of the checkout in which tests are run, with one mutant at a time or none."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root, self._folder = root, folder
        folder.mkdir(parents=True)
        for source in (root / name for name in COPIED):
            if source.is_dir():
                shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, folder)

    def defect(self, tests: Iterable[str]) -> str | None:
        """Why `tests` cannot judge a mutant, None where all of them run and pass on the unchanged code."""
        status, output = self._run(tests)
        if status:
            return f"its tests do not pass without it (pytest {status}): {output}"
        return f"its tests are not all run: {output}" if re.search(r"\d+ (skipped|xfailed|xpassed)", output) else None

    def judge(self, mutant: Mutant) -> tuple[bool, str | None]:
        """Whether the mutant is killed, and why its tests cannot be run with it, None where they can."""
        path = self._folder / mutant.file
        source = path.read_text(encoding="utf-8")
        path.write_text(mutant.apply_to(source), encoding="utf-8")
        try:
            status, output = self._run(mutant.tests)
        finally:
            path.write_text(source, encoding="utf-8")
        if status not in (0, 1):
            return False, f"its tests cannot be run with it (pytest {status}): {output}"
        return status == 1, None

    def _run(self, tests: Iterable[str]) -> tuple[int, str]:
        """The exit status of pytest and its last lines; 124 where it took too long, 2 where a test is not collected."""
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *tests]
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=self._environment(), timeout=LIMIT_S,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return 124, f"longer than {LIMIT_S} s"
        last = " | ".join(done.stdout.strip().splitlines()[-3:])
        return 2 if "ERROR collecting" in done.stdout else done.returncode, last

    def _environment(self) -> dict[str, str]:
        """The caller's environment without variables of a surrounding pytest; the copy's package comes first."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        results = self._root / "results"
        return kept | {
            "PYTHONPATH": str(self._folder / "workflow"),
            "PYTHONDONTWRITEBYTECODE": "1",  # bytecode is identified by size and second, which two mutants may share
            "OMP_NUM_THREADS": "1",
            "NUMBA_CACHE_DIR": str(results / ".cache" / "numba"),
            "MOODREEL_TEST_MODELS": str(results / "models"),
        }


@dataclass(frozen=True)
class Result:
    """The result of a mutant; `why` is the reason why it could not be judged, None where it was killed or survived."""

    mutant: Mutant
    killed: bool
    why: str | None
    seconds: float

    def __str__(self) -> str:
        word = "killed" if self.killed else "STALE" if self.why else "SURVIVED"
        return f"{word:8}  {self.mutant.id}{f': {self.why}' if self.why else ''}  ({self.seconds:.1f} s)"


def try_all(mutants: Sequence[Mutant], root: Path, jobs: int = 2) -> Iterator[Result]:
    """Try `mutants` on copies of the checkout at `root`, `jobs` at a time; yields results as they become available.

    The tests of a subject are first run together without any mutant. Only where they do not all pass are those of each
    mutant run alone.
    """
    defects = {mutant.id: defect(mutant, root) for mutant in mutants}
    tests: dict[str, dict[str, None]] = {}
    for mutant in mutants:
        if defects[mutant.id] is None:
            tests.setdefault(mutant.subject, {}).update(dict.fromkeys(mutant.tests))
    of_thread = threading.local()

    def copy(folder: str) -> None:
        of_thread.scratch = Scratch(root, Path(folder, str(threading.get_ident()), root.name))

    def sound(names: Iterable[str]) -> bool:
        return of_thread.scratch.defect(names) is None

    def judge(mutant: Mutant) -> Result:
        began = time.monotonic()
        killed, why = False, defects[mutant.id]
        if why is None and not is_sound[mutant.subject]:
            why = of_thread.scratch.defect(mutant.tests)
        if why is None:
            killed, why = of_thread.scratch.judge(mutant)
        return Result(mutant, killed, why, time.monotonic() - began)

    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ThreadPoolExecutor(jobs, initializer=copy, initargs=(folder,)) as threads,
    ):
        is_sound = dict(zip(tests, threads.map(sound, tests.values()), strict=True))
        waiting = [threads.submit(judge, mutant) for mutant in mutants]
        yield from (done.result() for done in as_completed(waiting))


def part_of(mutants: Sequence[Mutant], part: str) -> Sequence[Mutant]:
    """The part `i/n` of the mutants, i from 1: every n-th, so that each part has some of every subject."""
    number, parts = map(int, part.split("/"))
    if not 1 <= number <= parts:
        raise ValueError(f"--part {part}: expected is i/n with 1 <= i <= n, such as 1/4")
    return mutants[number - 1 :: parts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everything = read(ROOT)
    subjects = sorted({mutant.subject for mutant in everything})
    parser.add_argument("--only", choices=subjects, metavar="SUBJECT", help="the mutants of one list")
    parser.add_argument("--part", metavar="I/N", default="1/1", help="every N-th mutant, beginning with the I-th")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried at the same time (2)")
    args = parser.parse_args()
    chosen = part_of([m for m in everything if args.only in (None, m.subject)], args.part)
    killed = 0
    for result in try_all(chosen, ROOT, args.jobs):
        print(result, flush=True)
        killed += result.killed
    print(f"{killed} killed, {len(chosen) - killed} survived")
    sys.exit(killed < len(chosen))


if __name__ == "__main__":
    main()
