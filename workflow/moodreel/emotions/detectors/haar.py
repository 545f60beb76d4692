"""Faces by OpenCV's cascade of Haar features (Viola & Jones 2001, CVPR), as FER uses it."""

from pathlib import Path

import cv2
import numpy as np

from moodreel.errors import UserError
from moodreel.video.frame import Frame

SCALE_FACTOR = 1.1
MIN_NEIGHBOURS = 5
MIN_FACE_PX = 50
"""FER's defaults (`fer/fer.py`)."""


class HaarDetector:
    """The cascade in a file. Raises UserError where it cannot be read."""

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise UserError(f"the cascade {file} does not exist; make it with `snakemake {file}`")
        self._cascade = cv2.CascadeClassifier(str(file))

    def boxes(self, frame: Frame) -> np.ndarray:
        """As `Detector.boxes`, in OpenCV's order."""
        return self.find(cv2.cvtColor(frame.picture, cv2.COLOR_RGB2GRAY))

    def find(self, grey: np.ndarray) -> np.ndarray:
        """The faces in a grey picture (height, width) uint8, (faces, 4) int.

        With one thread: with several, the order of the faces, and so the first one, depends on which thread ends first.
        """
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            found = self._cascade.detectMultiScale(
                grey,
                scaleFactor=SCALE_FACTOR,
                minNeighbors=MIN_NEIGHBOURS,
                flags=cv2.CASCADE_SCALE_IMAGE,
                minSize=(MIN_FACE_PX, MIN_FACE_PX),
            )
        finally:
            cv2.setNumThreads(threads)
        return np.asarray(found, dtype=int).reshape(-1, 4)
