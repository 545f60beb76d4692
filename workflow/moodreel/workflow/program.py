"""Start, end and messages of the package's programs."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from moodreel.errors import UserError
from moodreel.storage import disk_full, run_token

SCREEN = "MOODREEL_SCREEN"
"""The environment variable with the file descriptor of Snakemake's own output; the program's output goes to the log."""

DETAILS = 10
"""Largest number of details printed on the screen; the log has all of them."""


def run(main: Callable[[], None]) -> None:
    """Run `main`. A UserError or a full disk is printed without a traceback and ends the program with status 1; other
    exceptions keep their traceback. A step whose run has been replaced by another one does not start."""
    try:
        run_token.require_current()
        with disk_full.explain("results"):
            main()
            sys.stdout.flush()  # into the job's log, which may lie on the same disk
    except UserError as error:
        _write(f"moodreel: {error}\n")
        if isinstance(error, run_token.NotCurrent):
            run_token.end_job()
        sys.exit(1)


def announce(message: str, details: Sequence[str] = ()) -> None:
    """Print a message that must not be overlooked, with its first details, on the screen, if there is one."""
    if screen := os.environ.get(SCREEN):
        more = [f"and {len(details) - DETAILS} more"] if len(details) > DETAILS else []
        lines = [f"moodreel: {message}", *(f"  {detail}" for detail in [*details[:DETAILS], *more])]
        with suppress(OSError):  # the log has it
            os.write(int(screen), "".join(f"{line}\n" for line in lines).encode())


def _write(message: str) -> None:
    """Write to the log; where its disk is full too, to the screen, if there is one."""
    try:
        sys.stderr.write(message)
        sys.stderr.flush()
    except OSError:
        if screen := os.environ.get(SCREEN):
            os.write(int(screen), message.encode())
