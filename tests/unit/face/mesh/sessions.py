"""Stand-ins for the sessions of a detector and of a mesh network."""

from __future__ import annotations

import numpy as np

from moodreel.crops.square import Square

BLANK = np.zeros((400, 400, 3), np.uint8)
HEAD = Square(200, 200, 60)
"""In `BLANK`. Its crop is 180 px wide, so a face of 32 of 128 px has a square of 67 px."""


class Face:
    """A session for the mesh, whose input is `px` wide: all points on a ring in the middle of the square, as sure as
    the test says."""

    def __init__(self, flags: list[float], px: int = 192) -> None:
        self.flags = iter(flags)
        turn = np.linspace(0, 2 * np.pi, 478, endpoint=False)
        self.mesh = np.zeros((1, 478, 3), np.float32)
        self.mesh[0, :, 0], self.mesh[0, :, 1] = 96 + 64 * np.cos(turn), 96 + 64 * np.sin(turn)
        self.mesh[0, 33, :2], self.mesh[0, 263, :2] = (64, 80), (128, 80)
        self.mesh *= px / 192

    def run(self, batch):
        return {"mesh": self.mesh, "flag": np.array([next(self.flags)], np.float32)}


class Detections:
    """A session for the detector that finds faces with their centres at the given places of its input, in 0..1."""

    def __init__(self, *centres: tuple[float, float]) -> None:
        self.centres = centres
        self.asked = 0

    def run(self, batch):
        self.asked += 1
        boxes, scores = np.zeros((1, 896, 16), np.float32), np.zeros((1, 896), np.float32)
        for i, (x, y) in enumerate(self.centres):
            anchor = 20 * i
            # anchors lie two by two 8 px apart in the first row, from (4, 4) on
            at = np.array([128 * x - 4 - 4 * anchor, 128 * y - 4])
            boxes[0, anchor] = [*at, 32, 32, at[0] - 8, at[1] - 4, at[0] + 8, at[1] - 4, *np.tile(at, 4)]
            scores[0, anchor] = 0.9
        return {"boxes": boxes, "scores": scores}
