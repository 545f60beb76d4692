"""From a list of videos to action units, body pose, recurring expressions, classifiers and clip-music pairs.

`run = moodreel.open_run("results/runs/demo")` opens a finished run. `run.read("clusters")` and `run.read("face",
video="anna")` are polars frames; `run.describe("clusters")` lists the columns with units and meanings.
"""

import importlib
from typing import Any

__all__ = ["open_run"]
__version__ = "0.1.0"


def open_run(folder: Any) -> Any:
    """The results of the finished run in `folder` (`results/runs/<run>`): a `moodreel.workflow.results.Run`.

    Raises `moodreel.errors.UserError` where there is no finished run.
    """
    # by name, so that the package's lower layers, which import its version, do not import the top one
    return importlib.import_module(f"{__name__}.workflow.results").Run(folder)
