"""Tracks one face with a face detector and a network that reads a mesh from a square around the face; the common part
of the backends of this kind.

The order of operations and every constant follow mediapipe (modules/face_detection and modules/face_landmark in
0.10.21, tasks/cc/vision/face_landmarker in 1.2.2), so that a single picture gives its result for stills.
"""

import math
from typing import ClassVar

import numpy as np

from moodreel.crops.cut import REPLICATE, ZERO, as_input, cut
from moodreel.crops.detector import Detector
from moodreel.crops.square import Square, largest
from moodreel.crops.tracking import Track
from moodreel.face.mesh import Mesh
from moodreel.face.mesh.head import fits
from moodreel.networks.requests import Inference, InferenceRequest, Network
from moodreel.settings.face import FaceSettings

DETECTOR_PX = 128
DETECTOR_LAYERS = ((8, 2), (16, 6))
REGION_SCALE = 1.5
"""The square's side, in the longer side of the face's upright bounding box."""
EYE_CORNERS = (33, 263)
"""Outer corners of the right and the left eye in the mesh: the line through them is the square's x axis."""

CHECK_EVERY = 25
"""A tracked face is checked by the detector after so many pictures: the mesh's own flag falls at once where there is no
head, but stays high where a whole face is covered and hair, ears and outline are not. Costs 0.03 ms a frame."""
DOUBTFUL = 0.98
"""A face with a lower flag is checked after `CHECK_DOUBTFUL_EVERY` pictures: plainly visible faces have a higher one in
95 % of the frames of real clips."""
CHECK_DOUBTFUL_EVERY = 5
CHECK_SCALE = 4 / 3
"""The side of the checked square, in sides of the face's square."""
CHECK_SCORE = 0.8
"""The detector's score below which a tracked face is dropped, as a share of `face.min_detection`. Of the two portraits
with the whole face covered, in grey, skin colour or noise, it reaches 0.4 at most. Plainly visible faces of nine real
clips never fell below 0.5; tiny and blurred ones of two others did, and yet no frame of these was lost."""


def region_of(low: np.ndarray, high: np.ndarray, right_eye: np.ndarray, left_eye: np.ndarray) -> Square:
    """The square around a face whose upright box goes from `low` to `high`, with its eyes at `right_eye`, `left_eye`;
    all (2,) px."""
    x, y = (low + high) / 2
    eyes = left_eye - right_eye
    side = float(max(high - low)) * REGION_SCALE
    return Square(float(x), float(y), side, math.atan2(float(eyes[1]), float(eyes[0])))


class FaceTracker:
    """Tracks one face.

    `detector` is a session of the network `face_detection_short_range`, `mesh` one of a network that takes pictures of
    `MESH_PX` and gives `mesh` (478, 3), in px of its input, and `flag`.
    """

    MESH_PX: ClassVar[int]

    def __init__(self, detector: Network, mesh: Network, settings: FaceSettings) -> None:
        self._detector = Detector(detector, DETECTOR_PX, DETECTOR_LAYERS, settings.min_detection)
        self._detector_network = detector
        self._network = mesh
        self._crop = settings.crop
        self._min_detection = settings.min_detection
        self._min_confidence = settings.min_confidence
        self._tracking = Track()
        self._unchecked = 0

    def find(self, picture: np.ndarray, region: Square) -> Inference[list[Square]]:
        """The squares of all faces that the detector finds in `region` of `picture`, best first."""
        found = yield from self._detector.find(picture, region)
        return [
            region_of(box[:2], box[2:], points[0], points[1])
            for box, points in zip(found.boxes, found.keypoints, strict=True)
        ]

    def score(self, picture: np.ndarray, region: Square) -> Inference[float]:
        """The detector's confidence (0..1) that there is a face anywhere in `region`."""
        outputs = yield InferenceRequest(
            self._detector_network, lambda: as_input(cut(picture, region, DETECTOR_PX, border=ZERO), -1, 1)
        )
        return float(outputs["scores"].max())

    def read(self, picture: np.ndarray, region: Square) -> Inference[tuple[float, np.ndarray, Square]]:
        """The face in `region`: the network's confidence (0..1), the mesh (478, 3) px, and the square for the next
        picture."""
        outputs = yield InferenceRequest(
            self._network, lambda: as_input(cut(picture, region, self.MESH_PX, border=REPLICATE), 0, 1)
        )
        points = outputs["mesh"] / np.float32(self.MESH_PX)
        points[:, :2] = region.to_picture(points[:, :2])
        points[:, 2] *= region.side
        flat = points[:, :2]
        next_region = region_of(flat.min(0), flat.max(0), *flat[list(EYE_CORNERS)])
        return float(outputs["flag"]), points, next_region

    def track(self, picture: np.ndarray, head: Square | None) -> Inference[Mesh]:
        """The mesh in the next `picture` (height, width, 3) uint8 RGB of the video.

        The face is searched for around `head`, or in the whole picture where there is none. A face that does not fit
        the head is rejected, so the head checks it in every picture and the detector only at intervals.
        """
        height, width = picture.shape[:2]
        around = Square.around_picture(width, height) if head is None else head.scale(self._crop)

        def find() -> Inference[list[Square]]:
            self._unchecked = 0
            return self.find(picture, around)

        mesh, _ = yield from self._tracking.track(
            lambda region: self._mesh(picture, region, head), find, largest if head is None else head.nearest
        )
        return mesh or Mesh("no_person" if head is None else "no_face")

    def forget(self) -> None:
        """Begin a new shot: the face is searched for in the next picture."""
        self._tracking.forget()

    def _mesh(self, picture: np.ndarray, region: Square, head: Square | None) -> Inference[tuple[Mesh, Square | None]]:
        """The mesh in `region`, and the square for the next picture; None where the mesh is rejected."""
        confidence, points, next_region = yield from self.read(picture, region)
        if confidence < self._min_confidence:
            return Mesh("low_confidence", confidence), None
        if not fits(next_region, head):
            self._tracking.forget()  # another person's face: this head's face is not expected in its last place
            return Mesh("no_face"), None
        self._unchecked += 1
        if self._unchecked > (CHECK_EVERY if confidence >= DOUBTFUL else CHECK_DOUBTFUL_EVERY):
            self._unchecked = 0
            score = yield from self.score(picture, next_region.scale(CHECK_SCALE))
            if score < CHECK_SCORE * self._min_detection:
                return Mesh("low_confidence", score), None
        return Mesh("ok", confidence, points), next_region
