"""Attention Mesh (Grishchenko et al. 2020, https://arxiv.org/abs/2006.10962): a face detector, then 478 points in a
square that turns and moves with the face. A single picture gives the static result of mediapipe 0.10.21's FaceMesh."""

from collections.abc import Callable
from pathlib import Path

from moodreel.face.mesh import MODELS
from moodreel.face.mesh.tracker import FaceTracker
from moodreel.networks.session import open_networks
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings


class FaceMesh(FaceTracker):
    """Tracks one face with the networks `face_detection_short_range` and `face_landmark_with_attention`."""

    MESH_PX = 192


def open_trackers(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> Callable[[], FaceMesh]:
    """A factory of trackers that share Attention Mesh's two networks, from the folder `models`."""
    detector, mesh = open_networks(models, MODELS["facemesh"], extraction)
    return lambda: FaceMesh(detector, mesh, settings)
