"""Pictures of the followed face, cut out of each frame: for networks that look at pictures and not at points.

They are cut out while a video is read, where they are wanted by then, or else in one more decode from the mesh that was
read before; both give the same. How a face is cut out is a kind of its own, one module each, named here and loaded only
where it is wanted: extraction, which takes long, is none the newer for a kind's change. The rules read this page: it
imports nothing heavy.
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
"""The module of each kind, whose `cutter` makes one."""


class FaceCrop(NamedTuple):
    """A face cut out of a frame.

    Attributes:
        x, y, width, height: the box in px of the upright picture, before it is turned about its middle.
        angle_deg: by how much it is turned, clockwise as the viewer sees it.
        picture: what it shows, as the kind keeps it.
    """

    x: float
    y: float
    width: float
    height: float
    angle_deg: float
    picture: bytes


class Cutter(Protocol):
    """What a kind owes."""

    form: str
    """What `FaceCrop.picture` holds, in words."""

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
    """Where the crops of that kind lie, of the video whose mesh lies in `folder`."""
    return f"{folder}/crops-{kind}/face_crops.parquet"


def cut_all(cutters: Sequence[Cutter], picture: np.ndarray, points: np.ndarray | None) -> tuple[FaceCrop | None, ...]:
    """What each of the cutters makes of a frame; None of one without a mesh (`points` (478, 3) px)."""
    if points is None:
        return (None,) * len(cutters)
    flat = points[:, :2].astype("float32", copy=False)  # as the mesh's table keeps it
    return tuple(each.cut(picture, flat) for each in cutters)
