"""MediaPipe's FaceMesh and Pose over prepared pictures. `benchmarks.mediapipe_process` runs it in MediaPipe's own
environment: it needs nothing of moodreel."""

import argparse
import json
import time
from typing import Any

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", required=True, help=".npy, (n, height, width, 3) uint8 RGB")
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() when this process was started")
    parser.add_argument("--total", type=int, help="frames to be timed; the pictures repeat")
    parser.add_argument("--points", help=".npz to write: pose (n, 33, 3) and face (n, 478, 3), px and 0..1")
    args = parser.parse_args()
    stored = np.load(args.pictures, mmap_mode="r")

    import mediapipe

    # points are compared without MediaPipe's smoothing of landmarks
    pose = mediapipe.solutions.pose.Pose(model_complexity=1, smooth_landmarks=not args.points)
    face = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)
    if args.points:
        write_points(args.points, stored, pose, face)
        return
    first = np.array(stored[0])
    face.process(first)
    pose.process(first)
    startup_s = time.monotonic() - args.started

    pictures = [np.array(picture) for picture in stored]
    faces = bodies = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for index in range(args.total):
        picture = pictures[index % len(pictures)]
        faces += face.process(picture).multi_face_landmarks is not None
        bodies += pose.process(picture).pose_landmarks is not None
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"startup_s": startup_s, "wall": wall, "cpu": cpu, "faces": faces, "bodies": bodies}))


def write_points(path: str, pictures: np.ndarray, pose: Any, face: Any) -> None:
    """Write the points found in `pictures`, NaN where there is no person."""
    bodies, faces = (np.full((len(pictures), points, 3), np.nan) for points in (33, 478))
    for index, stored in enumerate(pictures):
        picture = np.array(stored)
        height, width = picture.shape[:2]
        if body := pose.process(picture).pose_landmarks:
            bodies[index] = [(mark.x * width, mark.y * height, mark.visibility) for mark in body.landmark]
        if heads := face.process(picture).multi_face_landmarks:
            faces[index] = [(mark.x * width, mark.y * height, 1) for mark in heads[0].landmark]
    np.savez(path, pose=bodies, face=faces)


if __name__ == "__main__":
    main()
