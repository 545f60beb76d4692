"""BlazePose (Bazarevsky et al. 2020): a person detector, then 33 landmarks in a square that turns and moves with the person.

The order of operations and every constant follow mediapipe 0.10.21 (modules/pose_detection, modules/pose_landmark), so that a
single picture gives its static result.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from moodreel.models.session import open_session
from moodreel.pose import Pose
from moodreel.pose.body25 import from_blazepose
from moodreel.regions.cut import REPLICATE, as_input, cut
from moodreel.regions.detector import Detector
from moodreel.regions.square import Square, largest, nearest
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings

MODELS = ("pose_detection", "pose_landmark_full")

DETECTOR_PX = 224
DETECTOR_LAYERS = ((8, 2), (16, 2), (32, 6))
LANDMARKS_PX = 256
LANDMARKS = 33
REGION_SCALE = 1.25
"""The square's side, in diameters of the circle around the person."""
HEATMAP_KERNEL = 9
"""Side of the window in which a landmark is moved to its heatmap's centre of mass, in cells of the heatmap."""
MIN_HEATMAP_PEAK = 0.5
SAME_PERSON = 0.5
"""A detection whose centre is nearer than this to the followed square's, in its sides, is taken for the same person."""


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def region_of(centre: np.ndarray, rim: np.ndarray) -> Square:
    """The square around a person whose hips' middle is `centre` (2,) px, `rim` (2,) px on the circle around the body, above the head."""
    dx, dy = float(rim[0] - centre[0]), float(rim[1] - centre[1])
    return Square(
        float(centre[0]), float(centre[1]), 2 * math.hypot(dx, dy) * REGION_SCALE, math.atan2(dx, -dy)
    )


def refine(landmarks: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Landmarks (n, 2), in units of the region, moved to the centre of mass of their heatmap (rows, columns, n) around them.

    `heatmaps` holds logits. A landmark outside its map, or without a peak of at least `MIN_HEATMAP_PEAK` near it, stays
    (refine_landmarks_from_heatmap_calculator.cc).
    """
    rows, columns, count = heatmaps.shape
    reach = HEATMAP_KERNEL // 2
    at = (landmarks * (columns, rows)).astype(int)
    steps = np.arange(-reach, reach + 1)
    x = at[:, 0, np.newaxis, np.newaxis] + steps[np.newaxis, np.newaxis, :]
    y = at[:, 1, np.newaxis, np.newaxis] + steps[np.newaxis, :, np.newaxis]
    inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
    which = np.arange(count)[:, np.newaxis, np.newaxis]
    heat = _sigmoid(heatmaps[y.clip(0, rows - 1), x.clip(0, columns - 1), which]) * inside
    mass = heat.sum((1, 2))
    peaked = (heat.max((1, 2)) >= MIN_HEATMAP_PEAK) & (at >= 0).all(1) & (at < (columns, rows)).all(1)
    moved = landmarks.copy()
    moved[peaked, 0] = (heat * x).sum((1, 2))[peaked] / mass[peaked] / columns
    moved[peaked, 1] = (heat * y).sum((1, 2))[peaked] / mass[peaked] / rows
    return moved


class BlazePose:
    """Follows one person: the next square comes from the last landmarks, detections start it and check on it.

    `detector` and `landmarks` are sessions of the models `pose_detection` and `pose_landmark_full`.
    """

    def __init__(self, detector: Any, landmarks: Any, settings: PoseSettings, detect_every: int) -> None:
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._landmarks = landmarks
        self._min_confidence = settings.min_confidence
        self._detect_every = detect_every
        self._region: Square | None = None
        self._since_detection = 0

    def find(self, picture: np.ndarray) -> list[Square]:
        """The squares of all people whom the detector finds in `picture`, best first."""
        height, width = picture.shape[:2]
        found = self._detector.find(picture, Square.around_picture(width, height))
        return [region_of(points[0], points[1]) for points in found.keypoints]

    def read(self, picture: np.ndarray, region: Square) -> tuple[float, np.ndarray, Square]:
        """The person in `region`: how sure the network is (0..1), landmarks (33, 4), and the square for the next picture.

        A landmark is x px, y px, visibility 0..1, presence 0..1.
        """
        answer = self._landmarks.run(as_input(cut(picture, region, LANDMARKS_PX, border=REPLICATE), 0, 1))
        raw = answer["landmarks"][0]
        points = region.to_picture(refine(raw[:, :2] / LANDMARKS_PX, answer["heatmap"][0]))
        marks = np.concatenate([points, _sigmoid(raw[:, 3:])], axis=1)[:LANDMARKS]
        return float(answer["flag"][0]), marks, region_of(points[LANDMARKS], points[LANDMARKS + 1])

    def follow(self, picture: np.ndarray) -> Pose:
        """The pose in the next `picture` (height, width, 3) uint8 RGB of the video."""
        self._since_detection += 1
        followed = self._region
        if followed is not None and self._since_detection < self._detect_every:
            pose = self._pose(picture, followed, None)
            if pose.status == "ok":
                return pose
            followed = None
        self._since_detection = 0
        found = self.find(picture)
        people = len(found) if followed is None else max(len(found), 1)
        pose = Pose("no_person", people_seen=people)
        for region in _candidates(found, followed):
            pose = self._pose(picture, region, people)
            if pose.status == "ok":
                break
        return pose

    def _pose(self, picture: np.ndarray, region: Square, people: int | None) -> Pose:
        """The pose in `region`; where it is believed, its square is followed from now on, else none is."""
        confidence, marks, following = self.read(picture, region)
        if confidence < self._min_confidence:
            self._region = None
            return Pose("low_confidence", confidence, people_seen=people)
        self._region = following
        landmarks = np.column_stack([marks[:, :2], marks[:, 2:].min(1)])
        return Pose("ok", confidence, from_blazepose(landmarks), people)


def _candidates(found: list[Square], followed: Square | None) -> list[Square]:
    """Where to look for the person: near the followed square, or there itself; then, or else, at the largest person."""
    first = []
    if followed is not None:
        near = [square for square in found if followed.distance(square) < SAME_PERSON]
        first = [nearest(near, followed) if near else followed]
    others = [square for square in found if square not in first]
    return first + ([largest(others)] if others else [])


def open_tracker(models: Path, settings: PoseSettings, extraction: ExtractionSettings) -> BlazePose:
    """BlazePose with its two networks from the folder `models`."""
    detector, landmarks = (
        open_session(models / f"{name}.onnx", device=extraction.device, threads=extraction.threads)
        for name in MODELS
    )
    return BlazePose(detector, landmarks, settings, extraction.detect_every)
