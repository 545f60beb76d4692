"""Attention Mesh (Grishchenko et al. 2020): a face detector, then 478 points in a square that turns and moves with the face.

The order of operations and every constant follow mediapipe 0.10.21 (modules/face_detection, modules/face_landmark), so that a
single picture gives its static result.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from moodreel.face.mesh import Mesh
from moodreel.models.session import open_session
from moodreel.regions.cut import REPLICATE, as_input, cut
from moodreel.regions.detector import Detector
from moodreel.regions.square import Square, largest, nearest
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings

MODELS = ("face_detection_short_range", "face_landmark_with_attention")

DETECTOR_PX = 128
DETECTOR_LAYERS = ((8, 2), (16, 6))
MESH_PX = 192
REGION_SCALE = 1.5
"""The square's side, in the longer side of the face's upright bounding box."""
EYE_CORNERS = (33, 263)
"""Outer corners of the right and the left eye in the mesh: their line is the square's x axis."""
SAME_FACE = 0.5
"""A detection whose centre is nearer than this to the followed square's, in its sides, is taken for the same face."""


def region_of(low: np.ndarray, high: np.ndarray, right_eye: np.ndarray, left_eye: np.ndarray) -> Square:
    """The square around a face whose upright box goes from `low` to `high`, with its eyes at `right_eye`, `left_eye`; all (2,) px."""
    x, y = (low + high) / 2
    eyes = left_eye - right_eye
    side = float(max(high - low)) * REGION_SCALE
    return Square(float(x), float(y), side, math.atan2(float(eyes[1]), float(eyes[0])))


class FaceMesh:
    """Follows one face: the next square comes from the last mesh, detections start it and check on it.

    `detector` and `mesh` are sessions of the models `face_detection_short_range` and `face_landmark_with_attention`.
    """

    def __init__(self, detector: Any, mesh: Any, settings: FaceSettings, detect_every: int) -> None:
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._mesh = mesh
        self._min_confidence = settings.min_confidence
        self._detect_every = detect_every
        self._region: Square | None = None
        self._since_detection = 0

    def find(self, picture: np.ndarray, region: Square) -> list[Square]:
        """The squares of all faces that the detector finds in `region` of `picture`, best first."""
        found = self._detector.find(picture, region)
        return [
            region_of(box[:2], box[2:], points[0], points[1])
            for box, points in zip(found.boxes, found.keypoints, strict=True)
        ]

    def read(self, picture: np.ndarray, region: Square) -> tuple[float, np.ndarray, Square]:
        """The face in `region`: how sure the network is (0..1), the mesh (478, 3) px, and the square for the next picture."""
        answer = self._mesh.run(as_input(cut(picture, region, MESH_PX, border=REPLICATE), 0, 1))
        points = answer["mesh"][0] / np.float32(MESH_PX)
        points[:, :2] = region.to_picture(points[:, :2])
        points[:, 2] *= region.side
        flat = points[:, :2]
        following = region_of(flat.min(0), flat.max(0), *flat[list(EYE_CORNERS)])
        return float(answer["flag"][0]), points, following

    def follow(self, picture: np.ndarray, head: Square | None) -> Mesh:
        """The mesh in the next `picture` (height, width, 3) uint8 RGB of the video.

        The face is looked for in `head`, or in the whole picture where there is none; a followed face that has left the
        person's head is let go.
        """
        self._since_detection += 1
        followed = self._region
        if followed is not None and head is not None and not head.holds(followed.x, followed.y):
            self._region = followed = None
        if followed is not None and self._since_detection < self._detect_every:
            mesh = self._follow(picture, followed)
            if mesh.status == "ok":
                return mesh
            followed = None
        self._since_detection = 0
        height, width = picture.shape[:2]
        found = self.find(picture, head or Square.around_picture(width, height))
        mesh = Mesh("no_person" if head is None else "no_face")
        for region in _candidates(found, followed, head):
            mesh = self._follow(picture, region)
            if mesh.status == "ok":
                break
        return mesh

    def _follow(self, picture: np.ndarray, region: Square) -> Mesh:
        """The mesh in `region`; where it is believed, its square is followed from now on, else none is."""
        confidence, points, following = self.read(picture, region)
        if confidence < self._min_confidence:
            self._region = None
            return Mesh("low_confidence", confidence)
        self._region = following
        return Mesh("ok", confidence, points)


def _candidates(found: list[Square], followed: Square | None, head: Square | None) -> list[Square]:
    """Where to look for the face: at the followed square, then at the face nearest to the head's middle or, without one, the largest."""
    first = []
    if followed is not None:
        first = [followed]
        found = [square for square in found if followed.distance(square) >= SAME_FACE]
    if not found:
        return first
    return [*first, largest(found) if head is None else nearest(found, head)]


def open_tracker(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> FaceMesh:
    """Attention Mesh with its two networks from the folder `models`."""
    detector, mesh = (
        open_session(models / f"{name}.onnx", device=extraction.device, threads=extraction.threads)
        for name in MODELS
    )
    return FaceMesh(detector, mesh, settings, extraction.detect_every)
