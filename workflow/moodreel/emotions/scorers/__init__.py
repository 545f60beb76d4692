"""Who scores the emotions of a face."""

from typing import Protocol

import numpy as np

from moodreel.networks.requests import RunNetwork


class Scorer(Protocol):
    """Cuts faces out in its own way, and scores them."""

    def face(self, picture: np.ndarray, box: np.ndarray) -> np.ndarray | None:
        """The face in a `box` of x, y, width, height, px, in an RGB `picture` (height, width, 3) uint8, as the network
        is shown it: uint8, of one shape always; None where nothing of it lies in the picture."""

    def decode(self, crop: bytes) -> np.ndarray:
        """The same of the `picture` of a face crop of the kind in `networks.CROPS`."""

    def scores(self, faces: np.ndarray) -> np.ndarray:
        """Scores (n, 7) float32 of faces (n, ...), in the order of `tables.emotions.EMOTIONS`, that add up to 1."""


def open_scorer(backend: str, network: RunNetwork) -> Scorer:
    """The scorer of that name in `emotions.backend`, which runs `network`."""
    if backend == "hsemotion":
        from moodreel.emotions.scorers.hsemotion import HsemotionScorer

        return HsemotionScorer(network)
    from moodreel.emotions.scorers.fer import FerScorer

    return FerScorer(network)
