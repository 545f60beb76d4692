"""Whether all is as it was when there was nothing left to do, so that there cannot be anything to do now.

Snakemake finds out what there is to do by planning every job, which takes it about a millisecond each: with 10,000
videos most of a minute, also where nothing has changed. But what it finds depends on nothing but the call, the
settings, the table of videos, the code, and the times of the files. So a run that has come to its end writes these
down, and while a call finds all of them as they were, it need not plan.

Anything that is not as it was, or not known here, makes Snakemake plan as ever: this module never says what there is
to do, and where it is in doubt it says nothing.
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

FOLDER = Path("results/.cache/settled")
INCOMPLETE = Path(".snakemake/incomplete")
"""Where Snakemake notes what it is making."""

CHECKOUT = ROOT.parents[1]
CODE = ("Snakefile", "workflow", "envs", "profiles")
"""What of the checkout decides about jobs, or could."""

COUNTED = ("rerun_triggers", "software_deployment_method", "use_conda", "conda_prefix", "conda_frontend")
"""Options that say what is a reason to run a job again."""

HARMLESS = {
    *("cores", "jobs", "local_cores", "executor", "retries", "keep_going", "latency_wait", "dryrun"),
    *("snakefile", "directory", "profile", "workflow_profile", "configfile", "config"),
    *("quiet", "verbose", "nocolor", "printshellcmds", "show_failed_logs", "logger"),
    *("nolock", "rerun_incomplete", "conda_cleanup_pkgs"),
    *("default_resources", "resources", "set_resources", "set_resource_scopes", "set_threads", "max_threads"),
    *("groups", "group_components", "scheduler", "scheduler_subsample", "scheduler_greediness"),
    *("max_jobs_per_timespan", "max_status_checks_per_second", "seconds_between_status_checks"),
}
"""Options by which the same jobs are needed: how many run at once, where, and what is said of it. Settings count by
what the plan makes of them."""


class UpToDate:
    """One run's record.

    command: `sys.argv`; nothing where Snakemake has to plan in any case, as it has inside a cluster job.
    snakefile: what Snakemake reads first. Where that is another workflow, which uses this one, it always plans.
    """

    def __init__(self, plan: Plan, command: Sequence[str], snakefile: str) -> None:
        self._path = FOLDER / f"{plan.name}.json"
        self._results = {str(path) for path in plan.results}
        self._command = command if Path(snakefile).resolve() == CHECKOUT.resolve() / "Snakefile" else ()
        self._given = _given(plan) if self._command else None  # as the run begins: code may be edited while it goes on

    @cached_property
    def is_certain(self) -> bool:
        """Whether there was nothing left to do when all was as it is now."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(self._path.read_text(encoding="utf-8"))
            paths = record["paths"]
            return (
                record["given"] == self._given
                and self._results <= set(paths)
                and record["asked"] == self._asked
                and not any(_incomplete())
                and record["times"] == _times(paths)
            )
        return False

    def remember(self, jobs: Iterable[Job]) -> None:
        """Write down that `jobs` were all there are, and that none is left.

        Where a file was changed after what is made from it, nothing is written: Snakemake has not seen that yet.
        """
        if self.is_certain or self._asked is None:
            return
        paths: set[str] = set()
        for job in jobs:
            made = [time for time in map(_time, map(str, job.output)) if time]
            read = [time for time in (_time(str(path)) for path in job.input if not path.is_ancient) if time]
            if made and read and max(read) > min(made):
                return
            paths.update(map(str, (*job.input, *job.output)))
        named = sorted(paths)
        record = {"given": self._given, "asked": self._asked, "times": _times(named), "paths": named}
        with suppress(OSError, UserError):  # a folder that cannot be written to may still be planned in
            atomic.write_text(self._path, json.dumps(record))

    @cached_property
    def _asked(self) -> list[str] | None:
        return rerun_reasons(self._command)


def rerun_reasons(command: Sequence[str]) -> list[str] | None:
    """What a call of Snakemake takes for reasons to run a job again; None where it wants anything else than what the
    workflow makes by itself: targets, another command, an option that this module does not know."""
    program = Path(command[0]) if command else Path()
    if "snakemake" not in (program.name, program.parent.name):  # started by something else
        return None
    from snakemake import cli

    try:
        with redirect_stderr(io.StringIO()):
            parser, options = cli.parse_args([*command[1:]])
    except (Exception, SystemExit):  # such as for a profile named from the folder that --directory has left
        return None
    others = vars(options).keys() - HARMLESS - set(COUNTED)
    others = {name for name in others if not name.startswith("slurm_")}
    if any(str(getattr(options, name)) != str(parser.get_default(name)) for name in others):
        return None
    values = {name: getattr(options, name) for name in COUNTED}
    return [f"{name} {sorted(map(str, v)) if isinstance(v, Set) else v}" for name, v in values.items()]


def _given(plan: Plan) -> str:
    """A hash of all that decides about jobs besides the call, and the files they read and make."""
    told: list[Any] = [importlib.metadata.version("snakemake"), plan.whole_settings, plan.rows, plan.emotions_sha256]
    told.append(plan.results)
    told += [[path, plan.marks.mark(path)] for path in sorted(plan.given_files)]
    digest = hashlib.sha256(json.dumps(told, default=str).encode())
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
    """A hash of times and sizes, of files that are not there too."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path}\0{_time(path)}\0{_size(path)}\0".encode())
    return digest.hexdigest()


def _time(path: str) -> int:
    """When the file was changed, in ns, as Snakemake sees it: a link when it or what it links to was, a folder when
    Snakemake's file in it was; 0 where there is none."""
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
    """What a killed run was making."""
    with suppress(FileNotFoundError):
        yield from os.scandir(INCOMPLETE)
