"""The shell command of a step, and the environment variables that it needs.

It does not use `shell.prefix`, which a workflow that uses this one as a module may set itself.
"""

import os
import sys
from pathlib import Path

from moodreel.storage import run_token
from moodreel.workflow.step import load

PYTHON = "MOODREEL_PYTHON"
"""The environment variable with the Python that runs steps."""

PACKAGES = Path(__file__).resolve().parents[3]


def export(*, software_deployed: bool) -> None:
    """Set the environment variables by which the jobs of this process find Python and the package.

    software_deployed: whether conda or containers provide Python, which is then the one on the path.
    """
    os.environ[PYTHON] = "python" if software_deployed else sys.executable
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, (str(PACKAGES), *others))))


def step(name: str, **sources: str | None) -> str:
    """The command of the step `name`, by its declaration, for Snakemake to fill in.

    Its output goes into the job's log. File descriptor 3 remains the screen, for messages that must not be overlooked.
    `sources` as in `Step.command`.
    """
    process = f"{run_token.SHELL}=$$ MOODREEL_SCREEN=3"
    options = load(name).command(**sources)
    return f'{process} "${{{{{PYTHON}:-python}}}}" -m moodreel.steps.{name} {options} 3>&2 &> {{log:q}}'
