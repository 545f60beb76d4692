"""Bars next to a film's picture: groups with a title, and a name, a bar and a number on each line."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

GROUND_RGB, TEXT_RGB, SOFT_RGB, TRACK_RGB = (20, 25, 30), (235, 238, 240), (150, 158, 166), (48, 54, 60)

ROW_PX = (12, 27)
"""Least and greatest height of a line: letters of 9 px are just legible, and letters above 21 px only waste space."""

SHARE = 1 / 26
"""Greatest height of a line, as a share of the picture's."""

LETTERS = 0.8
"""Size of letters, as a share of the line."""

_BAR = 5.0  # length of a bar and width of a number, in lines
_NUMBER = 2.2


@dataclass(frozen=True)
class Bar:
    """One line: its name, and whether the bar is hollow because its value is doubtful."""

    name: str
    hollow: bool = False


@dataclass(frozen=True)
class Group:
    """Bars from 0 to `full`, with the title above them and a remark below; numbers have `decimals` decimals."""

    title: str
    bars: Sequence[Bar]
    full: float
    shade: tuple[int, int, int]
    decimals: int = 1
    remark: str = ""

    @property
    def lines(self) -> int:
        return 1 + len(self.bars) + bool(self.remark)


class Lettering:
    """Text on lines of height `row_px`, on `GROUND_RGB`."""

    def __init__(self, row_px: int) -> None:
        self.row_px = row_px
        self._size = max(round(row_px * LETTERS), 9)
        self._face = cv2.FontFace("sans")
        self._patch = cache(self._render)

    def width(self, text: str) -> int:
        """The text's width in px."""
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, self._size, 400)[2]

    def write(self, picture: np.ndarray, text: str, left: int, top: int, shade: tuple[int, int, int]) -> None:
        """Write a text on the line that starts at `left`, `top`."""
        baseline = top + round(self.row_px * 0.5 + self._size * 0.36)
        cv2.putText(picture, text, (left, baseline), shade, self._face, self._size, 400)

    def put(self, picture: np.ndarray, text: str, left: int, top: int, shade: tuple[int, int, int]) -> None:
        """Write a text that recurs: it is drawn once, with its background, and then copied."""
        patch = self._patch(text, shade)
        part = picture[top : top + self.row_px, left : left + patch.shape[1]]
        part[:] = patch[: part.shape[0], : part.shape[1]]

    def _render(self, text: str, shade: tuple[int, int, int]) -> np.ndarray:
        patch = np.full((self.row_px, self.width(text) + 2, 3), GROUND_RGB, np.uint8)
        self.write(patch, text, 0, 0, shade)
        return patch


def row_px(height: int, lines: int) -> int:
    """The height of a line so that `lines` of them fit `height` px, within `ROW_PX`, and at most `SHARE` of
    `height`."""
    low, high = ROW_PX
    return min(max(min(height // max(lines, 1), round(height * SHARE)), low), high)


class Panel:
    """Groups of bars, one below the other, with an empty line between groups.

    `size` is its width and height in px. The constant part is drawn once (`background`), bars and numbers in each
    frame.
    """

    def __init__(self, groups: Sequence[Group], lettering: Lettering) -> None:
        self._groups, self._letters = groups, lettering
        row = self._row = lettering.row_px
        self._margin = row // 2
        names = [bar.name for group in groups for bar in group.bars]
        self._bar_left = self._margin + max(lettering.width(name) for name in names) + row // 2
        self._bar_px = round(_BAR * row)
        self._number_left = self._bar_left + self._bar_px + row // 3
        texts = [text for group in groups for text in (group.title, group.remark)]
        width = max(
            self._number_left + round(_NUMBER * row), self._margin * 2 + max(lettering.width(text) for text in texts)
        )
        self.size = (width, row * (sum(group.lines for group in groups) + len(groups) - 1) + self._margin)
        self.background = self._draw_background()

    def _tops(self) -> list[int]:
        """The top of each group, in px."""
        tops, lines = [], 0
        for group in self._groups:
            tops.append(self._margin // 2 + lines * self._row)
            lines += group.lines + 1
        return tops

    def _draw_background(self) -> np.ndarray:
        picture = np.full((self.size[1], self.size[0], 3), GROUND_RGB, np.uint8)
        for group, top in zip(self._groups, self._tops(), strict=True):
            self._letters.write(picture, group.title, self._margin, top, SOFT_RGB)
            for line, bar in enumerate(group.bars, start=1):
                self._letters.write(picture, bar.name, self._margin, top + line * self._row, TEXT_RGB)
                self._fill(picture, top + line * self._row, self._bar_px, TRACK_RGB)
            if group.remark:
                self._letters.write(picture, group.remark, self._margin, top + (group.lines - 1) * self._row, SOFT_RGB)
        return picture

    def draw(self, picture: np.ndarray, values: Sequence[np.ndarray | None]) -> None:
        """Draw bars and numbers on `picture`, which holds the `background`.

        values: numbers by group, (bars,), NaN where there is none, None for a whole group without readings: such lines
        have a dash and no bar.
        """
        for group, top, numbers in zip(self._groups, self._tops(), values, strict=True):
            for line, bar in enumerate(group.bars, start=1):
                at, value = top + line * self._row, np.nan if numbers is None else float(numbers[line - 1])
                if np.isnan(value):
                    self._letters.put(picture, "-", self._number_left, at, SOFT_RGB)
                    continue
                length = round(min(max(value / group.full, 0.0), 1.0) * self._bar_px)
                self._fill(picture, at, length, group.shade, hollow=bar.hollow)
                self._letters.put(picture, f"{value:.{group.decimals}f}", self._number_left, at, TEXT_RGB)

    def _fill(
        self, picture: np.ndarray, top: int, length: int, shade: tuple[int, int, int], *, hollow: bool = False
    ) -> None:
        inset = max(self._row // 4, 2)
        first, last = top + inset, top + self._row - inset
        picture[first:last, self._bar_left : self._bar_left + length] = shade
        if hollow and length > 2 and last - first > 2:
            picture[first + 1 : last - 1, self._bar_left + 1 : self._bar_left + length - 1] = TRACK_RGB
