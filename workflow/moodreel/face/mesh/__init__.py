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
    is no face to believe in. `confidence` in 0..1 that the region holds a face, None where none was found. `status`
    is `ok`, `no_person`, `no_face` or `low_confidence`. `blendshapes` (52,) float32 in the order of
    `tables.extraction.BLENDSHAPES`, None where the backend has none.
    """

    status: str
    confidence: float | None = None
    points: np.ndarray | None = None
    blendshapes: np.ndarray | None = None


class MeshTracker(Protocol):
    """Follows one face through a video, or a segment of one."""

    def track(self, picture: np.ndarray, head: Square | None) -> Inference[Mesh]:
        """The mesh in the next `picture` (height, width, 3) uint8 RGB of the video.

        The face is looked for around `head`, an upright square as wide as the followed person's head, or in the whole
        picture where there is no person.
        """

    def forget(self) -> None:
        """A new shot begins: the next picture is looked at as if it were the first."""


class NoMesh:
    """Looks for no face: for videos whose face comes from elsewhere."""

    def track(self, picture: np.ndarray, head: Square | None) -> Inference[Mesh]:
        """No face; nothing is asked."""
        return Mesh("no_face")
        yield  # makes a generator of this

    def forget(self) -> None:
        """Nothing is remembered."""


def backend(name: str) -> ModuleType:
    """The module of the backend `name`. Raises UserError where there is none of that name."""
    if name not in BACKENDS:
        raise UserError(f"face.backend: there is no backend {name!r}; allowed: {', '.join(BACKENDS)}")
    return importlib.import_module(BACKENDS[name])


def open_trackers(models: Path, settings: FaceSettings, extraction: ExtractionSettings) -> Callable[[], MeshTracker]:
    """Makes trackers of the configured backend, each for one segment of one video; they share its networks, which are
    loaded from the folder `models` here."""
    return backend(settings.backend).open_trackers(models, settings, extraction)
