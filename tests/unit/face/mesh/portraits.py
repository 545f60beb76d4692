"""The two portraits that come with packages."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

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


def recorded(path: Path, name: str) -> tuple[np.ndarray, dict[str, Any]]:
    """A portrait, and what the file at `path` holds of it."""
    picture, expected = portrait(name), json.loads(path.read_text())[name]
    assert hashlib.sha256(picture.tobytes()).hexdigest() == expected["rgb_sha256"], "another picture than was recorded"
    return picture, expected
