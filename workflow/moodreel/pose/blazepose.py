"""BlazePose (Bazarevsky et al. 2020): a person detector, then 33 landmarks in a square that turns and moves with the
person.

The order of operations and every constant follow mediapipe 0.10.21 (modules/pose_detection, modules/pose_landmark),
so that a single picture gives its static result.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from moodreel.models.session import open_session
from moodreel.pose import MODELS, Pose
from moodreel.pose.body25 import from_blazepose
from moodreel.regions.cut import REPLICATE, as_input, cut
from moodreel.regions.detector import Detector
from moodreel.regions.one_euro import OneEuro
from moodreel.regions.square import Square, largest
from moodreel.regions.tracking import Tracking
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings

DETECTOR_PX = 224
DETECTOR_LAYERS = ((8, 2), (16, 2), (32, 6))
LANDMARKS_PX = 256
LANDMARKS = 33
REGION_SCALE = 1.25
"""The square's side, in diameters of the circle around the person."""
HEATMAP_KERNEL = 9
"""Side of the window in which a landmark is moved to its heatmap's centre of mass, in cells of the heatmap."""
MIN_HEATMAP_PEAK = 0.5
STEADY = (0.01, 10.0, 1.0)
"""The One-Euro filter of the circle, in its diameters (pose_landmark_filtering.pbtxt). It is on also where
mediapipe's own smoothing of landmarks is off: without it squares, and with them landmarks, are several px from
mediapipe's video mode."""


def region_of(circle: np.ndarray) -> Square:
    """The square around a person, from `circle` (2, 2) px: the middle of the hips and a point above the head on the
    circle that holds the body."""
    (x, y), (rim_x, rim_y) = circle.tolist()
    dx, dy = rim_x - x, rim_y - y
    return Square(x, y, 2 * math.hypot(dx, dy) * REGION_SCALE, math.atan2(dx, -dy))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities from logits. (SciPy has it as `expit`, but its import takes longer than a clip's first second.)"""
    return (1 + np.tanh(logits / 2)) / 2


def refine(landmarks: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Landmarks (n, 2), in units of the region, moved to the centre of mass of their heatmap (rows, columns, n)
    around them.

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
    heat = sigmoid(heatmaps[y.clip(0, rows - 1), x.clip(0, columns - 1), which]) * inside
    mass = heat.sum((1, 2))
    peaked = (heat.max((1, 2)) >= MIN_HEATMAP_PEAK) & (at >= 0).all(1) & (at < (columns, rows)).all(1)
    moved = landmarks.copy()
    moved[peaked, 0] = (heat * x).sum((1, 2))[peaked] / mass[peaked] / columns
    moved[peaked, 1] = (heat * y).sum((1, 2))[peaked] / mass[peaked] / rows
    return moved


class BlazePose:
    """Follows one person, the largest where there are several.

    `detector` and `landmarks` are sessions of the models `pose_detection` and `pose_landmark_full`.
    """

    def __init__(self, detector: Any, landmarks: Any, settings: PoseSettings, detect_every: int) -> None:
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._landmarks = landmarks
        self._min_confidence = settings.min_confidence
        self._tracking = Tracking(detect_every)
        self._steady = OneEuro(*STEADY)

    def find(self, picture: np.ndarray) -> list[Square]:
        """The squares of all people whom the detector finds in `picture`, best first."""
        height, width = picture.shape[:2]
        found = self._detector.find(picture, Square.around_picture(width, height))
        return [region_of(points[:2]) for points in found.keypoints]

    def read(self, picture: np.ndarray, region: Square) -> tuple[float, np.ndarray, np.ndarray]:
        """The person in `region`: how sure the network is (0..1), landmarks (33, 4), and circle (2, 2) as in
        `region_of`.

        A landmark is x px, y px, visibility 0..1, presence 0..1.
        """
        answer = self._landmarks.run(as_input(cut(picture, region, LANDMARKS_PX, border=REPLICATE), 0, 1))
        raw = answer["landmarks"][0]
        points = region.to_picture(refine(raw[:, :2] / LANDMARKS_PX, answer["heatmap"][0]))
        marks = np.concatenate([points, sigmoid(raw[:, 3:])], axis=1)[:LANDMARKS]
        return float(answer["flag"][0]), marks, points[LANDMARKS : LANDMARKS + 2]

    def follow(self, picture: np.ndarray, time_s: float) -> Pose:
        """The pose in the next `picture` (height, width, 3) uint8 RGB of the video, which is shown at `time_s`."""
        pose, found = self._tracking.follow(
            lambda region: self._pose(picture, time_s, region), lambda: self.find(picture), self._start
        )
        pose = pose or Pose("no_person")
        return pose if found is None else replace(pose, people_seen=len(found))

    def forget(self) -> None:
        """A new shot begins: the person is looked for in the next picture."""
        self._tracking.forget()

    def _pose(self, picture: np.ndarray, time_s: float, region: Square) -> tuple[Pose, Square | None]:
        """The pose in `region`, and the square for the next picture where it is believed."""
        confidence, marks, circle = self.read(picture, region)
        if confidence < self._min_confidence:
            return Pose("low_confidence", confidence), None
        body = from_blazepose(np.column_stack([marks[:, :2], marks[:, 2:].min(1)]))
        diameter = max(2 * math.dist(*circle), 1e-6)
        return Pose("ok", confidence, body), region_of(self._steady.apply(circle, time_s, diameter))

    def _start(self, found: list[Square]) -> Square:
        self._steady.reset()
        return largest(found)


def open_tracker(models: Path, settings: PoseSettings, extraction: ExtractionSettings) -> BlazePose:
    """BlazePose with its two networks from the folder `models`."""
    detector, landmarks = (
        open_session(models / f"{name}.onnx", device=extraction.device, threads=extraction.threads)
        for name in MODELS["blazepose"]
    )
    return BlazePose(detector, landmarks, settings, extraction.detect_every)
