"""MediaPipe's FaceMesh and Pose over prepared frames. Run by `benchmarks.beside` in MediaPipe's own environment; needs
nothing of moodreel."""

from __future__ import annotations

import argparse
import json
import time

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", required=True, help=".npy, (n, height, width, 3) uint8 RGB")
    parser.add_argument("--total", type=int, required=True, help="frames to go through; the pictures repeat")
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() when this process was started")
    args = parser.parse_args()
    stored = np.load(args.pictures, mmap_mode="r")

    import mediapipe

    face = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)
    pose = mediapipe.solutions.pose.Pose(model_complexity=1)
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


if __name__ == "__main__":
    main()
