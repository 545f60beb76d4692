"""No face mesh: for videos whose face comes from elsewhere."""

from __future__ import annotations

import numpy as np

from moodreel.crops.square import Square
from moodreel.face.mesh import Mesh
from moodreel.networks.requests import Asking


class NoMesh:
    """Looks for no face."""

    def follow(self, picture: np.ndarray, head: Square | None) -> Asking[Mesh]:
        """No face; nothing is asked."""
        return Mesh("no_face")
        yield  # makes a generator of this

    def forget(self) -> None:
        """Nothing is remembered."""
