"""Whether anybody still waits for what this process makes.

A run that is killed leaves its jobs behind, and these go on: on the same machine, or on the nodes of a cluster. What
such an orphan published late would be newer than what the next run has made under the same names, perhaps by other
settings. So every run writes a token of its own into `RECORD` and hands it to its jobs, which publish nothing once
another run's token stands there.

The token is compared and nothing else, since it holds everywhere: in containers that number processes anew, on other
hosts, and long after a process's number was given to another. A process that no run has started, or that cannot read
the record, is never refused.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

from moodreel.errors import UserError

RECORD = Path("results", ".run.json")
"""Who ran last in this folder (moodreel/workflow/run_lock.py)."""

VARIABLE = "MOODREEL_RUN"
"""The environment variable with the token of the run that a job belongs to."""

JOBS = "MOODREEL_JOBS"
"""The environment variable with the numbers of the Snakemake processes inside a cluster job, the outermost first."""

SHELL = "MOODREEL_SHELL"
"""The environment variable with the number of the shell in which a job's command stands."""

_PROCESS, _PARENT = os.getpid(), os.getppid()


class NotCurrent(UserError):
    """Nobody waits for what this process makes."""


def require_current() -> None:
    """Return where this process was started by hand, or by the run that ran last in this folder.

    Raises NotCurrent where another run has begun since; and where the shell that started this process has gone, since
    its run then takes the job for failed and may be making the same files again.
    """
    own = os.environ.get(VARIABLE)
    if own is None:
        return
    if _shell_has_gone():
        raise NotCurrent("this job is not awaited any more: the shell that started it has gone. Nothing was written.")
    if token(RECORD) not in (None, own):
        raise NotCurrent(
            f"this job is not awaited any more: the run that started it has ended, and another one has begun here "
            f"({RECORD} tells which). Nothing was written."
        )


def end_job() -> None:
    """Kill the Snakemake processes inside a cluster job whose run has been followed by another one. They would else
    remove the outputs of their failed job, which the other run has made meanwhile."""
    if not _shell_has_gone():  # else its run may be trying again
        for process in os.environ.get(JOBS, "").split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)


def is_alive(process: int) -> bool:
    """Whether there is a process of this number on this host."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        pass
    return True


def _shell_has_gone() -> bool:
    """Told by its number too: it may have been killed before this module was read and took another for its parent."""
    if os.getpid() == _PROCESS and os.getppid() != _PARENT:  # not in forked workers, which have another parent
        return True
    shell = os.environ.get(SHELL, "")
    return shell.isdecimal() and not is_alive(int(shell))


def token(record: Path) -> str | None:
    """The token that stands in a run's record, None where none can be read."""
    try:
        return json.loads(record.read_bytes()).get("token")
    except (OSError, ValueError):
        return None
