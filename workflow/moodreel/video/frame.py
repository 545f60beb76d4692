"""A decoded frame, and how its stored picture becomes an upright one with square pixels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
from av.sidedata.sidedata import Type as SideDataType
from av.video.reformatter import VideoReformatter

from moodreel.video.errors import VideoError
from moodreel.video.rotation import Turn, turn_of_matrix, turn_of_tag

UNSPECIFIED_COLOURS = 2
"""For the matrix, the primaries and the transfer alike (ITU-T H.273, tables 2 to 4)."""

PLAUSIBLE_ASPECT = (0.25, 4.0)
"""Plausible pixel aspect ratios (width / height); pixels with any other are taken as square."""

UNKNOWN_SIDE_DATA = range(len(SideDataType), 48)
"""FFmpeg's numbers for side data that PyAV cannot list, with a margin: FFmpeg 8.1 has 31 for Exif, which cameras write
into Motion JPEG, and 29 for the views of stereoscopic HEVC."""


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
        self._aspect = _pixel_aspect(stream.sample_aspect_ratio)
        self._reformatter, self._reformatting = VideoReformatter(), threading.Lock()
        self._last_geometry: tuple[int, int, int] | None = None
        self._last_turn = turn_of_tag(stream.metadata.get("rotate"))

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
        """The rotation by the frame's own display matrix, else by the last one of a frame before, since coded streams
        and Motion JPEG may state it once for all; else by the stream's old `rotate` tag.

        The matrix is read again where rotation or size change, not from each frame: in PyAV 18, reading the side data
        of a frame makes it part of a reference cycle, and hundreds would wait in memory for the garbage collector.
        """
        geometry = (stored.rotation, stored.width, stored.height)
        if geometry != self._last_geometry:
            try:
                matrix = _display_matrix(stored)
            except (av.error.FFmpegError, ValueError) as error:
                raise VideoError("unreadable", self._path, f"how its pictures are turned: {error}") from None
            self._last_geometry = geometry
            if matrix is not None:
                self._last_turn = turn_of_matrix(matrix)
        return self._last_turn


def _display_matrix(stored: av.VideoFrame) -> bytes | None:
    try:
        side_data = stored.side_data
    except ValueError:  # PyAV lists all or nothing
        side_data = _without_unknown_side_data(stored).side_data
    matrix: Any = side_data.get("DISPLAYMATRIX")  # PyAV does not declare its type
    return None if matrix is None else bytes(matrix)


def _without_unknown_side_data(stored: av.VideoFrame) -> av.VideoFrame:
    """A reference to the frame that lacks the side data that PyAV cannot list."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=stored.width, height=stored.height, format=stored.format, time_base=Fraction(1, av.time_base)
    )
    deletions = [graph.add("sidedata", f"mode=delete:type={number}") for number in UNKNOWN_SIDE_DATA]
    graph.link_nodes(source, *deletions, graph.add("buffersink")).configure()
    graph.vpush(stored)
    return graph.vpull()


def _pixel_aspect(ratio: Fraction | None) -> float:
    low, high = PLAUSIBLE_ASPECT
    return float(ratio) if ratio and low <= ratio <= high else 1.0
