"""The command line that every step shares."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from moodreel.errors import UserError


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
    """Run a step: a UserError is printed without a traceback and ends it with status 1, a bug keeps its traceback."""
    try:
        main()
    except UserError as error:
        print(f"moodreel: {error}", file=sys.stderr)
        sys.exit(1)
