"""From a list of videos to action units, body pose, recurring expressions, classifiers and clip-music pairs.

A finished run is opened by `run = moodreel.open_run("results/runs/demo")`. `run.read("clusters")` and
`run.read("face", video="anna")` are polars frames, `run.describe("clusters")` says what their columns mean, with units.
"""

import importlib
from typing import Any

__all__ = ["open_run"]
__version__ = "0.1.0"


def open_run(folder: Any) -> Any:
    """The results of a finished run, whose folder is `results/runs/<run>`: a `moodreel.workflow.results.Run`.

    Raises `moodreel.errors.UserError` where there is none.
    """
    # by name, so that the package's lowest rooms, which know its version, do not import its highest one
    return importlib.import_module(f"{__name__}.workflow.results").Run(folder)
