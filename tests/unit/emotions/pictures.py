"""Pictures of the two packaged portraits on which boxes of faces were recorded."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np


@cache
def pictures() -> dict[str, np.ndarray]:
    """By name, uint8 (height, width, 3), blue, green, red: whole, small, dark, turned, cut, stretched, many, none."""
    hopper = _packaged("matplotlib", "mpl-data/sample_data/grace_hopper.jpg")
    astronaut = _packaged("skimage", "data/astronaut.png")
    both = np.full((640, 960, 3), 90, np.uint8)
    both[20:620, 20:532] = hopper
    both[100:356, 640:896] = _resized(astronaut, 256, 256)
    small = np.full((480, 640, 3), 40, np.uint8)
    small[50:200, 60:188] = _resized(hopper, 128, 150)
    small[220:400, 400:580] = _resized(astronaut, 180, 180)
    crowd, rng = np.full((900, 1200, 3), 128, np.uint8), np.random.default_rng(1)
    for row in range(3):
        for column in range(4):
            side = int(rng.integers(120, 290))
            picture = _resized(hopper if (row + column) % 2 else astronaut, side, side)
            crowd[row * 300 : row * 300 + side, column * 300 : column * 300 + side] = picture
    return {
        "hopper": hopper,
        "astronaut": astronaut,
        "both": both,
        "small": small,
        "dark": (astronaut * 0.25).astype(np.uint8),
        "edge": astronaut[0:220, 130:330],
        "cut": hopper[100:400, 180:512],
        "turned": cv2.warpAffine(astronaut, cv2.getRotationMatrix2D((256, 256), 20, 1.0), (512, 512)),
        "wide": cv2.resize(hopper, (900, 500), interpolation=cv2.INTER_LINEAR),
        "nobody": np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8),
        "crowd": crowd,
    }


def _packaged(package: str, path: str) -> np.ndarray:
    folder = Path(find_spec(package).origin).parent
    return cv2.imread(str(folder / path), cv2.IMREAD_COLOR)


def _resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
