"""A rotated square region of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Square:
    """A square around (`x`, `y`) with `side`, all in px, its own x axis turned clockwise (on the screen) by `angle`
    rad."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def around_picture(cls, width: int, height: int) -> Square:
        """The smallest upright square around the whole picture, centred on it."""
        return cls(width / 2, height / 2, float(max(width, height)))

    def scale(self, factor: float) -> Square:
        """This square with its side times `factor`."""
        return Square(self.x, self.y, self.side * factor, self.angle)

    def affine(self, size: int) -> np.ndarray:
        """The (2, 3) matrix that takes px of a `size` x `size` cut of this region to px of the picture."""
        scale = self.side / size
        cos, sin = scale * math.cos(self.angle), scale * math.sin(self.angle)
        half = size / 2
        return np.array([[cos, -sin, self.x - half * (cos - sin)], [sin, cos, self.y - half * (sin + cos)]], np.float64)

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) in units of this region (0..1, from its top left corner) as px of the picture."""
        matrix = self.affine(1)
        return points @ matrix[:, :2].T + matrix[:, 2]

    def distance(self, other: Square) -> float:
        """Distance of the two centres in units of this square's side."""
        return math.hypot(other.x - self.x, other.y - self.y) / self.side

    def nearest(self, others: list[Square]) -> Square:
        """The one of `others` whose centre is nearest to this square's. `others` must not be empty."""
        return min(others, key=self.distance)


def largest(squares: list[Square]) -> Square:
    """The one with the longest side; the first of equals. `squares` must not be empty."""
    return max(squares, key=lambda square: square.side)


ABOUT_AS_LARGE = 0.75
"""Least side, as a share of the largest, of squares that are about as large: people about equally near the camera."""


def most_prominent(squares: list[Square], shape: tuple[int, ...]) -> Square:
    """Of the squares about as large as the largest, the one nearest to the middle of a picture of `shape` (height,
    width, ...); the first of equals. `squares` must not be empty."""
    height, width = shape[:2]
    least = ABOUT_AS_LARGE * largest(squares).side
    return Square.around_picture(width, height).nearest([square for square in squares if square.side >= least])
