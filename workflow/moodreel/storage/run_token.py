"""Run tokens: whether this process belongs to the current run of the folder.

The jobs of a killed run may go on, on the same machine or on the nodes of a cluster. Results that such an orphan
published late would be newer than those of the next run under the same names, perhaps with other settings. So every
run writes its own token into `RECORD` and passes it to its jobs, which publish nothing once the record holds another
run's token.

Only the token is compared, since it is valid everywhere: in containers, which number their own processes, on other
hosts, and after a process number has been reused. A process that no run has started, or that cannot read the record, is
never refused.
"""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

from moodreel.errors import UserError

RECORD = Path("results", ".run.json")
"""The record of the last run in this folder (moodreel/workflow/run_lock.py)."""

VARIABLE = "MOODREEL_RUN"
"""The environment variable with the token of the run that a job belongs to."""

JOBS = "MOODREEL_JOBS"
"""The environment variable with the process ids of the Snakemake processes inside a cluster job, the outermost
first."""

SHELL = "MOODREEL_SHELL"
"""The environment variable with the process id of the shell that runs a job's command."""

_PROCESS, _PARENT = os.getpid(), os.getppid()


class NotCurrent(UserError):
    """This process belongs to a run, or to a shell, that has ended."""


def require_current() -> None:
    """Return if this process was started by hand, or by the last run in this folder.

    Raises NotCurrent where another run has begun since, and where the shell that started this process has ended: its
    run then regards the job as failed and may be making the same files again.
    """
    own = os.environ.get(VARIABLE)
    if own is None:
        return
    if _shell_has_gone():
        raise NotCurrent("this job is no longer expected: the shell that started it has ended. Nothing was written.")
    if token(RECORD) not in (None, own):
        raise NotCurrent(
            f"this job is no longer expected: the run that started it has ended, and another one has begun here "
            f"({RECORD} names it). Nothing was written."
        )


def end_job() -> None:
    """Kill the Snakemake processes of a cluster job whose run has been replaced by another one. Otherwise they would
    remove the outputs of their failed job, which the other run may have made in the meantime."""
    if not _shell_has_gone():  # otherwise its own run may be trying again
        for process in os.environ.get(JOBS, "").split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)


def is_alive(process: int) -> bool:
    """Whether there is a process with this id on this host."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        pass
    return True


def _shell_has_gone() -> bool:
    """Whether the shell that started this process has ended: the parent has changed, or `SHELL` names no living
    process. The shell may have been killed before this module recorded its parent."""
    if os.getpid() == _PROCESS and os.getppid() != _PARENT:  # not in forked workers, which have another parent
        return True
    shell = os.environ.get(SHELL, "")
    return shell.isdecimal() and not is_alive(int(shell))


def token(record: Path) -> str | None:
    """The token in a run's record, None where it cannot be read."""
    try:
        return json.loads(record.read_bytes()).get("token")
    except (OSError, ValueError):
        return None
