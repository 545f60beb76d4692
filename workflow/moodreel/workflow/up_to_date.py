"""Whether nothing has changed since a run ended with nothing left to do, so that planning can be skipped.

Snakemake finds the jobs to run by planning all of them, which takes about a millisecond each: with 10,000 videos most
of a minute, even where nothing has changed. But the result depends only on the call, the settings, the table of videos,
the code, and the times of the files. So a run that has ended records these, and as long as a call finds them
unchanged, it need not plan.

Any change, and anything that this module does not know, makes Snakemake plan as usual: this module never decides what
there is to do.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import redirect_stderr, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodreel.errors import UserError
from moodreel.storage import atomic
from moodreel.storage.fingerprint import ROOT

if TYPE_CHECKING:
    from snakemake.jobs import Job

    from moodreel.workflow.plan import Plan

FOLDER = Path("results/.cache/up_to_date")
INCOMPLETE = Path(".snakemake/incomplete")
"""Where Snakemake records the files that are being made."""

CHECKOUT = ROOT.parents[1]
CODE = ("Snakefile", "workflow", "envs", "profiles")
"""The parts of the checkout that determine jobs, or may do so."""

COUNTED = ("rerun_triggers", "software_deployment_method", "use_conda", "conda_prefix", "conda_frontend")
"""Options that determine the reasons to run a job again."""

HARMLESS = {
    *("cores", "jobs", "local_cores", "executor", "retries", "keep_going", "latency_wait", "dryrun"),
    *("snakefile", "directory", "profile", "workflow_profile", "configfile", "config"),
    *("quiet", "verbose", "nocolor", "printshellcmds", "show_failed_logs", "logger"),
    *("nolock", "rerun_incomplete", "conda_cleanup_pkgs"),
    *("default_resources", "resources", "set_resources", "set_resource_scopes", "set_threads", "max_threads"),
    *("groups", "group_components", "scheduler", "scheduler_subsample", "scheduler_greediness"),
    *("max_jobs_per_timespan", "max_status_checks_per_second", "seconds_between_status_checks"),
}
"""Options that do not change which jobs are needed: how many run at once, where, and what is printed. Settings count as
part of the plan."""


class UpToDate:
    """The record of one run's last up-to-date state.

    command: `sys.argv`; empty where Snakemake has to plan in any case, as inside a cluster job.
    snakefile: the main Snakefile. Where it is that of another workflow, which uses this one, Snakemake always plans.
    """

    def __init__(self, plan: Plan, command: Sequence[str], snakefile: str) -> None:
        self._path = FOLDER / f"{plan.name}.json"
        self._results = {str(path) for path in plan.results}
        self._command = command if Path(snakefile).resolve() == CHECKOUT.resolve() / "Snakefile" else ()
        self._given = _hash_of(plan) if self._command else None  # at the start: code may be edited during the run

    @cached_property
    def is_certain(self) -> bool:
        """Whether nothing has changed since there was nothing left to do."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(self._path.read_text(encoding="utf-8"))
            paths = record["paths"]
            return (
                record["given"] == self._given
                and self._results <= set(paths)
                and record["asked"] == self._reasons
                and not any(_incomplete())
                and record["times"] == _times(paths)
            )
        return False

    def remember(self, jobs: Iterable[Job]) -> None:
        """Record that `jobs` are all jobs of the run, and that none of them is left to do.

        Nothing is written where an input is newer than an output: Snakemake has not noticed this change yet.
        """
        if self.is_certain or self._reasons is None:
            return
        paths: set[str] = set()
        for job in jobs:
            made = [time for time in map(_time, map(str, job.output)) if time]
            read = [time for time in (_time(str(path)) for path in job.input if not path.is_ancient) if time]
            if made and read and max(read) > min(made):
                return
            paths.update(map(str, (*job.input, *job.output)))
        ordered = sorted(paths)
        record = {"given": self._given, "asked": self._reasons, "times": _times(ordered), "paths": ordered}
        with suppress(OSError, UserError):  # planning works in a read-only folder too
            atomic.write_text(self._path, json.dumps(record))

    @cached_property
    def _reasons(self) -> list[str] | None:
        return rerun_reasons(self._command)


def rerun_reasons(command: Sequence[str]) -> list[str] | None:
    """The options of a call of Snakemake that determine the reasons to run a job again; None where the call is not a
    plain run of the workflow: with targets, another command, or an option that this module does not know."""
    program = Path(command[0]) if command else Path()
    if "snakemake" not in (program.name, program.parent.name):  # started by another program
        return None
    from snakemake import cli

    try:
        with redirect_stderr(io.StringIO()):
            parser, options = cli.parse_args([*command[1:]])
    except (Exception, SystemExit):  # such as for a relative profile after --directory has changed the folder
        return None
    others = vars(options).keys() - HARMLESS - set(COUNTED)
    others = {name for name in others if not name.startswith("slurm_")}
    if any(str(getattr(options, name)) != str(parser.get_default(name)) for name in others):
        return None
    values = {name: getattr(options, name) for name in COUNTED}
    return [f"{name} {sorted(map(str, v)) if isinstance(v, Set) else v}" for name, v in values.items()]


def _hash_of(plan: Plan) -> str:
    """A hash of everything that determines the jobs, except the call and the times of the files they read and make."""
    facts: list[Any] = [importlib.metadata.version("snakemake"), plan.whole_settings, plan.rows, plan.emotions_sha256]
    facts.append(plan.results)
    facts += [[path, plan.marks.mark(path)] for path in sorted(plan.given_files)]
    digest = hashlib.sha256(json.dumps(facts, default=str).encode())
    for path in _code():
        digest.update(f"\0{path.relative_to(CHECKOUT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code() -> Iterator[Path]:
    for name in CODE:
        found = CHECKOUT / name
        inside = sorted(found.rglob("*")) if found.is_dir() else [found]
        yield from (path for path in inside if path.is_file() and "__pycache__" not in path.parts)


def _times(paths: Sequence[str]) -> str:
    """A hash of the files' times and sizes; absent files count as such."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\0{_time(path)}\0{_size(path)}\0".encode())
    return digest.hexdigest()


def _time(path: str) -> int:
    """The file's modification time in ns as Snakemake sees it: of a link the later of its own and its target's, of a
    folder that of Snakemake's timestamp in it; 0 where there is no file."""
    try:
        own, found = os.lstat(path), os.stat(path)
    except OSError:
        return 0
    if stat.S_ISDIR(found.st_mode):
        with suppress(OSError):
            return os.stat(os.path.join(path, atomic.TIMESTAMP)).st_mtime_ns
    return max(own.st_mtime_ns, found.st_mtime_ns)


def _size(path: str) -> int:
    with suppress(OSError):
        return os.path.getsize(path)
    return 0


def _incomplete() -> Iterator[os.DirEntry]:
    """The marks of files that a killed run was making."""
    with suppress(FileNotFoundError):
        yield from os.scandir(INCOMPLETE)
