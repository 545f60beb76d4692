"""Pictures of the tracked face, cut out of each frame: for networks that take pictures and not points.

They are cut out during extraction, where they are required by then, or else in one more decode with the mesh that was
read before; both give the same. Each way of cutting is a kind, in a module of its own that is named here and loaded
only where it is required: so a change of a kind does not rerun extraction, which takes long. The rules import this
module: it imports nothing heavy.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np

KINDS: Mapping[str, str] = {
    "fer": "moodreel.face_crops.fer",
    "aligned": "moodreel.face_crops.aligned",
}
"""The module of each kind, with its function `cutter`."""


class FaceCrop(NamedTuple):
    """A face cut out of a frame.

    Attributes:
        x, y, width, height: the box in px of the upright picture, before it is rotated about its middle.
        angle_deg: its rotation, clockwise as the viewer sees it.
        picture: its pixels, in the form of the kind.
    """

    x: float
    y: float
    width: float
    height: float
    angle_deg: float
    picture: bytes


class Cutter(Protocol):
    """The interface of a kind."""

    form: str
    """The form of `FaceCrop.picture`, in words."""

    def cut(self, picture: np.ndarray, points: np.ndarray) -> FaceCrop | None:
        """The face with the mesh `points` (478, 2) px, float32, in an RGB `picture` (height, width, 3), uint8; None
        where nothing of it lies in the picture."""


def cutter(kind: str) -> Cutter:
    """The cutter of a kind with its numbers, such as `fer` or `aligned-224-95` (px, JPEG quality)."""
    name, *numbers = kind.split("-")
    return importlib.import_module(KINDS[name]).cutter(*map(int, numbers))


def module(kind: str) -> str:
    """The module that makes a kind's cutter, within the package."""
    return KINDS[kind.partition("-")[0]].removeprefix("moodreel.")


def path(folder: str | Path, kind: str) -> str:
    """Path of the crops of that kind, for the video whose mesh is in `folder`."""
    return f"{folder}/crops-{kind}/face_crops.parquet"


def cut_all(cutters: Sequence[Cutter], picture: np.ndarray, points: np.ndarray | None) -> tuple[FaceCrop | None, ...]:
    """The face crop of a frame by each of the cutters; None without a mesh (`points` (478, 3) px)."""
    if points is None:
        return (None,) * len(cutters)
    flat = points[:, :2].astype("float32", copy=False)  # as the mesh's table keeps it
    return tuple(each.cut(picture, flat) for each in cutters)
