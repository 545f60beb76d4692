"""What a network takes: one float32 array per question, without the axis of the batch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pictures:
    """Square RGB pictures, channels last.

    px: height and width.
    values: what black and white are in them.
    """

    px: int
    values: tuple[float, float]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one picture."""
        return (self.px, self.px, 3)


@dataclass(frozen=True)
class Points:
    """Places of points of one face, x and y.

    points: which of the mesh's, in order.
    """

    points: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one face's."""
        return (len(self.points), 2)
