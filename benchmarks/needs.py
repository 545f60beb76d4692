"""Time and memory of the jobs of a run, by step; to benchmarks/results/needs.json.

    python -m benchmarks.needs [--configfile my.yaml]

runs the workflow from nothing in a temporary folder, one job at a time. The resources of rules are set by it.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import psutil

from benchmarks import origin
from benchmarks.origin import ROOT, resident_bytes
from moodreel.workflow.plan.command import PYTHON

SAMPLED_EVERY_S = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configfile", type=Path, default=ROOT / "config.yaml", help="the run; default: the demo")
    parser.add_argument("--out", type=Path, default=origin.RESULTS / "needs.json", help="JSON file of the figures")
    args = parser.parse_args()
    about = origin.describe("needs", sys.argv[1:], code=(), libraries=())
    with tempfile.TemporaryDirectory(prefix="moodreel-needs-") as folder:
        steps = by_step(measure(Path(folder), args.configfile.resolve()))
    found = {row.pop("step"): row for row in steps.rows(named=True)}
    origin.write(args.out, {"command": about["command"], "commit": about["commit"], "steps": found})
    with pl.Config(tbl_formatting="MARKDOWN", tbl_rows=-1, tbl_hide_column_data_types=True):
        print(steps)


def measure(folder: Path, configfile: Path) -> pl.DataFrame:
    """Run the workflow in `folder`; one row per job: step, seconds, peak_mb."""
    # the table of videos and relative paths in the settings count from the checkout's configuration
    (folder / "workflow").symlink_to(ROOT / "workflow")
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1"]
    command += ["--quiet", "all", "--configfile", str(configfile)]
    records = folder / "jobs.jsonl"
    subprocess.run(command, cwd=folder, env={**os.environ, "BASH_ENV": str(hook(folder, records))}, check=True)
    return pl.read_ndjson(records)


def hook(folder: Path, records: Path) -> Path:
    """Write the script that each bash of a rule sources first (BASH_ENV): it replaces the Python that runs steps by one
    that measures them."""
    watched = folder / "watched-python"
    command = shlex.join([sys.executable, "-m", "benchmarks.needs", str(records), sys.executable])
    watched.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))}:$PYTHONPATH exec {command} "$@"\n')
    watched.chmod(0o755)
    script = folder / "watched.sh"
    script.write_text(f"export {PYTHON}={shlex.quote(str(watched))}\n")
    return script


def watch(records: Path, command: list[str]) -> int:
    """Run a step's command and append its time and memory to `records`. Returns its exit status."""
    started = time.monotonic()
    process = psutil.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, resident_bytes(process))
        time.sleep(SAMPLED_EVERY_S)
    step = command[command.index("-m") + 1].rpartition(".")[2]
    record = {"step": step, "seconds": time.monotonic() - started, "peak_mb": round(peak / 2**20)}
    with records.open("a") as file:
        file.write(json.dumps(record) + "\n")
    return process.returncode


def by_step(jobs: pl.DataFrame) -> pl.DataFrame:
    """Per step: number of jobs, their median and longest time in seconds, and the largest memory of a job in MB."""
    seconds = pl.col("seconds")
    return (
        jobs.group_by("step")
        .agg(
            pl.len().alias("jobs"),
            seconds.median().round(2).alias("median_s"),
            seconds.max().round(2).alias("longest_s"),
            pl.col("peak_mb").max(),
        )
        .sort("step")
    )


if __name__ == "__main__":
    if len(sys.argv) > 3 and not sys.argv[1].startswith("-"):
        sys.exit(watch(Path(sys.argv[1]), sys.argv[2:]))
    main()
