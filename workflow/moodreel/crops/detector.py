"""Single-shot detectors of the BlazeFace family: anchors, decoding, weighted non-maximum suppression.

The method is Liu et al. 2016 (SSD) with Bazarevsky et al. 2019 (BlazeFace): anchors of one size, several per grid
cell, and overlapping detections averaged by their scores instead of dropped.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from moodreel.crops.cut import ZERO, as_input, cut
from moodreel.crops.square import Square
from moodreel.networks.requests import Inference, InferenceRequest, Network

MIN_OVERLAP = 0.3
"""Boxes whose intersection over union exceeds this are one object (mediapipe's `min_suppression_threshold`)."""


@dataclass(frozen=True)
class Detections:
    """The objects found by a detector, best first: `boxes` (n, 4) as left, top, right, bottom; `keypoints` (n, k, 2);
    `scores` (n,) in 0..1."""

    boxes: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)


@cache
def anchors(input_px: int, layers: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Anchor centres (n, 2) in units of the input, for `layers` of (stride in px, anchors per cell), row by row."""
    centres = []
    for stride, per_cell in layers:
        cells = -(-input_px // stride)
        steps = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        centres.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(centres).astype(np.float32)


def decode(boxes: np.ndarray, scores: np.ndarray, centres: np.ndarray, input_px: int, min_score: float) -> Detections:
    """The detections with a score of at least `min_score`, best first, in units of the detector's input.

    `boxes` (n, 4 + 2 k): centre, size and k keypoints in px, relative to the anchor `centres` (n, 2); `scores` (n,)
    in 0..1.
    """
    kept = np.flatnonzero(scores >= min_score)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    points = boxes[kept].reshape(len(kept), boxes.shape[1] // 2, 2) / input_px
    origin = centres[kept]
    centre, half = points[:, 0] + origin, points[:, 1] / 2
    keypoints = points[:, 2:] + origin[:, np.newaxis]
    return Detections(np.concatenate([centre - half, centre + half], axis=1), keypoints, scores[kept])


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of `box` (4,) with each of `boxes` (n, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area, areas = np.prod(box[2:] - box[:2]), np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = area + areas - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def merge(found: Detections) -> Detections:
    """One detection per object: each group that overlaps its best member is averaged, weighted by score.

    `found` is best first; a merged detection keeps the score of its best member.
    """
    boxes, keypoints, scores = [], [], []
    remaining = np.arange(len(found))
    while len(remaining):
        same = overlap(found.boxes[remaining[0]], found.boxes[remaining]) > MIN_OVERLAP
        same[0] = True
        group, remaining, best = remaining[same], remaining[~same], remaining[0]
        weights = found.scores[group] / found.scores[group].sum()
        boxes.append(np.tensordot(weights, found.boxes[group], axes=1))
        keypoints.append(np.tensordot(weights, found.keypoints[group], axes=1))
        scores.append(found.scores[best])
    if not scores:
        return found
    return Detections(np.array(boxes), np.array(keypoints), np.array(scores))


class Detector:
    """A detector network with its anchors.

    `network` takes (1, input_px, input_px, 3) in -1..1 and returns `boxes` (1, n, 4 + 2 k) and `scores` (1, n) as
    `decode` reads them.
    """

    def __init__(self, network: Network, input_px: int, layers: tuple[tuple[int, int], ...], min_score: float) -> None:
        self._network = network
        self._input_px = input_px
        self._centres = anchors(input_px, layers)
        self._min_score = min_score

    def find(self, picture: np.ndarray, region: Square) -> Inference[Detections]:
        """The objects inside `region` of `picture` (height, width, 3) uint8 RGB; keypoints in px of the picture, best
        first.

        Boxes become upright boxes around the same centre with the same width and height.
        """
        outputs = yield InferenceRequest(
            self._network, lambda: as_input(cut(picture, region, self._input_px, border=ZERO), -1, 1)
        )
        found = merge(decode(outputs["boxes"], outputs["scores"], self._centres, self._input_px, self._min_score))
        centre = region.to_picture((found.boxes[:, :2] + found.boxes[:, 2:]) / 2)
        half = (found.boxes[:, 2:] - found.boxes[:, :2]) / 2 * region.side
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        return Detections(boxes, region.to_picture(found.keypoints), found.scores)
