"""The face mesh, 478 points, by one of several backends.

A backend is a module with `open_trackers(models, settings, extraction) -> Callable[[], MeshTracker]`, plus a line in
`BACKENDS` and one in `MODELS`. Only the chosen one is imported. The plan imports this module, so it needs no package
that Snakemake does not bring.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from moodreel.errors import UserError
from moodreel.networks.requests import Inference
from moodreel.settings.extraction import ExtractionSettings
from moodreel.settings.face import FaceSettings

if TYPE_CHECKING:
    import numpy as np

    from moodreel.crops.square import Square

BACKENDS = {"facemesh": "moodreel.face.mesh.facemesh", "blendshapes": "moodreel.face.mesh.blendshapes"}
"""Backends by name: the module that holds each."""

MODELS = {
    "facemesh": ("face_detection_short_range", "face_landmark_with_attention"),
    "blendshapes": ("face_detection_short_range", "face_landmarks_detector", "face_blendshapes"),
}
"""The networks that a backend runs, by their names in the catalogue."""


@dataclass(frozen=True)
class Mesh:
    """The face in one picture.

    `points` (478, 3) float32: x px, y px and z px (smaller is nearer, the head's centre at about 0), None where there
    is no reliable face. `confidence` in 0..1 that the region holds a face, None where none was found. `status`
    is `ok`, `no_person`, `no_face` or `low_confidence`. `blendshapes` (52,) float32 in the order of
    `tables.extraction.BLENDSHAPES`, None where the backend has none.
    """

    status: str
    confidence: float | None = None
    points: np.ndarray | None = None
    blendshapes: np.ndarray | None = None


class MeshTracker(Protocol):
    """Tracks one face through a video, or a segment of one."""

    def track(self, picture: np.ndarray, head: Square | None) -> Inference[Mesh]:
        """The mesh in the next `picture` (height, width, 3) uint8 RGB of the video.

        The face is searched for around `head`, an upright square as wide as the tracked person's head, or in the whole
        picture where there is no person.
        """

    def forget(self) -> None:
        """Begin a new shot: the next picture is read as if it were the first."""


class NoMesh:
    """Finds no face: for videos whose face comes from another source."""

    def track(self, picture: np.ndarray, head: Square | None) -> Inference[Mesh]:
        """No face; no inference request is made."""
        return Mesh("no_face")
        yield  # makes this a generator

    def forget(self) -> None:
        """Do nothing: there is no state."""


def backend(name: str) -> ModuleType:
    """The module of the backend `name`. Raises UserError where there is none with that name."""
    if name not in BACKENDS:
        raise UserError(f"face.backend: there is no backend {name!r}; allowed: {', '.join(BACKENDS)}")
    return importlib.import_module(BACKENDS[name])


def open_trackers(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> Callable[[], MeshTracker]:
    """Load the networks of the configured backend from the folder `models`. Returns a factory of trackers, each for one
    segment of one video, which share them."""
    return backend(settings.backend).open_trackers(models, settings, extraction)
