"""RTMPose (Jiang et al. 2023) on Halpe26: people's boxes by YOLOX (Ge et al. 2021), then 26 keypoints in an upright
region around one of them.

Inputs, outputs and constants are those of OpenMMLab's published exports (mmpose, projects/rtmpose;
mmdeploy, `simcc_x`, `simcc_y` and `dets`, `labels`). A picture in which the detector finds no person is never read as a
person.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from moodreel.crops.square import Square
from moodreel.networks.requests import Inference, InferenceRequest, Network
from moodreel.networks.session import open_networks
from moodreel.pose import MODELS, Pose
from moodreel.pose.body25 import from_halpe26
from moodreel.pose.person import OnePerson
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.pose import PoseSettings

DETECTOR_PX = 640
DETECTOR_FILL = 114
"""Grey level of the padding of a picture that is not square (YOLOX, `pad_val`)."""
PERSON = 0
"""The detector's label for people."""

WIDTH_PX, HEIGHT_PX = 192, 256
BINS_PER_PX = 2
"""Resolution of a keypoint's two distributions over the region's columns and rows (`simcc_split_ratio`)."""
MEAN = np.array([123.675, 116.28, 103.53], np.float32)
STD = np.array([58.395, 57.12, 57.375], np.float32)
"""Mean and standard deviation of red, green and blue in 0..255 (mmpose's `data_preprocessor` with `bgr_to_rgb`)."""
REGION_SCALE = 1.25
"""Width and height of the region, as multiples of the box (mmpose's `GetBBoxCenterScale`)."""

TRACKED_SCALE = 1.25
"""The box in the next picture, as a multiple of the rectangle around the keypoints of this one: they end at joints,
people at fingertips (rtmlib's `PoseTracker`)."""
MIN_TRACKED = 0.3
"""Confidence from which a keypoint counts for that rectangle (mmpose's usual `kpt_thr`)."""
SUREST = 8
"""The most confident keypoints, by whose mean a person is accepted: head and shoulders alone have nine, and legs below
the picture's edge, with low confidence, are no evidence against a person."""


def region_of(box: np.ndarray) -> Square:
    """The region of `box` (4,), left, top, right, bottom in px: upright, three quarters as wide as high, padded.

    As its width follows from its height, it is given as the square of that height around its centre.
    """
    left, top, right, bottom = (float(value) for value in box)
    height = max(bottom - top, (right - left) * HEIGHT_PX / WIDTH_PX) * REGION_SCALE
    return Square((left + right) / 2, (top + bottom) / 2, height)


def whole(picture: np.ndarray) -> np.ndarray:
    """`picture` (height, width, 3) uint8 RGB as the detector's batch of one, (1, 3, 640, 640) float32 BGR in 0..255: as
    large as possible, at the top left."""
    height, width = picture.shape[:2]
    scale = DETECTOR_PX / max(height, width)
    size = max(1, int(width * scale)), max(1, int(height * scale))
    square = np.full((DETECTOR_PX, DETECTOR_PX, 3), DETECTOR_FILL, np.uint8)
    square[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    # the network was trained on blue, green, red
    return square[np.newaxis, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32, order="C")


def cut(picture: np.ndarray, region: Square) -> np.ndarray:
    """`region` of `picture` (height, width, 3) uint8 RGB as a batch of one, (1, 3, 256, 192) float32, normalised.

    Outside the picture lies black.
    """
    scale = HEIGHT_PX / region.side
    affine = np.array(
        [[scale, 0, WIDTH_PX / 2 - scale * region.x], [0, scale, HEIGHT_PX / 2 - scale * region.y]], np.float64
    )
    pixels = cv2.warpAffine(picture, affine, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR)
    return np.ascontiguousarray(((pixels - MEAN) / STD).transpose(2, 0, 1)[np.newaxis])


def decode(columns: np.ndarray, rows: np.ndarray, region: Square) -> np.ndarray:
    """Keypoints (n, 3), x px and y px of the picture and confidence 0..1, from their distributions over the columns
    (n, 384) and `rows` (n, 512) of `region`.

    A keypoint lies at the peaks of both; its confidence is the height of the lower one (SimCC, Li et al. 2022; mmpose's
    `get_simcc_maximum`).
    """
    at = np.stack([columns.argmax(1), rows.argmax(1)], axis=1) / BINS_PER_PX
    place = (at - (WIDTH_PX / 2, HEIGHT_PX / 2)) * (region.side / HEIGHT_PX) + (region.x, region.y)
    confidence = np.minimum(columns.max(1), rows.max(1)).clip(0, 1)
    return np.column_stack([place, confidence])


def next_region(keypoints: np.ndarray) -> Square | None:
    """The region of the next picture from the `keypoints` (26, 3) of this one; None where too few are confident."""
    confident = keypoints[keypoints[:, 2] >= MIN_TRACKED, :2]
    if len(confident) < 2:
        return None
    low, high = confident.min(0), confident.max(0)
    middle, half = (low + high) / 2, (high - low) / 2 * TRACKED_SCALE
    region = region_of(np.concatenate([middle - half, middle + half]))
    return region if region.side > 0 else None


class RTMPose(OnePerson):
    """Tracks one person, the most prominent where there are several.

    `detector` and `keypoints` are sessions of the networks `yolox_m_person` and `rtmpose_m_halpe26`.
    """

    def __init__(self, detector: Network, keypoints: Network, settings: PoseSettings) -> None:
        super().__init__()
        self._detector = detector
        self._keypoints = keypoints
        self._min_detection = settings.min_detection
        self._min_confidence = settings.min_confidence

    def find(self, picture: np.ndarray) -> Inference[list[Square]]:
        scale = DETECTOR_PX / max(picture.shape[:2])
        outputs = yield InferenceRequest(self._detector, lambda: whole(picture))
        boxes, labels = outputs["dets"], outputs["labels"]
        extent = boxes[:, 2:4] - boxes[:, :2]
        people = (labels == PERSON) & (boxes[:, 4] >= self._min_detection) & (extent > 0).all(1)
        return [region_of(box / scale) for box in boxes[people, :4]]

    def read(self, picture: np.ndarray, region: Square) -> Inference[np.ndarray]:
        """Halpe26 (26, 3) in `region`, x px and y px of `picture` and confidence 0..1."""
        outputs = yield InferenceRequest(self._keypoints, lambda: cut(picture, region))
        return decode(outputs["simcc_x"], outputs["simcc_y"], region)

    def _pose(self, picture: np.ndarray, time_s: float, region: Square) -> Inference[tuple[Pose, Square | None]]:
        keypoints = yield from self.read(picture, region)
        confidence = float(np.sort(keypoints[:, 2])[-SUREST:].mean())
        if confidence < self._min_confidence:
            return Pose("low_confidence", confidence), None
        return Pose("ok", confidence, from_halpe26(keypoints)), next_region(keypoints)


def open_trackers(models: Path, settings: PoseSettings, extraction: ExtractionSettings) -> Callable[[], RTMPose]:
    """A factory of trackers that share RTMPose's two networks, from the folder `models`."""
    detector, keypoints = open_networks(models, MODELS["rtmpose"], extraction)
    return lambda: RTMPose(detector, keypoints, settings)
