"""The package's steps, run in this process: one for each would spend most of the time on its start."""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from unittest import mock


def run(step: str, *arguments: object) -> None:
    """Run `python -m moodreel.steps.<step> <arguments>`, without what it prints. Raises what the step raises."""
    module = importlib.import_module(f"moodreel.steps.{step}")
    told = [step, *map(str, arguments)]
    with mock.patch.object(sys, "argv", told), contextlib.redirect_stdout(io.StringIO()):
        module.main()
