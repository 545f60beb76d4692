"""Deviation of our tracking of a person and a face from MediaPipe 0.10.21's video mode, in pixels of real clips.

Run from the repository's root. docs/models.md explains the figures.
"""

import json
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks import inputs, mediapipe_process, origin
from benchmarks.ours import NETWORKS, Ours
from moodreel.face.mesh.tracker import EYE_CORNERS
from moodreel.networks.requests import resolve
from moodreel.pose.body25 import BLAZEPOSE, INDEX
from moodreel.video.decode import frames
from moodreel.video.frame import Frame
from moodreel.workflow import program

NAMES = (
    "tfjs_pose_squats.mp4", "pose2sim_single_cam01.mp4", "tfjs_pose_1.mp4", "intel_asl_no.mkv",
    "pyfeat_WolfgangLanger_Pexels.mp4",
)  # fmt: skip
CLIPS = [inputs.SHARED / "data/videos" / name for name in NAMES]

MEDIAPIPE_PERIOD_S = 0.033333
"""MediaPipe's Python solutions assume this time between pictures (solution_base.py), independent of the video's own
times."""
TORSO = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))


def main() -> None:
    parser = origin.parser(__doc__, origin.RESULTS / "parity.json")
    parser.add_argument("--clips", type=Path, nargs="+", default=CLIPS, help="media files")
    parser.add_argument("--frames", type=int, default=150, help="frames of each clip")
    args = parser.parse_args()
    interpreter = mediapipe_process.mediapipe_python()
    ours = Ours(inputs.fetch_networks(NETWORKS))
    found = {}
    for path in args.clips:
        shown = list(islice(frames(path), args.frames))
        pose, face = mediapipe_points(interpreter, np.stack([frame.picture for frame in shown]))
        true = [frame.time_s for frame in shown]
        nominal = [MEDIAPIPE_PERIOD_S * index for index in range(len(shown))]
        shoulders, hips = (pose[:, [BLAZEPOSE[name] for name in names]].mean(1) for names in TORSO)
        found[path.name] = {
            "frames": len(shown),
            "pose_px": shares(track_body(ours, shown, nominal), pose),
            "pose_px_at_true_times": shares(track_body(ours, shown, true), pose),
            "torso_px": distance_px(shoulders, hips),
            "face_px": shares(track_face(ours, shown), face),
            "inter_ocular_px": distance_px(face[:, EYE_CORNERS[0]], face[:, EYE_CORNERS[1]]),
        }
        print(path.name, json.dumps(found[path.name]), flush=True)
    origin.write(args.out, found)


def mediapipe_points(interpreter: Path, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """MediaPipe's landmarks (n, 33, 3) and mesh (n, 478, 3): x px, y px and visibility; NaN where it finds none."""
    with tempfile.TemporaryDirectory() as folder:
        stored, points = Path(folder, "pictures.npy"), Path(folder, "points.npz")
        np.save(stored, pictures)
        mediapipe_process.run_mediapipe(interpreter, stored, "--points", str(points))
        with np.load(points) as made:
            return made["pose"], made["face"]


def track_body(ours: Ours, shown: list[Frame], times_s: list[float]) -> np.ndarray:
    """BODY_25's points that are BlazePose's own, in its order of landmarks (n, 33, 2) px, NaN elsewhere."""
    tracker, _ = ours.trackers()
    marks = np.full((len(shown), 33, 2), np.nan)
    for index, (frame, time_s) in enumerate(zip(shown, times_s, strict=True)):
        pose = resolve(tracker.track(frame.picture, time_s))
        if pose.points is not None:
            for point, landmark in BLAZEPOSE.items():
                marks[index, landmark] = pose.points[INDEX[point], :2]
    return marks


def track_face(ours: Ours, shown: list[Frame]) -> np.ndarray:
    """The mesh (n, 478, 2) px, searched for in whole pictures as in MediaPipe; NaN where there is none."""
    _, tracker = ours.trackers()
    meshes = [resolve(tracker.track(frame.picture, None)) for frame in shown]
    return np.stack([np.full((478, 2), np.nan) if mesh.points is None else mesh.points[:, :2] for mesh in meshes])


def shares(points: np.ndarray, reference: np.ndarray) -> list[float] | None:
    """Median and 95th percentile of the distances in px of `points` (n, k, 2) to those points of `reference` (n, k,
    3) that are visible by its own visibility; None where no frame has both."""
    distances = np.linalg.norm(points - reference[..., :2], axis=2)[reference[..., 2] > 0.5]
    distances = distances[np.isfinite(distances)]
    return np.quantile(distances, (0.5, 0.95)).round(3).tolist() if len(distances) else None


def distance_px(one: np.ndarray, other: np.ndarray) -> float | None:
    """The median distance of points (n, 2 or more); None where there are none."""
    distances = np.linalg.norm(one[:, :2] - other[:, :2], axis=1)
    distances = distances[np.isfinite(distances)]
    return round(float(np.median(distances)), 1) if len(distances) else None


if __name__ == "__main__":
    program.run(main)
