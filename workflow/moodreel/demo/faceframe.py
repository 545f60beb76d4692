"""Anatomy of one face in its own frame of reference.

The frame's origin lies between the eyes, `s` runs along the eye line to the picture's right, `t` at a right angle down
the face; the unit is the distance between the eye centres. Heights of brows, lids and lips are curves t(s) from the
mesh, and bound every displacement field.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Points of the 478-point face mesh, from the picture's left to its right.
LIDS = {
    "left": {
        "upper": (33, 246, 161, 160, 159, 158, 157, 173, 133),
        "lower": (33, 7, 163, 144, 145, 153, 154, 155, 133),
        "crease": (130, 247, 30, 29, 27, 28, 56, 190, 243),
        "pouch": (130, 25, 110, 24, 23, 22, 26, 112, 243),
    },
    "right": {
        "upper": (362, 398, 384, 385, 386, 387, 388, 466, 263),
        "lower": (362, 382, 381, 380, 374, 373, 390, 249, 263),
        "crease": (463, 414, 286, 258, 257, 259, 260, 467, 359),
        "pouch": (463, 341, 256, 252, 253, 254, 339, 255, 359),
    },
}
BROWS = (70, 63, 105, 66, 107, 9, 336, 296, 334, 293, 300)
INNER_LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
MOUTH_CORNERS = (61, 291)
LIP_MIDDLES = (0, 17)
NOSE_BASE, CHIN, FOREHEAD = 2, 152, 10

Curve = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Lids:
    """The lids of one eye: heights of their margins, of the crease above and the pouch below, between its corners."""

    corners: tuple[float, float]
    upper: Curve
    lower: Curve
    crease: Curve
    pouch: Curve


class FaceFrame:
    """The face's frame over a region of the plate.

    `region` are the region's rows and columns on the plate; `s`, `t`, float32 (height, width), the coordinates of its
    pixels; `points` (478, 2) the mesh in (s, t); `unit_px` the length of the unit.
    """

    def __init__(self, mesh: np.ndarray, *, margin: float = 0.6, limit_px: int) -> None:
        centres = [mesh[[eye["upper"][0], eye["upper"][-1]], :2].mean(axis=0) for eye in LIDS.values()]
        along = centres[1] - centres[0]
        self.unit_px = float(np.hypot(*along))
        self.axes = np.array([along, (-along[1], along[0])]) / self.unit_px
        self.origin = (centres[0] + centres[1]) / 2
        self.points = self.coordinates(mesh[:, :2])
        low = np.floor(mesh[:, :2].min(axis=0) - margin * self.unit_px).clip(0, limit_px).astype(int)
        high = np.ceil(mesh[:, :2].max(axis=0) + margin * self.unit_px).clip(0, limit_px).astype(int)
        self.region = np.s_[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])]
        y, x = np.mgrid[self.region]
        self.s, self.t = np.moveaxis(self.coordinates(np.stack([x, y], axis=-1)).astype(np.float32), -1, 0)
        self.eyes = [
            Lids(
                corners=(self.points[eye["upper"][0], 0], self.points[eye["upper"][-1], 0]),
                **{part: self.curve(indices) for part, indices in eye.items()},
            )
            for eye in LIDS.values()
        ]
        # The creases' ends bend down at the corners of the eyes; without them the curve is level across the nose.
        self.creases = self.curve(LIDS["left"]["crease"][1:-1] + LIDS["right"]["crease"][1:-1])
        self.brows = self.curve(BROWS)
        self.inner_lower_lip = self.curve(INNER_LOWER_LIP)
        self.mouth_corners = self.points[list(MOUTH_CORNERS)]
        self.inner_corners = self.points[[INNER_LOWER_LIP[0], INNER_LOWER_LIP[-1]], 0]
        self.mouth_centre = self.points[list(LIP_MIDDLES)].mean(axis=0)
        self.nose_base = self.points[NOSE_BASE]
        self.chin = self.points[CHIN]
        self.forehead = self.points[FOREHEAD]

    def coordinates(self, positions: np.ndarray) -> np.ndarray:
        """Plate positions (..., 2) in (x, y) as (s, t)."""
        return (positions - self.origin) @ self.axes.T / self.unit_px

    def curve(self, indices: tuple[int, ...]) -> Curve:
        """The height t(s) along the polyline through mesh points, constant beyond its ends."""
        points = self.points[list(indices)]
        s, t = points[np.argsort(points[:, 0])].T
        return lambda at: np.interp(at, s, t)

    def to_pixels(self, field: np.ndarray) -> np.ndarray:
        """A field of vectors (..., 2) in (s, t) as plate pixels (..., 2) in (x, y)."""
        return (field @ self.axes) * self.unit_px
