"""The command line that every step shares."""

from __future__ import annotations

import argparse
import json
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


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with what every step takes: `--settings` (JSON by section) and `--code` (the fingerprint)."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    made.add_argument(
        "--settings",
        type=json.loads,
        default={},
        help="sections of the settings, as JSON; what is left out has its default",
    )
    made.add_argument("--code", default="by hand", help="fingerprint of the code, stamped into the outputs")
    return made


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where networks run: `--device`, `--threads` and `--lanes`, None unless given."""
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), help="where the networks run; default: as the settings say"
    )
    parser.add_argument("--threads", type=int, help="CPU threads per network; default: as the settings say")
    parser.add_argument("--lanes", type=int, help="stretches side by side; default: as the settings say")


def run(main: Callable[[], None]) -> None:
    """Run a step: a UserError, or a full disk, is printed without a traceback and ends it with status 1, a bug keeps
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
