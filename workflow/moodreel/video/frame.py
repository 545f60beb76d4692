"""A decoded frame, and how its stored picture becomes an upright one with square pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from moodreel.video.errors import VideoError
from moodreel.video.rotation import Turn, turn_of_matrix, turn_of_tag

UNSPECIFIED_COLOURS = 2
"""For the matrix, the primaries and the transfer alike (ITU-T H.273, tables 2 to 4)."""

PLAUSIBLE_ASPECT = (0.25, 4.0)
"""Plausible pixel aspect ratios (width / height); pixels with any other are taken as square."""


class Frame:
    """One decoded frame.

    picture: its pixels, or a function that makes them, called at the first access: until then, and after `release`, a
        frame takes half of the memory.
    """

    __slots__ = ("_made", "_make", "index", "time_s")

    index: int
    """Number in the file, from 0, counting decoded frames."""
    time_s: float
    """Presentation time in seconds from the file's first frame."""

    def __init__(self, index: int, time_s: float, picture: np.ndarray | Callable[[], np.ndarray]) -> None:
        self.index = index
        self.time_s = time_s
        self._make = picture if callable(picture) else lambda: picture
        self._made: np.ndarray | None = None

    @property
    def picture(self) -> np.ndarray:
        """uint8 (h, w, 3), RGB, upright, square pixels. Not to be written to."""
        made = self._made
        if made is None:
            self._made = made = self._make()
        return made

    def release(self) -> None:
        """Drop the picture; the next access makes it again."""
        self._made = None


class Upright:
    """Makes the upright pictures of a stream's frames, at the first access to each, by the thread that accesses it."""

    def __init__(self, stream: av.VideoStream, path: Path) -> None:
        self._path = path
        self._rotate_tag = stream.metadata.get("rotate")
        self._aspect = _pixel_aspect(stream.sample_aspect_ratio)
        self._reformatter, self._reformatting = VideoReformatter(), threading.Lock()
        self._last_geometry: tuple[int, int, int] | None = None
        self._last_turn = Turn()

    def frame(self, index: int, time_s: float, stored: av.VideoFrame) -> Frame:
        """The frame of this number and time."""
        turn = self.turn(stored)  # now: later, it may be that of a later frame
        return Frame(index, time_s, partial(self._picture, stored, turn))

    def width(self, stored: av.VideoFrame) -> int:
        """The width of the frame's stored picture with square pixels."""
        return round(stored.width * self._aspect)

    def _picture(self, stored: av.VideoFrame, turn: Turn) -> np.ndarray:
        try:
            with self._reformatting:
                return turn.apply(self._in_rgb(stored).to_ndarray())
        except MemoryError:
            raise
        except (av.error.FFmpegError, ValueError) as error:
            raise VideoError("unreadable", self._path, f"{stored.format.name} pixels: {error}") from None

    def _in_rgb(self, stored: av.VideoFrame) -> av.VideoFrame:
        convert = partial(self._reformatter.reformat, width=self.width(stored), format="rgb24", threads=1)
        try:
            return convert(stored)
        except av.error.FFmpegError:  # the file names colours that do not exist
            stored.colorspace = stored.color_primaries = stored.color_trc = UNSPECIFIED_COLOURS
            return convert(stored)

    def turn(self, stored: av.VideoFrame) -> Turn:
        """The rotation by the frame's own display matrix, else by the stream's old `rotate` tag.

        The matrix is read again where rotation or size change, not from each frame: in PyAV 18, reading the side data
        of a frame makes it part of a reference cycle, and hundreds would wait in memory for the garbage collector.
        """
        geometry = (stored.rotation, stored.width, stored.height)
        if geometry != self._last_geometry:
            matrix: Any = stored.side_data.get("DISPLAYMATRIX")  # PyAV does not declare its type
            self._last_geometry = geometry
            self._last_turn = turn_of_tag(self._rotate_tag) if matrix is None else turn_of_matrix(bytes(matrix))
        return self._last_turn


def _pixel_aspect(ratio: Fraction | None) -> float:
    low, high = PLAUSIBLE_ASPECT
    return float(ratio) if ratio and low <= ratio <= high else 1.0
