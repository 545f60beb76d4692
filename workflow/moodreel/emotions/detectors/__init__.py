"""Detectors of the face whose emotions are scored."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from moodreel.emotions.networks import FINDERS
from moodreel.networks.requests import RunNetwork
from moodreel.video.frame import Frame


class Detector(Protocol):
    """Finds faces in one frame of a video after the other."""

    def boxes(self, frame: Frame) -> np.ndarray:
        """The faces in the frame, in the detector's own order: (faces, 4) int of x, y, width, height, px."""


def open_detector(name: str, *, files: Mapping[str, Path], run: Callable[[Path], RunNetwork]) -> Detector:
    """The detector called `name`: any but `mesh`, whose faces are cut out with the mesh (`face_crops.fer`).

    files: paths of its networks by name (`networks.FINDERS`).
    run: opens a network.

    Raises UserError where a file is missing.
    """
    if name == "haar":
        from moodreel.emotions.detectors.haar import HaarDetector

        return HaarDetector(files[FINDERS[name][0]])
    from moodreel.emotions.detectors.mtcnn import Mtcnn

    pnet, rnet, onet = (run(files[network]) for network in FINDERS[name])
    return Mtcnn(pnet, rnet, onet, "mtcnn" if name == "mtcnn" else "facenet")
