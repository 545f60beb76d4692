"""How fast and how steady extraction is, beside MediaPipe 0.10.21 and beside its own networks, on one core.

Run from the repository's root. What each figure means stands in docs/speed.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import beside, clip, figures, origin
from benchmarks.origin import say
from benchmarks.ours import LANDMARKS, NETWORKS, Ours
from benchmarks.timing import Seconds, measure, median
from moodreel.networks import making
from moodreel.settings.models import ModelsSettings
from moodreel.storage import atomic
from moodreel.video.decode import Frame, frames
from moodreel.workflow import program

RESULTS = Path("benchmarks/results/extraction.json")
LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-contrib-python-headless")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--clip", type=Path, help=f"media file; default: {clip.REAL.name}, else a built-in clip")
    parser.add_argument("--frames", type=int, default=3000, help="frames of each timed run; the clip repeats")
    parser.add_argument("--repeats", type=int, default=3, help="how often each is timed; figures are medians")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60], help="lengths of the looped files")
    parser.add_argument(
        "--clock",
        choices=("cpu", "wall"),
        default="wall",
        help="time that the ratios are made of; cpu where other programs use the machine",
    )
    parser.add_argument("--models", type=Path, default=Path("results/models"), help="folder of the networks")
    parser.add_argument(
        "--mediapipe", type=Path, default=Path("results/.cache/bench-mediapipe"), help="environment for MediaPipe"
    )
    parser.add_argument("--mediapipe-python", default=sys.executable, help="Python 3.9 to 3.12 that makes it")
    parser.add_argument("--output", type=Path, default=RESULTS, help="JSON file")
    args = parser.parse_args()
    if args.frames < 1 or args.repeats < 1 or min(args.minutes) <= 0:
        parser.error("--frames, --repeats and --minutes are above 0")

    path = args.clip or clip.choose()
    about = made_by(path, "extraction")
    making.make(NETWORKS, args.models, ModelsSettings())
    interpreter = beside.mediapipe_python(args.mediapipe, args.mediapipe_python)
    found = run(args, path, interpreter)
    about["load_average_after"] = [round(value, 2) for value in os.getloadavg()]
    atomic.write_text(args.output, json.dumps({**found, "made_by": about}, indent=1) + "\n")
    for key, value in found.items():
        if key != "raw":
            print(f"{key}: {value}")


def run(args: argparse.Namespace, path: Path, interpreter: Path) -> dict[str, Any]:
    """All measurements, one after the other, and the figures made of them."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        # The jobs come first, before this process holds pictures.
        scaling = _scaling(path, Path(folder), args.models, cores, args.repeats)
        memory = _memory(path, Path(folder), args.models, cores[0], args.minutes)
        decoded = list(islice(frames(path), args.frames))
        ours = Ours(args.models)
        say("tracking error")
        errors = _tracking_errors(ours, decoded)
        pictures = Path(folder, "pictures.npy")
        np.save(pictures, np.stack([frame.picture for frame in decoded]))
        speed = _speed(path, decoded, ours, args, lambda: beside.run_mediapipe(interpreter, pictures, args.frames))
    return figures_of({**speed, **memory, **scaling, **errors}, args.frames, args.clock)


def _speed(path: Path, decoded: list[Frame], ours: Ours, args: argparse.Namespace, run_mediapipe: Any) -> dict:
    """Raw series of start-up and of the timed runs, in turns: MediaPipe, ours, decoding, the networks alone."""
    raw: dict[str, Any] = {"mediapipe": [], "ours": [], "ours_decoding": [], "decoding": []}
    raw["networks"] = []
    with tempfile.TemporaryDirectory() as folder:
        job = (path, Path(folder), [os.sched_getaffinity(0)], args.models)
        raw["startup"] = [beside.run_jobs(*job, "--end-s", "0.001")[0] for _ in range(args.repeats)]
    ours.extract(decoded[:1])  # what only the first table costs is start-up; MediaPipe too has seen one frame
    for repeat in range(args.repeats):
        say(f"speed, {repeat + 1} of {args.repeats}")
        raw["mediapipe"].append(run_mediapipe())
        raw["ours"].append(measure(lambda: ours.extract(clip.repeat(decoded, args.frames))))
        before = {name: network.runs for name, network in ours.networks.items()}
        raw["ours_decoding"].append(measure(lambda: ours.extract(clip.decode(path, args.frames))))
        raw["runs"] = {name: network.runs - before[name] for name, network in ours.networks.items()}
        raw["decoding"].append(measure(lambda: sum(1 for _ in clip.decode(path, args.frames))))
        raw["networks"].append(ours.alone(raw["runs"]))
    return raw


def _tracking_errors(ours: Ours, decoded: list[Frame]) -> dict[str, float]:
    body, shown, face = ours.points(decoded, detecting=False)
    body_found, shown_found, face_found = ours.points(decoded, detecting=True)
    return {
        "tracking_error_face": figures.face_error(face, face_found),
        "tracking_error_pose": figures.pose_error(body, body_found, shown & shown_found),
    }


def _scaling(path: Path, folder: Path, networks: Path, cores: list[int], repeats: int) -> dict[str, list | None]:
    """Raw wall times of one job and of two side by side on a core each; None where there is one core."""
    if len(cores) < 2:
        return {"one_job": None, "two_jobs": None}
    one_job, two_jobs = [], []
    for repeat in range(repeats):
        say(f"jobs side by side, {repeat + 1} of {repeats}")
        one_job.append(beside.run_jobs(path, folder, [{cores[0]}], networks)[0])
        two_jobs.append(beside.run_jobs(path, folder, [{core} for core in cores[:2]], networks))
    return {"one_job": one_job, "two_jobs": two_jobs}


def _memory(path: Path, folder: Path, networks: Path, core: int, minutes: list[float]) -> dict[str, dict]:
    """What a job on the looped clip tells, by minutes."""
    jobs = {}
    for length in sorted(minutes):
        say(f"memory, {length:g} min")
        looped = folder / f"looped{path.suffix}"
        clip.write_looped(path, looped, length * 60)
        (jobs[length],) = beside.run_jobs(looped, folder, [{core}], networks, "--end-s", str(length * 60))
    return {"looped": jobs}


def figures_of(raw: dict[str, Any], total: int, clock: str) -> dict[str, Any]:
    """The figures by the names that docs/speed.md gives them, and `raw`, the series that they are made of."""
    theirs = [Seconds(one["wall"], one["cpu"]) for one in raw["mediapipe"]]
    landmarks, all_networks = [], []
    for networks, decoding in zip(raw["networks"], raw["decoding"], strict=True):
        landmarks.append(sum((networks[name] for name in LANDMARKS.values()), decoding))
        all_networks.append(sum(networks.values(), decoding))
    startup_s = median([Seconds(one["wall_s"], one["cpu_s"]) for one in raw["startup"]], "wall")
    peaks = {minutes: job["peak_mb"] for minutes, job in raw["looped"].items()}
    growth = figures.frame_time_growth(
        median([Seconds(one["wall_s"], one["cpu_s"]) for one in raw["startup"]], "cpu"),
        {minutes: job["cpu_s"] for minutes, job in raw["looped"].items()},
        {minutes: job["frames"] for minutes, job in raw["looped"].items()},
    )
    two = raw["two_jobs"]
    return {
        "startup_s": startup_s,
        "startup_mediapipe_s": float(np.median([one["startup_s"] for one in raw["mediapipe"]])),
        "ratio_mediapipe": figures.ratio(theirs, raw["ours"], clock),
        "ratio_limit": figures.ratio(raw["ours_decoding"], landmarks, clock),
        "ratio_limit_all_networks": figures.ratio(raw["ours_decoding"], all_networks, clock),
        "frames": total,
        "model_runs": {part: raw["runs"][name] for part, name in LANDMARKS.items()},
        "frames_per_s": {
            "ours": total / median(raw["ours"], clock),
            "ours_with_decoding": total / median(raw["ours_decoding"], clock),
            "mediapipe": total / median(theirs, clock),
        },
        "tracking_error_face": raw["tracking_error_face"],
        "tracking_error_pose": raw["tracking_error_pose"],
        "scaling_2_jobs": two
        and figures.gain_of_two(
            [one["wall_s"] for one in raw["one_job"]], [[job["wall_s"] for job in pair] for pair in two]
        ),
        "peak_mb_1min": peaks.get(1),
        "peak_mb_60min": peaks.get(60),
        "peak_mb": {f"{minutes:g}": peak for minutes, peak in peaks.items()},
        "frame_time_growth": growth,
        "gpu_fps": None,  # benchmarks.throughput measures it, where there is a GPU
        "raw": json.loads(json.dumps(raw, default=asdict)),
    }


def made_by(path: Path, program: str) -> dict[str, Any]:
    """What makes the figures, and of which clip."""
    with frames(path) as opened:
        size = f"{opened.width} x {opened.height}"
    code = ("steps.extract", "pose.blazepose", "face.mesh.facemesh")
    about = origin.describe(program, sys.argv[1:], code=code, libraries=LIBRARIES)
    return {
        **about,
        "clip": {"name": path.name, "sha256": atomic.sha256(path), "size_px": size},
        "libraries": about["libraries"] | {"mediapipe": "0.10.21"},
    }


if __name__ == "__main__":
    program.run(main)
