"""A folder in which the real workflow runs."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SNAKEFILE = ("--snakefile", str(ROOT / "Snakefile"), "--cores", "2")
CODE = ("Snakefile", "config.yaml", "envs", "profiles", "workflow")
"""What of a checkout Snakemake reads."""

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli", "pandas", "pydantic", "sqlmodel"])
"""Plans are made in processes forked from one that has imported Snakemake: half the time of a fresh start."""


@dataclass(frozen=True)
class Workplace:
    """A folder in which Snakemake runs, with its configuration.

    checkout: where Snakefile and package lie.
    """

    folder: Path
    config: dict
    checkout: Path = ROOT

    def snakemake(self, *arguments: str, status: int = 0, **changes: object) -> str:
        """Run Snakemake here, which has to end with `status`; `changes` replace sections of the configuration. Returns its
        output."""
        return snakemake(self.folder, *self._options(changes), *arguments, status=status)

    def command(self, *arguments: str, **changes: object) -> list[str]:
        """The command line for that."""
        return [sys.executable, "-m", "snakemake", *self._options(changes), *arguments]

    def would_do(self, *arguments: str, **changes: object) -> Counter[str]:
        """The jobs that Snakemake would run now, by rule."""
        return jobs(self.messages(*arguments, **changes))

    def messages(self, *arguments: str, **changes: object) -> str:
        """What Snakemake says that it would do now."""
        return self._forked("--dry-run", *arguments, **changes)

    def would_run(self, **changes: object) -> set[str]:
        """The rules of which Snakemake would run a job now."""
        return set(self.would_do(**changes))

    def records(self) -> dict[str, dict]:
        """By output, what Snakemake has written down of its making."""
        found, folder = {}, self.folder / ".snakemake" / "metadata"
        for file in folder.rglob("*"):
            if file.is_file():
                name = str(file.relative_to(folder)).replace("@", "").replace("/", "")
                found[base64.urlsafe_b64decode(name.encode()).decode()] = json.loads(file.read_text())
        return found

    def pretend(self, **changes: object) -> None:
        """Let Snakemake take everything that it would make for made, with files that hold nothing."""
        table = self._forked("--summary", **changes).partition("output_file\t")[2].splitlines()[1:]
        absent = [name for name in (line.split("\t")[0] for line in table) if not (self.folder / name).exists()]
        for path in (self.folder / name for name in absent):
            is_file = path.suffix or path.name == "Snakefile"
            (path.parent if is_file else path).mkdir(parents=True, exist_ok=True)
            if is_file:
                path.touch()
        self._forked("--touch", "--forcerun", *absent, "--", **changes)

    def copied(self, folder: Path) -> Workplace:
        """The same in another, new folder, with all times; with the code if that lies here."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, checkout=folder if self.checkout == self.folder else self.checkout)

    @property
    def run(self) -> Path:
        return self.folder / "results" / "runs" / self.config["run"]

    def _options(self, changes: dict[str, object]) -> list[str]:
        (self.folder / "my.yaml").write_text(yaml.safe_dump({**self.config, **changes}))
        return ["--snakefile", str(self.checkout / "Snakefile"), "--configfile", "my.yaml", "--cores", "2"]

    def _forked(self, *arguments: str, **changes: object) -> str:
        """What Snakemake says in a fork; for what runs no jobs."""
        with tempfile.NamedTemporaryFile("r") as messages:
            given = ([*self._options(changes), *arguments], self.folder, Path(messages.name))
            fork = FORKS.Process(target=_snakemake, args=given)
            fork.start()
            fork.join(120)
            if fork.is_alive():
                fork.kill()
            text = messages.read()
        assert fork.exitcode == 0, text
        return text


def snakemake(folder: Path, *arguments: str, status: int = 0) -> str:
    """Run Snakemake in `folder`, which has to end with `status`. Returns its output."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    text = done.stdout + done.stderr
    assert done.returncode == status, text[-12_000:]
    return text


def environment(**more: str) -> dict[str, str]:
    """The variables of a user's shell, without those of the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHONPATH"))} | more


def jobs(text: str) -> Counter[str]:
    """By rule, the jobs of which a dry run speaks."""
    rows = [line.split() for line in text.partition("Job stats:")[2].partition("\ntotal")[0].splitlines()]
    return Counter({row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "all"})


def clone(folder: Path) -> Path:
    """A copy of the checkout's code in `folder`, every file just written, as `git clone` leaves it."""
    for name in CODE:
        if (ROOT / name).is_dir():
            how = {"ignore": shutil.ignore_patterns("__pycache__", ".*"), "copy_function": shutil.copyfile}
            shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True, **how)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def _snakemake(arguments: list[str], folder: Path, messages: Path) -> None:
    """What a fork does."""
    with messages.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    from snakemake.cli import main
    from snakemake.executors.touch import Executor

    Executor.SLEEPING_TIME = 0
    main(arguments)
