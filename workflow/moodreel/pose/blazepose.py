"""BlazePose (Bazarevsky et al. 2020): a person detector, then 33 landmarks in a square that turns and moves with the
person.

The order of operations and every constant follow mediapipe 0.10.21 (modules/pose_detection, modules/pose_landmark),
so that a single picture gives its static result.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moodreel.crops.cut import REPLICATE, as_input, cut
from moodreel.crops.detector import Detector
from moodreel.crops.one_euro import OneEuro
from moodreel.crops.square import Square
from moodreel.networks.requests import Inference, InferenceRequest, Network
from moodreel.networks.session import open_networks
from moodreel.pose import MODELS, Pose
from moodreel.pose.body25 import from_blazepose
from moodreel.pose.person import OnePerson
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings

DETECTOR_PX = 224
DETECTOR_LAYERS = ((8, 2), (16, 2), (32, 6))
LANDMARKS_PX = 256
LANDMARKS = 33
REGION_SCALE = 1.25
"""The square's side, in diameters of the circle around the person."""
HEATMAP_KERNEL = 9
"""Side of the window in which a landmark is refined to its heatmap's centre of mass, in cells of the heatmap."""
MIN_HEATMAP_PEAK = 0.5
STEADY = (0.01, 10.0, 1.0)
"""The One-Euro filter of the circle, in its diameters (pose_landmark_filtering.pbtxt). It is used also where
mediapipe's own smoothing of landmarks is off: without it, the squares and so the landmarks are several px off
mediapipe's video mode."""

_OFFSETS = np.arange(HEATMAP_KERNEL) - HEATMAP_KERNEL // 2
_MOMENTS = np.stack(
    [np.tile(_OFFSETS, HEATMAP_KERNEL), np.repeat(_OFFSETS, HEATMAP_KERNEL), np.ones(HEATMAP_KERNEL**2)], axis=1
).astype(np.float32)
"""Weights that sum a window, row by row, to its mass times the centre's x and y from the window's middle, and its
mass."""


def region_of(circle: np.ndarray) -> Square:
    """The square around a person, from `circle` (2, 2) px: the middle of the hips and a point above the head on the
    circle that holds the body."""
    (x, y), (rim_x, rim_y) = circle.tolist()
    dx, dy = rim_x - x, rim_y - y
    return Square(x, y, 2 * math.hypot(dx, dy) * REGION_SCALE, math.atan2(dx, -dy))


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probabilities from logits. (SciPy has it as `expit`, but its import takes longer than a clip's first second.)"""
    half = np.tanh(logits / 2)
    half += 1
    half /= 2
    return half


def refine(landmarks: np.ndarray, heatmaps: np.ndarray) -> np.ndarray:
    """Landmarks (n, 2), in units of the region, refined to the centre of mass of their heatmap (rows, columns, n or
    more) around them.

    `heatmaps` holds logits. A landmark outside its map, or without a peak of at least `MIN_HEATMAP_PEAK` near it, stays
    (refine_landmarks_from_heatmap_calculator.cc).
    """
    rows, columns, maps = heatmaps.shape
    count, reach = len(landmarks), HEATMAP_KERNEL // 2
    size = np.array([columns, rows])
    at = (landmarks * size.astype(landmarks.dtype)).astype(np.intp)
    x, y = windows = at.T[:, :, np.newaxis] + _OFFSETS
    # as unsigned numbers those below 0 are the largest
    inside_x, inside_y = inside = windows.view(np.uintp) < size[:, np.newaxis, np.newaxis]
    # flat indices are several times as fast as three-dimensional ones; cells outside the map have no weight
    cells = (y * (columns * maps))[:, :, np.newaxis] + (x * maps + np.arange(count)[:, np.newaxis])[:, np.newaxis]
    heat = sigmoid(heatmaps.reshape(-1).take(cells, mode="clip"))
    if not inside.all():
        heat *= inside_y[:, :, np.newaxis] & inside_x[:, np.newaxis]
    heat = heat.reshape(count, -1)
    moments = heat @ _MOMENTS
    peaked = inside[:, :, reach].all(0) & (heat.max(1) >= MIN_HEATMAP_PEAK)
    refined = landmarks.copy()
    refined[peaked] = (at[peaked] + moments[peaked, :2] / moments[peaked, 2:]) / size
    return refined


class BlazePose(OnePerson):
    """Tracks one person, the most prominent where there are several.

    `detector` and `landmarks` are sessions of the networks `pose_detection` and `pose_landmark_full`.
    """

    def __init__(self, detector: Network, landmarks: Network, settings: PoseSettings) -> None:
        super().__init__()
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._landmarks = landmarks
        self._min_confidence = settings.min_confidence
        self._steady = OneEuro(*STEADY)

    def find(self, picture: np.ndarray) -> Inference[list[Square]]:
        height, width = picture.shape[:2]
        found = yield from self._detector.find(picture, Square.around_picture(width, height))
        return [region_of(points[:2]) for points in found.keypoints]

    def read(self, picture: np.ndarray, region: Square) -> Inference[tuple[float, np.ndarray, np.ndarray]]:
        """The person in `region`: the network's confidence (0..1), landmarks (33, 4), and circle (2, 2) as in
        `region_of`.

        A landmark is x px, y px, visibility 0..1, presence 0..1.
        """
        outputs = yield InferenceRequest(
            self._landmarks, lambda: as_input(cut(picture, region, LANDMARKS_PX, border=REPLICATE), 0, 1)
        )
        raw = outputs["landmarks"]
        points = region.to_picture(refine(raw[: LANDMARKS + 2, :2] / LANDMARKS_PX, outputs["heatmap"]))
        marks = np.concatenate([points[:LANDMARKS], sigmoid(raw[:LANDMARKS, 3:])], axis=1)
        return float(outputs["flag"]), marks, points[LANDMARKS:]

    def forget(self) -> None:
        super().forget()
        self._steady.reset()

    def _pose(self, picture: np.ndarray, time_s: float, region: Square) -> Inference[tuple[Pose, Square | None]]:
        confidence, marks, circle = yield from self.read(picture, region)
        if confidence < self._min_confidence:
            self._steady.reset()
            return Pose("low_confidence", confidence), None
        body = from_blazepose(np.column_stack([marks[:, :2], marks[:, 2:].min(1)]))
        diameter = max(2 * math.dist(*circle), 1e-6)
        return Pose("ok", confidence, body), region_of(self._steady.apply(circle, time_s, diameter))


def open_trackers(models: Path, settings: PoseSettings, extraction: ExtractionSettings) -> Callable[[], BlazePose]:
    """A factory of trackers that share BlazePose's two networks, from the folder `models`."""
    detector, landmarks = open_networks(models, MODELS["blazepose"], extraction)
    return lambda: BlazePose(detector, landmarks, settings)
