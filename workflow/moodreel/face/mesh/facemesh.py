"""Attention Mesh (Grishchenko et al. 2020): a face detector, then 478 points in a square that turns and moves with
the face.

The order of operations and every constant follow mediapipe 0.10.21 (modules/face_detection, modules/face_landmark),
so that a single picture gives its static result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moodreel.face.mesh import MODELS, Mesh
from moodreel.face.mesh.head import fits
from moodreel.models.asking import Ask, Asking, Network
from moodreel.models.session import open_networks
from moodreel.regions.cut import REPLICATE, as_input, cut
from moodreel.regions.detector import Detector
from moodreel.regions.square import Square, largest
from moodreel.regions.tracking import Tracking
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings

DETECTOR_PX = 128
DETECTOR_LAYERS = ((8, 2), (16, 6))
MESH_PX = 192
REGION_SCALE = 1.5
"""The square's side, in the longer side of the face's upright bounding box."""
EYE_CORNERS = (33, 263)
"""Outer corners of the right and the left eye in the mesh: their line is the square's x axis."""


def region_of(low: np.ndarray, high: np.ndarray, right_eye: np.ndarray, left_eye: np.ndarray) -> Square:
    """The square around a face whose upright box goes from `low` to `high`, with its eyes at `right_eye`, `left_eye`;
    all (2,) px."""
    x, y = (low + high) / 2
    eyes = left_eye - right_eye
    side = float(max(high - low)) * REGION_SCALE
    return Square(float(x), float(y), side, math.atan2(float(eyes[1]), float(eyes[0])))


class FaceMesh:
    """Follows one face.

    `detector` and `mesh` are sessions of the models `face_detection_short_range` and `face_landmark_with_attention`.
    """

    def __init__(self, detector: Network, mesh: Network, settings: FaceSettings) -> None:
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._network = mesh
        self._crop = settings.crop
        self._min_confidence = settings.min_confidence
        self._tracking = Tracking()

    def find(self, picture: np.ndarray, region: Square) -> Asking[list[Square]]:
        """The squares of all faces that the detector finds in `region` of `picture`, best first."""
        found = yield from self._detector.find(picture, region)
        return [
            region_of(box[:2], box[2:], points[0], points[1])
            for box, points in zip(found.boxes, found.keypoints, strict=True)
        ]

    def read(self, picture: np.ndarray, region: Square) -> Asking[tuple[float, np.ndarray, Square]]:
        """The face in `region`: how sure the network is (0..1), the mesh (478, 3) px, and the square for the next
        picture."""
        answer = yield Ask(self._network, lambda: as_input(cut(picture, region, MESH_PX, border=REPLICATE), 0, 1))
        points = answer["mesh"] / np.float32(MESH_PX)
        points[:, :2] = region.to_picture(points[:, :2])
        points[:, 2] *= region.side
        flat = points[:, :2]
        following = region_of(flat.min(0), flat.max(0), *flat[list(EYE_CORNERS)])
        return float(answer["flag"]), points, following

    def follow(self, picture: np.ndarray, head: Square | None) -> Asking[Mesh]:
        """The mesh in the next `picture` (height, width, 3) uint8 RGB of the video.

        The face is looked for around `head`, or in the whole picture where there is none. A face that does not fit
        the head is not believed, so the head checks on it in every picture and the detector need not.
        """
        height, width = picture.shape[:2]
        around = Square.around_picture(width, height) if head is None else head.scaled(self._crop)
        mesh, _ = yield from self._tracking.follow(
            lambda region: self._mesh(picture, region, head),
            lambda: self.find(picture, around),
            largest if head is None else head.nearest,
        )
        return mesh or Mesh("no_person" if head is None else "no_face")

    def forget(self) -> None:
        """A new shot begins: the face is looked for in the next picture."""
        self._tracking.forget()

    def _mesh(self, picture: np.ndarray, region: Square, head: Square | None) -> Asking[tuple[Mesh, Square | None]]:
        """The mesh in `region`, and the square for the next picture where it is believed."""
        confidence, points, following = yield from self.read(picture, region)
        if confidence < self._min_confidence:
            return Mesh("low_confidence", confidence), None
        if not fits(following, head):
            self._tracking.forget()  # it is another's, so this head's is not taken up again where it was
            return Mesh("no_face"), None
        return Mesh("ok", confidence, points), following


def open_trackers(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> Callable[[], FaceMesh]:
    """Makes trackers that share Attention Mesh's two networks from the folder `models`."""
    detector, mesh = open_networks(models, MODELS["facemesh"], extraction)
    return lambda: FaceMesh(detector, mesh, settings)
