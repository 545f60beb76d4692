"""Extraction in separate processes, each of which prints its times in s, its frames and its peak memory as JSON."""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq

from moodreel.errors import UserError
from moodreel.extraction.job import Job, Sections, Video

CORES = os.sched_getaffinity(0)


def run(
    videos: Sequence[Path],
    folder: Path,
    models: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    end_s: float | None = None,
    cores: Sequence[Collection[int]] = (CORES,),
) -> list[dict[str, Any]]:
    """The printed results of jobs that extract `videos` one after the other, each up to `end_s`, into `folder`: one job
    at the same time per set of `cores`, bound to its set. Raises UserError where one fails."""
    jobs = []
    for number, own in enumerate(cores):
        options: dict[str, Any] = {"models": str(models), "folder": str(folder / str(number)), "end_s": end_s}
        options |= {"videos": [*map(str, videos)], "cores": [*own], "settings": settings or {}}
        options["started"] = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.job", json.dumps(options)]
        jobs.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    outputs = [job.communicate()[0] for job in jobs]
    if any(job.returncode for job in jobs):
        raise UserError(f"a job ended with status {max(job.returncode for job in jobs)}; see above")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def peak_mb() -> float:
    """The peak memory of this process, in MB of 10^6 bytes.

    The kernel's VmHWM, since `resource.getrusage` starts at the memory of the process that started this one.
    """
    kib = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]
    return int(kib) * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("options", type=json.loads, help="the options that `run` passes, as JSON")
    options = parser.parse_args().options
    os.sched_setaffinity(0, options["cores"])
    sections = Sections.of(options["settings"])
    cv2.setNumThreads(sections.extraction.threads)
    folder = Path(options["folder"])
    videos = [
        Video(path, folder / f"{path.stem}-pose.parquet", folder / f"{path.stem}-mesh.parquet", end_s=options["end_s"])
        for path in map(Path, options["videos"])
    ]
    ready_s = time.monotonic() - options["started"]
    Job(sections, Path(options["models"]), "benchmark").extract(videos)
    wall_s = time.monotonic() - options["started"]
    frames = sum(pq.read_metadata(video.pose_out).num_rows for video in videos)
    times = {"wall_s": wall_s, "ready_s": ready_s, "cpu_s": time.process_time()}
    print(json.dumps({**times, "frames": frames, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
