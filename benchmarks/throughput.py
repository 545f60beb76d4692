"""Frames/s from files to tables on a CPU or a GPU: one long file, many short ones with one or several in a job,
and the rate of each part alone.

Run from the repository's root. docs/speed.md explains the figures.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import inputs, job, origin
from benchmarks.extraction import made_by
from benchmarks.ours import LANDMARKS, NETWORKS, Ours
from moodreel.extraction.job import Sections
from moodreel.networks.session import Session, open_session
from moodreel.video.decode import frames
from moodreel.workflow import program

WARM_UP_RUNS, RUNS = 3, 300
GLUE_FRAMES = 2000
CLIP_S = 5.0
"""Duration of a short file."""


def main() -> None:
    parser = origin.parser(__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the networks run")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a job")
    parser.add_argument("--clip", type=Path, help=f"media file; default: {inputs.REAL.name}, else a built-in clip")
    parser.add_argument("--minutes", type=float, default=5, help="length of the long file")
    parser.add_argument("--clips", type=int, default=40, help=f"number of short files, of {CLIP_S:g} s")
    parser.add_argument("--per-job", type=int, nargs="+", default=[1, 40], help="short files in one job")
    parser.add_argument("--out", type=Path, help="JSON file; default: throughput-DEVICE.json in benchmarks/results")
    args = parser.parse_args()
    path = args.clip or inputs.choose_clip()
    about = made_by(path, "throughput")
    inputs.fetch_networks(NETWORKS)
    settings = {"extraction": {"device": args.device, "threads": args.threads}}
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = {
            "one_file": one_file(path, Path(folder), args, settings),
            "short_files": short_files(path, Path(folder), args, settings),
            "alone_frames_per_s": {
                **alone(path, Sections.of(settings)),
                "all_but_networks": without_networks(path, args.threads),
            },
        }
    found["bottleneck"] = min(found["alone_frames_per_s"], key=found["alone_frames_per_s"].get)
    found["gpu_fps"] = found["one_file"]["frames_per_s"] if args.device == "cuda" else None
    output = args.out or origin.RESULTS / f"throughput-{args.device}.json"
    origin.write(output, {**found, "settings": settings, "made_by": about})
    print(json.dumps(found, indent=1))


def one_file(path: Path, folder: Path, args: argparse.Namespace, settings: dict) -> dict[str, Any]:
    """A job on one long file: its times, frames/s with and without its start-up, and the utilisation of the GPU."""
    looped = folder / f"looped{path.suffix}"
    inputs.write_looped(path, looped, args.minutes * 60)
    with gpu_use(args.device) as percent:
        (found,) = job.run([looped], folder, inputs.MODELS, settings)
    return {
        **found,
        "frames_per_s": found["frames"] / found["wall_s"],
        "frames_per_s_after_startup": found["frames"] / (found["wall_s"] - found["ready_s"]),
        "gpu_percent": statistics.median(percent) if percent else None,
    }


def short_files(path: Path, folder: Path, args: argparse.Namespace, settings: dict) -> dict[str, Any]:
    """Successive jobs on many short files, by files in a job: wall time of all, including the start of each job."""
    whole = folder / f"whole{path.suffix}"
    inputs.write_looped(path, whole, CLIP_S)
    short = [folder / f"short-{number}{path.suffix}" for number in range(args.clips)]
    for copy in short:
        os.link(whole, copy)
    found = {}
    for size in args.per_job:
        began = time.monotonic()
        shares = [short[first : first + size] for first in range(0, len(short), size)]
        jobs = [one for share in shares for one in job.run(share, folder, inputs.MODELS, settings, end_s=CLIP_S)]
        wall_s = time.monotonic() - began
        frames_read = sum(one["frames"] for one in jobs)
        found[str(size)] = {"wall_s": wall_s, "jobs": len(jobs), "frames_per_s": frames_read / wall_s}
    return found


def alone(path: Path, sections: Sections) -> dict[str, float]:
    """Frames/s of decoding alone, and of each landmark network alone in batches as in extraction."""
    began = time.perf_counter()
    count = sum(frame.picture.size > 0 for frame in frames(path))
    rates = {"decoding": count / (time.perf_counter() - began)}
    settings = sections.extraction
    for part, name in LANDMARKS.items():
        network = open_session(
            inputs.MODELS / f"{name}.onnx", device=settings.device, threads=settings.threads, batch=settings.batch
        )
        images = np.random.default_rng(0).random((settings.batch, *network.image_shape), np.float32)
        for _ in range(WARM_UP_RUNS):
            network.run(images)
        runs = -(-RUNS // settings.batch)
        began = time.perf_counter()
        for _ in range(runs):
            network.run(images)
        rates[part] = runs * settings.batch / (time.perf_counter() - began)
    return rates


class Instant:
    """A network with the outputs of its first image for every image, without computing: the time left is that without
    networks."""

    most: int | None = None

    def __init__(self, network: Session) -> None:
        self._network = network
        self._first: dict[str, np.ndarray] = {}

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs of the first image, for each image of `batch`."""
        self._first = self._first or self._network.run(batch[:1])
        return {name: np.broadcast_to(value, (len(batch), *value.shape[1:])) for name, value in self._first.items()}


def without_networks(path: Path, threads: int) -> float:
    """Frames/s without the networks, with decoding, in as many slots as on a GPU: a limit for any GPU."""
    settings = Sections.of({}).on(device="cuda").extraction
    slots = {"count": settings.slot_count, "batch": settings.batch, "threads": threads}
    tables = Ours(inputs.MODELS, Instant).tables(inputs.repeat(lambda: frames(path), GLUE_FRAMES), **slots)
    began = time.perf_counter()
    return sum(len(poses) for poses, _ in tables) / (time.perf_counter() - began)


@contextmanager
def gpu_use(device: str) -> Iterator[list[float]]:
    """Utilisation of the GPU in percent, five times a second until the context ends; empty on a CPU."""
    percent: list[float] = []
    if device != "cuda" or shutil.which("nvidia-smi") is None:
        yield percent
        return
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield percent
    finally:
        watching.terminate()
        percent += [float(line) for line in watching.communicate()[0].split()]


if __name__ == "__main__":
    program.run(main)
