"""HSEmotion's EfficientNet-B0, for colour faces of 224 px.

The recipe is that of the package hsemotion-onnx 0.3.1 (github.com/av-savchenko/hsemotion-onnx): the unchanged
box of the detector, RGB, 224 px, standardised by ImageNet's mean and deviation. The eighth class, contempt, is left out
before the scores are normalised to sum 1, so that they are over the same seven as those of the other networks.
"""

import cv2
import numpy as np
from scipy.special import softmax

from moodreel.networks.requests import RunNetwork

PX = 224

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Mean and deviation of red, green and blue in ImageNet, 0..1."""

CLASSES = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The network's outputs."""

OURS = [CLASSES.index(name) for name in ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")]
"""The outputs for `tables.emotions.EMOTIONS`, in its order."""


class HsemotionScorer:
    """Faces are (224, 224, 3) uint8, RGB."""

    def __init__(self, network: RunNetwork) -> None:
        self._network = network

    def face(self, picture: np.ndarray, box: np.ndarray) -> np.ndarray | None:
        """As `Scorer.face`."""
        x, y, width, height = (int(value) for value in box)
        cut = picture[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
        return cv2.resize(cut, (PX, PX)) if cut.size else None

    def decode(self, crop: bytes) -> np.ndarray:
        """As `Scorer.decode`."""
        face = cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert face is not None  # crops are valid JPEG
        return face

    def scores(self, faces: np.ndarray) -> np.ndarray:
        """As `Scorer.scores`."""
        inputs = ((faces / 255 - MEAN) / DEVIATION).transpose(0, 3, 1, 2).astype(np.float32)
        (logits,) = self._network(inputs).values()
        return softmax(logits[:, OURS], axis=1).astype(np.float32)
