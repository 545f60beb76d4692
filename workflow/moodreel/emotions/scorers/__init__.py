"""Scorers of the emotions of a face."""

from typing import Protocol

import numpy as np

from moodreel.networks.requests import RunNetwork


class Scorer(Protocol):
    """Cuts faces out as its network needs them, and scores them."""

    def face(self, picture: np.ndarray, box: np.ndarray) -> np.ndarray | None:
        """The face in a `box` of x, y, width, height, px, in an RGB `picture` (height, width, 3) uint8, as input
        of the network: uint8, always of one shape; None where nothing of it lies in the picture."""

    def decode(self, crop: bytes) -> np.ndarray:
        """The face in the `picture` of a face crop of the kind in `networks.CROPS`, in the same form."""

    def scores(self, faces: np.ndarray) -> np.ndarray:
        """Scores (n, 7) float32 of faces (n, ...), in the order of `tables.emotions.EMOTIONS`, with sum 1."""


def open_scorer(backend: str, network: RunNetwork) -> Scorer:
    """The scorer of that name in `emotions.backend`, which runs `network`."""
    if backend == "hsemotion":
        from moodreel.emotions.scorers.hsemotion import HsemotionScorer

        return HsemotionScorer(network)
    from moodreel.emotions.scorers.fer import FerScorer

    return FerScorer(network)
