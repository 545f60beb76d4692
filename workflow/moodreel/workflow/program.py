"""How a program of this package begins, ends and is heard."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token

SCREEN = "MOODREEL_SCREEN"
"""The environment variable with the file descriptor of Snakemake's own output, while ours goes to the job's log."""

DETAILS = 10
"""Details that are said on the screen; all of them stand in the log."""


def run(main: Callable[[], None]) -> None:
    """Run `main`: a UserError, or a full disk, is printed without a traceback and ends it with status 1, a bug keeps
    its traceback. A step whose run has been followed by another one does not begin."""
    try:
        run_token.require_current()
        with disk_full.explain("results"):
            main()
            sys.stdout.flush()  # into the job's log, which may lie on the same disk
    except UserError as error:
        _say(f"moodreel: {error}\n")
        if isinstance(error, run_token.NotCurrent):
            run_token.end_job()
        sys.exit(1)


def announce(message: str, details: Sequence[str] = ()) -> None:
    """Say on the screen, where there is one, what must not be overlooked in the log, with the first of some details."""
    if screen := os.environ.get(SCREEN):
        more = [f"and {len(details) - DETAILS} more"] if len(details) > DETAILS else []
        lines = [f"moodreel: {message}", *(f"  {detail}" for detail in [*details[:DETAILS], *more])]
        with suppress(OSError):  # it stands in the log
            os.write(int(screen), "".join(f"{line}\n" for line in lines).encode())


def _say(message: str) -> None:
    """Write to the log; where its disk is full too, to the screen, if there is one."""
    try:
        sys.stderr.write(message)
        sys.stderr.flush()
    except OSError:
        if screen := os.environ.get(SCREEN):
            os.write(int(screen), message.encode())
