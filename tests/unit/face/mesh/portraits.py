"""The two portraits that come with packages."""

from __future__ import annotations

import matplotlib.cbook
import numpy as np
import skimage.data
from PIL import Image


def portrait(name: str) -> np.ndarray:
    """`astronaut` or `hopper`, (height, width, 3) uint8 RGB."""
    if name == "astronaut":
        return skimage.data.astronaut()
    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        return np.asarray(Image.open(file).convert("RGB"))
