"""Faces by MTCNN: a cascade of three networks (Zhang et al. 2016, IEEE Signal Process. Lett. 23:1499).

Two implementations are in use, with the same weights but different boxes: `mtcnn` 0.1.1, which FER called in 2020, and
`facenet-pytorch`, which it has called since. Both are reproduced here step by step, with their rounding, their way of
resizing pictures, their treatment of the picture's edge, and the order of their faces: `mtcnn` by probability,
`facenet-pytorch` by size.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from moodreel.networks.requests import RunNetwork
from moodreel.video.frame import Frame

Flavour = Literal["mtcnn", "facenet"]

MIN_FACE_PX = 20
THRESHOLDS = (0.6, 0.7, 0.7)
FACTOR = 0.709
"""The defaults of both: the smallest face, the least probability at each stage, and the pyramid's steps."""

CELL_PX, STRIDE_PX = 12, 2
"""Size of the region of one cell in the first network's map, and the distance between regions."""


@dataclass(frozen=True)
class Mtcnn:
    """The three networks (`networks.convert.mtcnn`), and the implementation that is reproduced."""

    pnet: RunNetwork
    rnet: RunNetwork
    onet: RunNetwork
    flavour: Flavour = "mtcnn"

    def boxes(self, frame: Frame) -> np.ndarray:
        """As `Detector.boxes`. FER passes blue, green, red, although the networks were trained on red, green, blue."""
        return self.detect(frame.picture[..., ::-1])[0]

    def detect(self, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The faces in a `picture` (height, width, 3) uint8, in the flavour's own order.

        Returns boxes (faces, 4) int: x, y, width, height in px, and probabilities (faces,).
        """
        boxes = self._propose(picture)
        if len(boxes):
            boxes = self._refine(picture, boxes)
        if len(boxes):
            boxes = self._confirm(picture, boxes)
        if self.flavour == "facenet":
            sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
            boxes = boxes[np.argsort(sizes)[::-1]]
            corners = boxes[:, :4].astype(int)
            return np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]]), boxes[:, 4]
        first = np.maximum(boxes[:, :2].astype(int), 0)
        return np.hstack([first, (boxes[:, 2:4] - first).astype(int)]), boxes[:, 4]

    def _propose(self, picture: np.ndarray) -> np.ndarray:
        """Squares (n, 5) that may hold a face, from a pyramid of ever smaller pictures."""
        height, width = picture.shape[:2]
        # The result of rounding down depends on it
        kind: type[np.floating] = np.float32 if self.flavour == "facenet" else np.float64
        found = [np.empty((0, 9), kind)]
        for scale in _scales(min(height, width), self.flavour):
            regression, probability = self._map(picture, scale)
            rows, columns = np.nonzero(probability >= THRESHOLDS[0])
            # `mtcnn` mirrors the offsets where a single cell passes, but not the cell
            at = probability.shape[1] - 1 - columns if self.flavour == "mtcnn" and len(columns) == 1 else columns
            corners = np.stack([columns, rows], axis=1).astype(kind) * STRIDE_PX
            boxes = np.hstack(
                [
                    np.trunc((corners + 1) / kind(scale)),
                    np.trunc((corners + CELL_PX) / kind(scale)),
                    probability[rows, columns, np.newaxis],
                    regression[:, rows, at].T,
                ]
            )
            found.append(boxes[self._select(boxes, 0.5)])
        boxes = np.concatenate(found)
        boxes = boxes[self._select(boxes, 0.7)]
        size = np.tile(boxes[:, 2:4] - boxes[:, :2], 2)
        return _square(np.hstack([boxes[:, :4] + boxes[:, 5:] * size, boxes[:, 4:5]]))

    def _map(self, picture: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """The first network's regression (4, rows, columns) and probability (rows, columns) at a scale."""
        height, width = picture.shape[:2]
        if self.flavour == "mtcnn":
            size = int(np.ceil(width * scale)), int(np.ceil(height * scale))
            small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        else:
            small = _average(picture, int(height * scale + 1), int(width * scale + 1))
        found = self.pnet(_normalised(small)[np.newaxis])
        return found["regression"][0], found["probability"][0, 1]

    def _refine(self, picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """The squares (n, 5) that the second network accepts as faces, corrected by its regression."""
        boxes, regression = self._filter(self.rnet, picture, boxes, 24, THRESHOLDS[1])
        kept = self._select(boxes, 0.7)
        return _square(_correct(boxes[kept], regression[kept]))

    def _confirm(self, picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """The boxes (n, 5) that the third network accepts as faces, highest probability first."""
        boxes, regression = self._filter(self.onet, picture, boxes, 48, THRESHOLDS[2])
        boxes = _correct(boxes, regression)
        return boxes[_suppress(boxes, 0.7, of_smaller=True)]

    def _filter(
        self, network: RunNetwork, picture: np.ndarray, boxes: np.ndarray, px: int, least: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The boxes (m, 5) whose crops get at least this probability from a network, and its regression (m, 4)."""
        whole = np.trunc(boxes[:, :4]).astype(int)
        if self.flavour == "mtcnn":
            boxes = whole[(whole[:, 2:] >= whole[:, :2]).all(axis=1)]
            cuts = [_padded(picture, box, px) for box in boxes]
        else:
            height, width = picture.shape[:2]
            inside = np.hstack([np.maximum(whole[:, :2], 1), np.minimum(whole[:, 2:], (width, height))])
            nonempty = (inside[:, 2:] >= inside[:, :2]).all(axis=1)
            boxes = boxes[nonempty]
            cuts = [_average(picture[y - 1 : ey, x - 1 : ex], px, px) for x, y, ex, ey in inside[nonempty]]
        if not cuts:
            return np.empty((0, 5)), np.empty((0, 4))
        found = network(np.stack([_normalised(cut) for cut in cuts]))
        score = found["probability"][:, 1]
        passed = score > least
        return np.hstack([boxes[passed, :4], score[passed, np.newaxis]]), found["regression"][passed]

    def _select(self, boxes: np.ndarray, threshold: float) -> np.ndarray:
        """Indices of the `boxes` (n, >= 5) to keep, highest score first: the best one of those that overlap more than
        this."""
        return _suppress(boxes, threshold, pixel=1.0 if self.flavour == "mtcnn" else 0.0)


def _scales(shorter_px: int, flavour: Flavour) -> list[float]:
    """Scales of the pyramid's pictures, at the first of which the smallest face fills the first network's cell."""
    scales: list[float] = []
    scale = CELL_PX / MIN_FACE_PX
    left = shorter_px * scale
    while left >= CELL_PX:
        # Equal except for the last bits, which can change a side that is rounded up
        scales.append(CELL_PX / MIN_FACE_PX * FACTOR ** len(scales) if flavour == "mtcnn" else scale)
        scale *= FACTOR
        left *= FACTOR
    return scales


def _normalised(picture: np.ndarray) -> np.ndarray:
    return ((picture - 127.5) * 0.0078125).astype(np.float32)


def _average(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The mean over the area of each new pixel, as in PyTorch's adaptive pooling: over whole old pixels, which
    neighbours share where the sizes do not divide."""
    sums = picture.astype(np.float64)
    for axis, size in enumerate((height, width)):
        old = picture.shape[axis]
        first = np.arange(size) * old // size
        last = -(-(np.arange(size) + 1) * old // size)
        running = np.concatenate([np.zeros_like(sums.take([0], axis)), np.cumsum(sums, axis=axis)], axis=axis)
        count = (last - first).reshape([-1 if n == axis else 1 for n in range(3)])
        sums = (running.take(last, axis) - running.take(first, axis)) / count
    return sums


def _padded(picture: np.ndarray, box: np.ndarray, px: int) -> np.ndarray:
    """The crop of a box (4,) of x, y, right, bottom counted from 1, black beyond the picture, as (px, px, 3)."""
    height, width = picture.shape[:2]
    x, y, right, bottom = box
    cut = np.zeros((bottom - y + 1, right - x + 1, 3))
    ix, iy, iright, ibottom = max(x, 1), max(y, 1), min(right, width), min(bottom, height)
    if iright >= ix and ibottom >= iy:
        cut[iy - y : ibottom - y + 1, ix - x : iright - x + 1] = picture[iy - 1 : ibottom, ix - 1 : iright]
    return cv2.resize(cut, (px, px), interpolation=cv2.INTER_AREA)


def _square(boxes: np.ndarray) -> np.ndarray:
    """Boxes (n, 5) made square around their centres, with the longer side."""
    size = boxes[:, 2:4] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True)
    first = boxes[:, :2] + size * 0.5 - side * 0.5
    return np.hstack([first, first + side, boxes[:, 4:]])


def _correct(boxes: np.ndarray, regression: np.ndarray) -> np.ndarray:
    """Boxes (n, 5) with each side shifted by its share (n, 4) of the box's size in pixels."""
    size = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
    return np.hstack([boxes[:, :4] + regression * size, boxes[:, 4:]])


def _suppress(boxes: np.ndarray, threshold: float, *, pixel: float = 1.0, of_smaller: bool = False) -> np.ndarray:
    """Non-maximum suppression: indices of the `boxes` (n, >= 5) of corners and score to keep, highest score first.

    `pixel`: by how much a box is wider than the distance of its corners. `of_smaller`: overlap is a share of the
    smaller box and not of the union.
    """
    corners, score = boxes[:, :4], boxes[:, 4]
    area = np.prod(corners[:, 2:] - corners[:, :2] + pixel, axis=1)
    waiting, kept = np.argsort(score), []
    while len(waiting):
        best, others = waiting[-1], waiting[:-1]
        kept.append(best)
        first = np.maximum(corners[best, :2], corners[others, :2])
        last = np.minimum(corners[best, 2:], corners[others, 2:])
        shared = np.prod(np.maximum(last - first + pixel, 0), axis=1)
        whole = np.minimum(area[best], area[others]) if of_smaller else area[best] + area[others] - shared
        waiting = others[shared / whole <= threshold]
    return np.array(kept, dtype=int)
