"""The shell command of a step, and what it needs of the environment.

Nothing of it rests on `shell.prefix`, which a workflow that uses this one as a module may set for itself.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from moodreel.storage import run_token
from moodreel.workflow.step import load

PYTHON = "MOODREEL_PYTHON"
"""The environment variable with the Python that runs steps."""

PACKAGES = Path(__file__).resolve().parents[3]


def export(*, software_deployed: bool) -> None:
    """Let the jobs of this process find Python and the package.

    software_deployed: whether conda or containers bring a Python of their own, which is then the one on the path.
    """
    os.environ[PYTHON] = "python" if software_deployed else sys.executable
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, (str(PACKAGES), *others))))


def step(name: str, **sources: str | None) -> str:
    """The command of the step `name`, for Snakemake to fill in: its declaration says what it is given by which name.

    Its output goes into the job's log. File descriptor 3 stays the screen, for what must not be overlooked there.
    `sources` as in `Step.command`.
    """
    process = f"{run_token.SHELL}=$$ MOODREEL_SCREEN=3"
    options = load(name).command(**sources)
    return f'{process} "${{{{{PYTHON}:-python}}}}" -m moodreel.steps.{name} {options} 3>&2 &> {{log:q}}'
