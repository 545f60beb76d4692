"""The two portraits and what is known of them: the picture at working size and the face mesh on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources

import cv2
import numpy as np

PICTURE_PX = 480
"""Side of a rendered frame."""

PLATE_PX = 720
"""Side of the plate, the crop of a portrait on which the face is moved; larger than a frame, so that the second
resampling (head motion) does not soften the picture."""


@dataclass(frozen=True)
class Framing:
    """What of a portrait is shown, in its own pixels, and between which heights brows and cheeks move nothing.

    `brow_floor` and `cheek_ceiling` are polylines of (s, t) in the face frame (see `faceframe`): the folds of the lids
    or, where spectacles are worn, their rims, which are no skin. `lid_reach` is how far above the crease of the upper lid
    there is skin to be drawn over the eye.
    """

    left: int
    top: int
    side: int
    neck_pivot: tuple[float, float]
    brow_floor: tuple[tuple[float, float], ...]
    cheek_ceiling: tuple[tuple[float, float], ...]
    lid_reach: float


FRAMINGS = {
    "hopper": Framing(
        left=0,
        top=8,
        side=512,
        neck_pivot=(265, 345),
        brow_floor=(
            (-0.95, -0.26), (-0.59, -0.265), (-0.34, -0.225), (-0.21, -0.17), (0.0, -0.14),
            (0.22, -0.17), (0.40, -0.255), (0.61, -0.30), (0.95, -0.30),
        ),
        cheek_ceiling=((-0.9, 0.45), (-0.5, 0.55), (-0.2, 0.45), (0.2, 0.45), (0.5, 0.55), (0.9, 0.45)),
        lid_reach=-0.015,
    ),
    "astronaut": Framing(
        left=78,
        top=0,
        side=300,
        neck_pivot=(224, 195),
        brow_floor=((-0.9, -0.12), (-0.5, -0.19), (-0.25, -0.1), (0, -0.05), (0.25, -0.1), (0.5, -0.19), (0.9, -0.12)),
        cheek_ceiling=((-0.9, 0.1), (-0.5, 0.12), (-0.2, 0.1), (0.2, 0.1), (0.5, 0.12), (0.9, 0.1)),
        lid_reach=0.08,
    ),
}  # fmt: skip
"""The performers. The names are those of the files: `grace_hopper.jpg` of matplotlib, `astronaut` of scikit-image."""


@dataclass(frozen=True)
class Portrait:
    """A portrait at working size.

    `plate` is RGB uint8 (PLATE_PX, PLATE_PX, 3); `mesh` float64 (478, 3) in plate pixels, the third column being the
    depth in the same unit, negative towards the viewer.
    """

    name: str
    plate: np.ndarray
    mesh: np.ndarray
    neck_pivot: np.ndarray
    framing: Framing


def _picture(name: str) -> np.ndarray:
    """The packaged picture, RGB uint8."""
    if name == "astronaut":
        import skimage.data

        return skimage.data.astronaut()
    import matplotlib.cbook
    import matplotlib.image

    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return matplotlib.image.imread(file, format="jpg")


def load(name: str) -> Portrait:
    """The portrait `name`, a key of `FRAMINGS`, with its mesh.

    The mesh was read once with mediapipe 0.10.21 (`FaceMesh`, static mode, refined) and is kept in `meshes.json`,
    rounded to 0.01 px, so that making a clip needs no model. Raises ValueError where the packaged picture has another
    size than the one that was read.
    """
    framing = FRAMINGS[name]
    known = json.loads(resources.files(__package__).joinpath("meshes.json").read_text())[name]
    picture = _picture(name)
    if picture.shape != (known["height"], known["width"], 3):
        raise ValueError(
            f"{name}: the packaged picture has shape {picture.shape}, the mesh was read from "
            f"{known['width']} x {known['height']}"
        )
    scale = PLATE_PX / framing.side
    crop = picture[framing.top : framing.top + framing.side, framing.left : framing.left + framing.side]
    plate = cv2.resize(crop, (PLATE_PX, PLATE_PX), interpolation=cv2.INTER_LANCZOS4)

    def on_plate(points: np.ndarray) -> np.ndarray:
        # Pixel centres sit at half-integers: the shift that cv2.resize makes.
        return (points - (framing.left, framing.top)) * scale - 0.5

    points = np.asarray(known["points_px"])
    mesh = np.column_stack([on_plate(points[:, :2]), points[:, 2] * scale])
    return Portrait(name, plate, mesh, on_plate(np.asarray(framing.neck_pivot, float)), framing)
