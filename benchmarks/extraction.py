"""Speed and stability of extraction, compared with MediaPipe 0.10.21 and with its own networks alone, on one core.

Run from the repository's root. docs/speed.md explains each figure.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from benchmarks import inputs, job, mediapipe_process, origin
from benchmarks.origin import measure, report_progress
from benchmarks.ours import LANDMARKS, NETWORKS, Ours
from moodreel.face.mesh.tracker import EYE_CORNERS
from moodreel.pose.body25 import INDEX
from moodreel.storage import atomic
from moodreel.video.decode import frames
from moodreel.video.frame import Frame
from moodreel.workflow import program

RESULTS = origin.RESULTS / "extraction.json"
LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-contrib-python-headless")
TORSO = (INDEX["neck"], INDEX["mid_hip"])


def main() -> None:
    parser = origin.parser(__doc__, RESULTS)
    parser.add_argument("--clip", type=Path, help=f"media file; default: {inputs.REAL.name}, else a built-in clip")
    parser.add_argument("--frames", type=int, default=3000, help="frames of each timed run; the clip repeats")
    parser.add_argument("--repeats", type=int, default=3, help="number of timed runs; figures are medians")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60], help="lengths of the looped files")
    clocks = "clock of the ratios; cpu where other programs use the machine"
    parser.add_argument("--clock", choices=("cpu", "wall"), default="wall", help=clocks)
    args = parser.parse_args()
    if args.frames < 1 or args.repeats < 1 or min(args.minutes) <= 0:
        parser.error("--frames, --repeats and --minutes are above 0")

    path = args.clip or inputs.choose_clip()
    about = made_by(path, "extraction")
    inputs.fetch_networks(NETWORKS)
    found = run(args, path, mediapipe_process.mediapipe_python())
    about["load_average_after"] = origin.load_average()
    origin.write(args.out, {**found, "made_by": about})
    for key, value in found.items():
        if key != "raw":
            print(f"{key}: {value}")


def run(args: argparse.Namespace, path: Path, interpreter: Path) -> dict[str, Any]:
    """All measurements, one after the other, and the figures from them."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The jobs come first, before this process holds pictures.
        raw: dict[str, Any] = {**_scaling(path, folder, cores, args.repeats)}
        raw["looped"] = _memory(path, folder, cores[0], args.minutes)
        first: dict[str, Any] = {"end_s": 0.001, "cores": [{cores[0]}]}
        raw["startup"] = [job.run([path], folder, inputs.MODELS, **first)[0] for _ in range(args.repeats)]
        decoded = list(islice(frames(path), args.frames))
        ours = Ours(inputs.MODELS)
        report_progress("tracking error")
        raw |= _tracking_errors(ours, decoded)
        pictures = folder / "pictures.npy"
        np.save(pictures, np.stack([frame.picture for frame in decoded]))
        command = (interpreter, pictures, "--total", str(args.frames))

        def run_mediapipe() -> Any:
            return json.loads(mediapipe_process.run_mediapipe(*command).splitlines()[-1])

        raw |= _speed(path, decoded, ours, args, run_mediapipe)
    return figures_of(raw, args.frames, args.clock)


def _speed(path: Path, decoded: list[Frame], ours: Ours, args: argparse.Namespace, run_mediapipe: Any) -> dict:
    """Raw series of the timed runs, alternating: MediaPipe, ours, decoding, the networks alone."""
    raw: dict[str, Any] = {"mediapipe": [], "ours": [], "ours_decoding": [], "decoding": [], "networks": []}
    ours.extract(decoded[:1])  # the extra cost of the first table is start-up; MediaPipe too has processed one frame
    for repeat in range(args.repeats):
        report_progress(f"speed, {repeat + 1} of {args.repeats}")
        raw["mediapipe"].append(run_mediapipe())
        raw["ours"].append(measure(lambda: ours.extract(inputs.repeat(lambda: decoded, args.frames))))
        before = {name: network.runs for name, network in ours.networks.items()}
        raw["ours_decoding"].append(measure(lambda: ours.extract(inputs.repeat(lambda: frames(path), args.frames))))
        raw["runs"] = {name: network.runs - before[name] for name, network in ours.networks.items()}
        raw["decoding"].append(measure(lambda: sum(1 for _ in inputs.repeat(lambda: frames(path), args.frames))))
        raw["networks"].append(ours.alone(raw["runs"]))
    return raw


def _tracking_errors(ours: Ours, decoded: list[Frame]) -> dict[str, float]:
    body, shown, face = ours.points(decoded, detecting=False)
    body_found, shown_found, face_found = ours.points(decoded, detecting=True)
    return {
        "tracking_error_face": point_error(face, face_found, EYE_CORNERS),
        "tracking_error_pose": point_error(body, body_found, TORSO, shown & shown_found),
    }


def point_error(
    points: np.ndarray, reference: np.ndarray, ends: tuple[int, int], shown: np.ndarray | None = None
) -> float:
    """The median distance between `points` and `reference`, both (n, k, 2) px, where `shown` (n, k), as a share of
    the distance between the reference's two points `ends` in the same frame.

    Frames in which either lacks these points (NaN) do not count. Raises ValueError where none is left.
    """
    unit = np.linalg.norm(reference[:, ends[0]] - reference[:, ends[1]], axis=1)
    shares = np.linalg.norm(points - reference, axis=2) / unit[:, np.newaxis]
    counted = shares[np.isfinite(shares) & (True if shown is None else shown)]
    if not len(counted):
        raise ValueError("there is no frame in which both runs have the same point")
    return float(np.median(counted))


def _scaling(path: Path, folder: Path, cores: list[int], repeats: int) -> dict[str, list | None]:
    """Results of one job, and of two side by side on a core each; None where there is one core."""
    if len(cores) < 2:
        return {"one_job": None, "two_jobs": None}
    one_job, two_jobs = [], []
    for repeat in range(repeats):
        report_progress(f"jobs side by side, {repeat + 1} of {repeats}")
        one_job += job.run([path], folder, inputs.MODELS, cores=[{cores[0]}])
        two_jobs.append(job.run([path], folder, inputs.MODELS, cores=[{core} for core in cores[:2]]))
    return {"one_job": one_job, "two_jobs": two_jobs}


def _memory(path: Path, folder: Path, core: int, minutes: list[float]) -> dict[float, dict]:
    """Results of a job on the looped clip, by minutes."""
    jobs = {}
    for length in sorted(minutes):
        report_progress(f"memory, {length:g} min")
        looped = folder / f"looped{path.suffix}"
        inputs.write_looped(path, looped, length * 60)
        (jobs[length],) = job.run([looped], folder, inputs.MODELS, end_s=length * 60, cores=[{core}])
    return jobs


def figures_of(raw: dict[str, Any], total: int, clock: str) -> dict[str, Any]:
    """The figures by their names in docs/speed.md, and the series `raw` that they come from."""

    def seconds(name: str, clock: str = clock) -> float:
        return median(one[clock] for one in raw[name])

    def seconds_alone(networks: Sequence[str]) -> float:
        """Seconds of decoding plus these networks."""
        both = zip(raw["decoding"], raw["networks"], strict=True)
        return median(decoding[clock] + sum(of[name][clock] for name in networks) for decoding, of in both)

    looped = raw["looped"]
    return {
        "startup_s": seconds("startup", "wall_s"),
        "startup_mediapipe_s": seconds("mediapipe", "startup_s"),
        "ratio_mediapipe": seconds("mediapipe") / seconds("ours"),
        "ratio_limit": seconds("ours_decoding") / seconds_alone(list(LANDMARKS.values())),
        "ratio_limit_all_networks": seconds("ours_decoding") / seconds_alone(NETWORKS),
        "frames": total,
        "model_runs": {part: raw["runs"][name] for part, name in LANDMARKS.items()},
        "frames_per_s": {
            "ours": total / seconds("ours"),
            "ours_with_decoding": total / seconds("ours_decoding"),
            "mediapipe": total / seconds("mediapipe"),
        },
        "tracking_error_face": raw["tracking_error_face"],
        "tracking_error_pose": raw["tracking_error_pose"],
        "scaling_2_jobs": raw["two_jobs"] and gain_of_two(raw["one_job"], raw["two_jobs"]),
        "peak_mb_1min": looped[1]["peak_mb"] if 1 in looped else None,
        "peak_mb_60min": looped[60]["peak_mb"] if 60 in looped else None,
        "peak_mb": {f"{minutes:g}": one["peak_mb"] for minutes, one in looped.items()},
        "frame_time_growth": frame_time_growth(seconds("startup", "cpu_s"), looped),
        "gpu_fps": None,  # benchmarks.throughput measures it, where there is a GPU
        "raw": raw,
    }


def gain_of_two(one_job: Sequence[Mapping], two_jobs: Sequence[Sequence[Mapping]]) -> float:
    """Throughput of two jobs side by side relative to one."""
    slower_s = median(max(job["wall_s"] for job in pair) for pair in two_jobs)
    return 2 * median(job["wall_s"] for job in one_job) / slower_s


def frame_time_growth(startup_s: float, jobs: Mapping[float, Mapping[str, float]]) -> float | None:
    """Time per frame of the longest of `jobs`, by minutes, beyond the shortest, relative to that of the shortest. None
    where there is only one length."""
    short, long = jobs[min(jobs)], jobs[max(jobs)]
    if len(jobs) == 1:
        return None
    first = (short["cpu_s"] - startup_s) / short["frames"]
    return (long["cpu_s"] - short["cpu_s"]) / (long["frames"] - short["frames"]) / first


def made_by(path: Path, program: str) -> dict[str, Any]:
    """The origin of the figures: program, code, machine and clip."""
    with frames(path) as opened:
        size = f"{opened.width} x {opened.height}"
    code = ("steps.extract", "pose.blazepose", "face.mesh.facemesh")
    about = origin.describe(program, sys.argv[1:], code=code, libraries=LIBRARIES)
    return {
        **about,
        "clip": {"name": path.name, "sha256": atomic.sha256(path), "size_px": size},
        "libraries": about["libraries"] | {"mediapipe": mediapipe_process.MEDIAPIPE},
    }


if __name__ == "__main__":
    program.run(main)
