"""The programs that the rules run, each as `python -m moodreel.steps.<name>`."""

import os
from pathlib import Path

if "MOODREEL_PYTHON" in os.environ:  # a job of the workflow, not a program run by hand
    # Libraries read these when they are imported. Snakemake sets OMP_NUM_THREADS to the job's threads.
    if threads := os.environ.get("OMP_NUM_THREADS"):
        os.environ |= {"NUMBA_NUM_THREADS": threads, "POLARS_MAX_THREADS": threads}
    caches = Path.cwd() / "results" / ".cache"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(caches / "numba"))
    os.environ["MPLCONFIGDIR"] = str(caches / "matplotlib")
