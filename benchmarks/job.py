"""Run moodreel's step `extract` in this process and print, as JSON, its times in s, its frames and its peak memory in
MB. All arguments but the first two are the step's."""

from __future__ import annotations

import argparse
import json
import os
import re
import runpy
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq


def peak_mb() -> float:
    """The most memory that this process held at a time, in MB of 10^6 bytes.

    The kernel's VmHWM, since `resource.getrusage` starts at the memory of the process that started this one.
    """
    kib = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]
    return int(kib) * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--cores", required=True, help="numbers of the cores to run on, separated by commas")
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() when this process was started")
    args, rest = parser.parse_known_args()
    os.sched_setaffinity(0, {int(core) for core in args.cores.split(",")})
    sys.argv = ["extract", *rest]
    try:
        runpy.run_module("moodreel.steps.extract", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
    wall_s = time.monotonic() - args.started
    table = next(word.partition("=")[2] for word in rest if word.startswith("--pose-out="))
    frames = pq.read_metadata(table).num_rows
    print(json.dumps({"wall_s": wall_s, "cpu_s": time.process_time(), "frames": frames, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
