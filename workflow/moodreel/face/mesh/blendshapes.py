"""MediaPipe's Face Landmarker: a face detector, 478 points, and 52 blendshapes from 146 of them.

A single picture gives the result of mediapipe 1.2.2's FaceLandmarker for stills: on both packaged portraits and 17
frames of five clips, a picture's median point differs by at most 0.04 px, the worst by 0.09 px, and no blendshape by
more than 0.004. Through a video, `tracker` tracks the face; mediapipe smooths the points there, this module does not.
The blendshapes come from an MLP-Mixer (Grishchenko et al. 2023, https://arxiv.org/abs/2309.05782).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from moodreel.crops.square import Square
from moodreel.face.mesh import MODELS, Mesh
from moodreel.face.mesh.tracker import FaceTracker
from moodreel.networks import catalogue
from moodreel.networks.requests import Inference, InferenceRequest, Network
from moodreel.networks.session import open_networks
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings

SCORED_POINTS = np.array(catalogue.SCORED_POINTS.points)


class FaceLandmarker(FaceTracker):
    """Tracks one face with the networks `face_detection_short_range`, `face_landmarks_detector` and, a session in
    `blendshapes`, `face_blendshapes`."""

    MESH_PX = 256

    def __init__(self, detector: Network, mesh: Network, blendshapes: Network, settings: FaceSettings) -> None:
        super().__init__(detector, mesh, settings)
        self._blendshapes = blendshapes

    def _mesh(self, picture: np.ndarray, region: Square, head: Square | None) -> Inference[tuple[Mesh, Square | None]]:
        mesh, next_region = yield from super()._mesh(picture, region, head)
        if mesh.points is not None:
            places = mesh.points[np.newaxis, SCORED_POINTS, :2]
            outputs = yield InferenceRequest(self._blendshapes, lambda: places)
            mesh = replace(mesh, blendshapes=outputs["scores"])
        return mesh, next_region


def open_trackers(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> Callable[[], FaceLandmarker]:
    """A factory of trackers that share the Face Landmarker's three networks, from the folder `models`."""
    detector, mesh, scores = open_networks(models, MODELS["blendshapes"], extraction)
    return lambda: FaceLandmarker(detector, mesh, scores, settings)
