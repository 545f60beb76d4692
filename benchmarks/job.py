"""Extraction in processes of its own, each of which prints, as JSON, its times in s, its frames and its peak memory."""

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
    """What jobs tell that extract `videos` one after the other, each up to `end_s`, into `folder`: as many jobs, side
    by side, as `cores` has sets, each bound to its set. Raises UserError where one fails."""
    jobs = []
    for number, own in enumerate(cores):
        told: dict[str, Any] = {"models": str(models), "folder": str(folder / str(number)), "end_s": end_s}
        told |= {"videos": [*map(str, videos)], "cores": [*own], "settings": settings or {}}
        told["started"] = time.monotonic()
        command = [sys.executable, "-m", "benchmarks.job", json.dumps(told)]
        jobs.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    answers = [job.communicate()[0] for job in jobs]
    if any(job.returncode for job in jobs):
        raise UserError(f"a job ended with status {max(job.returncode for job in jobs)}; see above")
    return [json.loads(answer.splitlines()[-1]) for answer in answers]


def peak_mb() -> float:
    """The most memory that this process held at a time, in MB of 10^6 bytes.

    The kernel's VmHWM, since `resource.getrusage` starts at the memory of the process that started this one.
    """
    kib = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]
    return int(kib) * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("told", type=json.loads, help="what `run` tells, as JSON")
    told = parser.parse_args().told
    os.sched_setaffinity(0, told["cores"])
    sections = Sections.of(told["settings"])
    cv2.setNumThreads(sections.extraction.threads)
    folder = Path(told["folder"])
    videos = [
        Video(path, folder / f"{path.stem}-pose.parquet", folder / f"{path.stem}-mesh.parquet", end_s=told["end_s"])
        for path in map(Path, told["videos"])
    ]
    ready_s = time.monotonic() - told["started"]
    Job(sections, Path(told["models"]), "benchmark").extract(videos)
    wall_s = time.monotonic() - told["started"]
    frames = sum(pq.read_metadata(video.pose_out).num_rows for video in videos)
    times = {"wall_s": wall_s, "ready_s": ready_s, "cpu_s": time.process_time()}
    print(json.dumps({**times, "frames": frames, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
