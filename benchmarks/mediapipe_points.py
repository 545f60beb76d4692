"""MediaPipe's points in its video mode, without its smoothing of landmarks. Run by `benchmarks.parity` in MediaPipe's
own environment; needs nothing of moodreel."""

from __future__ import annotations

import argparse

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", required=True, help=".npy, (n, height, width, 3) uint8 RGB")
    parser.add_argument(
        "--points", required=True, help=".npz to write: pose (n, 33, 3) and face (n, 478, 3), px and 0..1"
    )
    args = parser.parse_args()
    pictures = np.load(args.pictures, mmap_mode="r")

    import mediapipe

    bodies = mediapipe.solutions.pose.Pose(model_complexity=1, smooth_landmarks=False)
    faces = mediapipe.solutions.face_mesh.FaceMesh(refine_landmarks=True)
    pose = np.full((len(pictures), 33, 3), np.nan)
    face = np.full((len(pictures), 478, 3), np.nan)
    for index, stored in enumerate(pictures):
        picture = np.array(stored)
        height, width = picture.shape[:2]
        body, heads = bodies.process(picture).pose_landmarks, faces.process(picture).multi_face_landmarks
        if body:
            pose[index] = [(mark.x * width, mark.y * height, mark.visibility) for mark in body.landmark]
        if heads:
            face[index] = [(mark.x * width, mark.y * height, 1) for mark in heads[0].landmark]
    np.savez(args.points, pose=pose, face=face)


if __name__ == "__main__":
    main()
