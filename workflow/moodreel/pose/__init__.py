"""Body pose as OpenPose's BODY_25, by one of several backends.

A backend is a module with `open_trackers(models, settings, extraction) -> Callable[[], PoseTracker]`, plus a line in
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
from moodreel.settings.pose import PoseSettings

if TYPE_CHECKING:
    import numpy as np

BACKENDS = {"blazepose": "moodreel.pose.blazepose", "rtmpose": "moodreel.pose.rtmpose"}
"""Backends by name: the module that holds each."""

MODELS = {"blazepose": ("pose_detection", "pose_landmark_full"), "rtmpose": ("yolox_m_person", "rtmpose_m_halpe26")}
"""The networks that a backend runs, by their names in the catalogue."""


@dataclass(frozen=True)
class Pose:
    """The tracked person in one picture.

    `points` (25, 3) float32: x px, y px and confidence 0..1 of BODY_25 as the network gave them, also outside the
    picture; NaN where the backend has no such point, None where there is no reliable person. `confidence` is
    that of the whole person in 0..1, None where none was found. `status` is `ok`, `no_person` or `low_confidence`.
    `people_seen` is None where no detector ran.
    """

    status: str
    confidence: float | None = None
    points: np.ndarray | None = None
    people_seen: int | None = None


class PoseTracker(Protocol):
    """Tracks one person through a video, or a segment of one."""

    def track(self, picture: np.ndarray, time_s: float, *, look: bool = False) -> Inference[Pose]:
        """The pose in the next `picture` (height, width, 3) uint8 RGB of the video, which is shown at `time_s`; with
        `look` the detector counts the people in it."""

    def forget(self) -> None:
        """Begin a new shot: the next picture is read as if it were the first."""


def backend(name: str) -> ModuleType:
    """The module of the backend `name`. Raises UserError where there is none with that name."""
    if name not in BACKENDS:
        raise UserError(f"pose.backend: there is no backend {name!r}; allowed: {', '.join(BACKENDS)}")
    return importlib.import_module(BACKENDS[name])


def open_trackers(models: Path, settings: PoseSettings, extraction: ExtractionSettings) -> Callable[[], PoseTracker]:
    """Load the networks of the configured backend from the folder `models`. Returns a factory of trackers, each for one
    segment of one video, which share them."""
    return backend(settings.backend).open_trackers(models, settings, extraction)
