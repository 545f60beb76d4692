"""Frames/s from files to tables on a CPU or a GPU: one long file, many short ones in jobs of one or of several, and
what each part alone would do.

Run from the repository's root. What the figures mean stands in docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clip
from benchmarks.extraction import made_by
from benchmarks.ours import FACE_NETWORKS, LANDMARKS, NETWORKS, POSE_NETWORKS
from moodreel.errors import UserError
from moodreel.extraction.job import Sections
from moodreel.extraction.person_tracker import Follower
from moodreel.extraction.segments import join_rows, tasks
from moodreel.extraction.tables import groups, mesh_table, pose_table
from moodreel.face.mesh.facemesh import FaceMesh
from moodreel.networks import making
from moodreel.networks.scheduler import Lanes
from moodreel.networks.session import Session, open_session
from moodreel.pose.blazepose import BlazePose
from moodreel.settings.models import ModelsSettings
from moodreel.storage import atomic
from moodreel.video.decode import frames
from moodreel.video.prefetch import ahead
from moodreel.workflow import program

WARM_UP_RUNS = 3
GLUE_FRAMES = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where the networks run")
    parser.add_argument("--lanes", type=int, help="stretches side by side; default: as the device's")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of a job")
    parser.add_argument("--clip", type=Path, help=f"media file; default: {clip.REAL.name}, else a built-in clip")
    parser.add_argument("--minutes", type=float, default=5, help="length of the long file")
    parser.add_argument("--clips", type=int, default=40, help="number of short files")
    parser.add_argument("--clip-s", type=float, default=5, help="length of each, in s")
    parser.add_argument("--per-job", type=int, nargs="+", default=[1, 40], help="short files in one job")
    parser.add_argument("--models", type=Path, default=Path("results/models"), help="folder of the networks")
    parser.add_argument("--output", type=Path, help="JSON file; default: throughput-DEVICE.json in benchmarks/results")
    args = parser.parse_args()
    path = args.clip or clip.choose()
    about = made_by(path, "throughput")
    making.make(NETWORKS, args.models, ModelsSettings())
    settings = {"extraction": {"device": args.device, "threads": args.threads}}
    if args.lanes:
        settings["extraction"]["lanes"] = args.lanes
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, Any] = {
            "one_file": one_file(path, Path(folder), args, settings),
            "short_files": short_files(path, Path(folder), args, settings),
            "alone_frames_per_s": {
                **alone(path, args.models, Sections.of(settings)),
                "all_but_networks": without_networks(path, args.models, args.threads),
            },
        }
    found["bottleneck"] = min(found["alone_frames_per_s"], key=found["alone_frames_per_s"].get)
    found["gpu_fps"] = found["one_file"]["frames_per_s"] if args.device == "cuda" else None
    output = args.output or Path(f"benchmarks/results/throughput-{args.device}.json")
    atomic.write_text(output, json.dumps({**found, "settings": settings, "made_by": about}, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def one_file(path: Path, folder: Path, args: argparse.Namespace, settings: dict) -> dict[str, Any]:
    """A job on one long file: its times, frames/s with and without its start-up, and how busy the GPU was."""
    looped = folder / f"looped{path.suffix}"
    clip.write_looped(path, looped, args.minutes * 60)
    with gpu_use(args.device) as percent:
        job = run_job([looped], folder, args.models, settings)
    return {
        **job,
        "frames_per_s": job["frames"] / job["wall_s"],
        "frames_per_s_after_startup": job["frames"] / (job["wall_s"] - job["ready_s"]),
        "gpu_percent": statistics.median(percent) if percent else None,
    }


def short_files(path: Path, folder: Path, args: argparse.Namespace, settings: dict) -> dict[str, Any]:
    """Jobs one after the other on many short files, by files a job: wall time of all, with each job's start."""
    whole = folder / f"whole{path.suffix}"
    clip.write_looped(path, whole, args.clip_s)
    short = [folder / f"short-{number}{path.suffix}" for number in range(args.clips)]
    for copy in short:
        os.link(whole, copy)
    found = {}
    for per_job in args.per_job:
        began = time.monotonic()
        jobs = [run_job(share, folder, args.models, settings, end_s=args.clip_s) for share in shares(short, per_job)]
        wall_s = time.monotonic() - began
        frames_read = sum(job["frames"] for job in jobs)
        found[str(per_job)] = {"wall_s": wall_s, "jobs": len(jobs), "frames_per_s": frames_read / wall_s}
    return found


def shares(videos: Sequence[Path], size: int) -> list[Sequence[Path]]:
    """`videos` by `size` at a time."""
    return [videos[first : first + size] for first in range(0, len(videos), size)]


def run_job(
    videos: Sequence[Path], folder: Path, networks: Path, settings: dict, *, end_s: float | None = None
) -> dict[str, Any]:
    """What `benchmarks.many` tells of a process that extracts `videos`, each up to `end_s`. Raises UserError where it
    fails."""
    told = [sys.executable, "-m", "benchmarks.many", "--models", str(networks), "--folder", str(folder)]
    told += ["--settings", json.dumps(settings), "--started", str(time.monotonic())]
    told += ["--end-s", str(end_s)] * (end_s is not None) + [str(video) for video in videos]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(told, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode:
        raise UserError(f"a job ended with status {done.returncode}; see above")
    return json.loads(done.stdout.splitlines()[-1])


def alone(path: Path, networks: Path, sections: Sections) -> dict[str, float]:
    """Frames/s of decoding, and of each landmark network in batches as large as extraction's, alone."""
    began, count = time.perf_counter(), 0
    for frame in frames(path):
        count += frame.picture.size > 0
    rates = {"decoding": count / (time.perf_counter() - began)}
    settings = sections.extraction
    for part, name in LANDMARKS.items():
        network = open_session(
            networks / f"{name}.onnx", device=settings.device, threads=settings.threads, batch=settings.batch
        )
        images = np.random.default_rng(0).random((settings.batch, *network.image_shape), np.float32)
        for _ in range(WARM_UP_RUNS):
            network.run(images)
        runs = -(-300 // settings.batch)
        began = time.perf_counter()
        for _ in range(runs):
            network.run(images)
        rates[part] = runs * settings.batch / (time.perf_counter() - began)
    return rates


class Instant:
    """A network that answers at once, always as it did to its first image: what is left is all that is not networks."""

    most: int | None = None

    def __init__(self, network: Session) -> None:
        self._network = network
        self._first: dict[str, np.ndarray] = {}

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Its first answer for each image of `batch`."""
        self._first = self._first or self._network.run(batch[:1])
        return {name: np.broadcast_to(value, (len(batch), *value.shape[1:])) for name, value in self._first.items()}


def without_networks(path: Path, networks: Path, threads: int) -> float:
    """Frames/s of all but the networks, decoding included, in as many lanes as a GPU gets: no GPU makes it faster."""
    sections = Sections.of({"extraction": {"lanes": Sections.of({}).on(device="cuda").extraction.lane_count}})
    settings = sections.extraction
    instant = {name: Instant(open_session(networks / f"{name}.onnx")) for name in NETWORKS}

    def new_follower() -> Follower:
        person, body = (instant[name] for name in POSE_NETWORKS)
        head, points = (instant[name] for name in FACE_NETWORKS)
        trackers = BlazePose(person, body, sections.pose), FaceMesh(head, points, sections.face)
        return Follower(*trackers, detect_every=settings.detect_every, min_visibility=sections.pose.min_visibility)

    began, count = time.perf_counter(), 0
    with ahead(tasks(clip.decode(path, GLUE_FRAMES), new_follower, settings.lane_count), 1) as drawn:
        lanes = Lanes(drawn, settings.lane_count, settings.batch, threads)
        for group in groups(join_rows(lanes)):
            poses, _ = pose_table(group), mesh_table(group)
            count += len(poses)
    return count / (time.perf_counter() - began)


@contextmanager
def gpu_use(device: str) -> Iterator[list[float]]:
    """Percent of the time in which the GPU had work, five times a second until the context ends; empty on a CPU."""
    percent: list[float] = []
    if device != "cuda" or shutil.which("nvidia-smi") is None:
        yield percent
        return
    asked = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "200"]
    watching = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
    try:
        yield percent
    finally:
        watching.terminate()
        percent += [float(line) for line in watching.communicate()[0].split()]


if __name__ == "__main__":
    program.run(main)
