"""The frames of a film: the picture with its readings, bars next to it, and below it the time and what was not
found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from moodreel.emotions import naming
from moodreel.face import trust
from moodreel.films.panel import GROUND_RGB, SOFT_RGB, TEXT_RGB, Bar, Group, Lettering, Panel, row_px
from moodreel.films.readings import Reading
from moodreel.report import overlay
from moodreel.tables.extraction import BODY_25
from moodreel.tables.face import ACTION_UNITS

BOX_RGB, UNIT_RGB, SCORE_RGB, MISSING_RGB = (255, 255, 255), (240, 160, 60), (110, 180, 255), (255, 176, 80)

CARD_ROW_PX, CARD_LETTERS = 24, 50
"""Height of a line on a card, and its length in letters."""

WIDEST_STATUS = "face: low confidence   body: low confidence"
_NO_BODY = np.full((len(BODY_25), 2), np.nan)


@dataclass(frozen=True)
class Placement:
    """The placement of a picture in the film: its scale, and its offset in px."""

    factor: float
    left: int
    top: int

    @classmethod
    def within(cls, width: int, height: int, place: tuple[int, int]) -> Placement:
        """A picture of `width` x `height` px, scaled to fit `place` (width, height), in its middle."""
        factor = min(place[0] / width, place[1] / height)
        return cls(factor, round((place[0] - width * factor) / 2), round((place[1] - height * factor) / 2))

    def points(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) in px of the picture, in px of the place; pixel centres are whole numbers."""
        return (points + 0.5) * self.factor - 0.5 + (self.left, self.top)

    def picture(self, picture: np.ndarray, place: tuple[int, int]) -> np.ndarray:
        """The picture, RGB uint8 (h, w, 3), in its place, with dark margins where it does not fill the place."""
        height, width = (max(round(side * self.factor), 1) for side in picture.shape[:2])
        if (width, height) != picture.shape[1::-1]:
            kind = cv2.INTER_AREA if self.factor < 1 else cv2.INTER_CUBIC
            picture = cv2.resize(picture, (width, height), interpolation=kind)
        if (width, height) == place:
            return picture
        whole = np.full((place[1], place[0], 3), GROUND_RGB, np.uint8)
        part = whole[self.top : self.top + height, self.left : self.left + width]
        part[:] = picture[: part.shape[0], : part.shape[1]]
        return whole


def units_group(units: Sequence[int], backend: str) -> Group:
    """The bars of action units; those with a doubtful verdict are hollow."""
    verdicts = [trust.verdict(backend, unit) for unit in units]
    doubts = dict.fromkeys(str(verdict) for verdict in verdicts if verdict.doubtful)
    bars = [
        Bar(f"AU{unit:02d} {ACTION_UNITS[unit]}", verdict.doubtful)
        for unit, verdict in zip(units, verdicts, strict=True)
    ]
    remark = f"hollow: {' or '.join(doubts)} ({trust.PAGE})" if doubts else ""
    return Group("action units, 0 to 5", bars, 5.0, UNIT_RGB, remark=remark)


def scores_group(detector: str, *, unnamed: bool) -> Group:
    """The bars of emotion scores; `unnamed`: by the classes' numbers."""
    bars = [Bar(name) for name in naming.names(unnamed=unnamed)]
    return Group(f"scores (face: {detector}), 0 to 1", bars, 1.0, SCORE_RGB, decimals=2)


def picture_size(width: int, height: int, largest_px: int | None) -> tuple[int, int]:
    """Width and height in px of a picture whose height is at most `largest_px`."""
    factor = min(1.0, (largest_px or height) / height)
    return max(round(width * factor), 1), max(round(height * factor), 1)


class Sheet:
    """Draws one frame of a film after the other.

    picture: width and height of the picture in the film, px.
    layers: what is drawn on the picture, of `annotate.layers`; the statuses shown follow from them.
    units, scores: the bars next to it, None without.

    `size` is the film's width and height, even, as H.264 with halved colours requires.
    """

    def __init__(
        self,
        picture: tuple[int, int],
        *,
        layers: Sequence[str],
        units: Group | None = None,
        scores: Group | None = None,
    ) -> None:
        self._place, self._layers = picture, layers
        self._groups = [group for group in (units, scores) if group]
        self._has = (units is not None, scores is not None)
        width, height = picture
        lines = sum(group.lines + 1 for group in self._groups)
        letters = self._letters = Lettering(row_px(height, lines))
        self._panel = Panel(self._groups, letters) if self._groups else None
        panel_width, least = self._panel.size if self._panel else (0, 0)
        clock = letters.width("00000.000 s   frame 0000000") + letters.row_px
        status = letters.width(WIDEST_STATUS) + letters.row_px
        whole = max(width + panel_width, clock, status)
        self._band_top = max(height, least)
        self._status_at = (clock, 0) if whole >= clock + status else (0, letters.row_px)
        high = self._band_top + letters.row_px + self._status_at[1] + 2
        self.size = (whole + whole % 2, high + high % 2)
        self._ground = np.full((self.size[1], self.size[0], 3), GROUND_RGB, np.uint8)
        if self._panel:
            self._within_panel(self._ground, self._panel)[:] = self._panel.background

    def _within_panel(self, picture: np.ndarray, panel: Panel) -> np.ndarray:
        left, (width, height) = self._place[0], panel.size
        return picture[:height, left : left + width]

    def frame(self, picture: np.ndarray, *, index: int, time_s: float, reading: Reading) -> np.ndarray:
        """The film's frame, RGB uint8, for a video's picture, uint8 (h, w, 3), with its index and its time in s."""
        shown = self._ground.copy()
        width, height = self._place
        shown[:height, :width] = self._annotated(picture, reading)
        if self._panel:
            values = [values for values, there in zip((reading.units, reading.scores), self._has, strict=True) if there]
            self._panel.draw(self._within_panel(shown, self._panel), values)
        left, top = self._letters.row_px // 2, self._band_top + 1
        self._letters.write(shown, f"{time_s:.3f} s   frame {index}", left, top, SOFT_RGB)
        across, down = self._status_at
        self._letters.write(shown, self._missing(reading), left + across, top + down, MISSING_RGB)
        return shown

    def _annotated(self, picture: np.ndarray, reading: Reading) -> np.ndarray:
        place = Placement.within(picture.shape[1], picture.shape[0], self._place)
        drawn = place.picture(picture, self._place)
        body = place.points(reading.body) if "skeleton" in self._layers and reading.body is not None else _NO_BODY
        mesh = place.points(reading.mesh) if "mesh" in self._layers and reading.mesh is not None else None
        face_px = 0.0 if mesh is None else float(np.ptp(mesh[:, 1]))
        widths = max(1, round(self._place[1] / 240)), max(1, round(face_px / 160))
        drawn = overlay.draw(drawn, body, mesh, widths=widths)
        if "box" in self._layers and reading.box is not None:
            left, top, width, height = reading.box
            corners = place.points(np.array([(left, top), (left + width, top + height)]))
            first, last = (tuple(int(v) for v in corner) for corner in np.round(corners))
            line = max(1, round(self._place[1] / 480))
            for shade, extra in ((overlay.EDGE_RGB, 2), (BOX_RGB, 0)):
                cv2.rectangle(drawn, first, last, shade, line + extra, cv2.LINE_AA)
        return drawn

    def _missing(self, reading: Reading) -> str:
        """The drawn parts that were not found, with their status in the tables."""
        statuses = {
            "face": reading.face_status if {"mesh", "box", "units", "scores"} & set(self._layers) else None,
            "body": reading.body_status if "skeleton" in self._layers else None,
        }
        return "   ".join(
            f"{part}: {status.replace('_', ' ')}" for part, status in statuses.items() if status not in (None, "ok")
        )


def card(lines: Sequence[str]) -> np.ndarray:
    """A picture of text only, RGB uint8 (360, 640, 3), for a video without readings."""
    picture = np.full((360, 640, 3), GROUND_RGB, np.uint8)
    letters = Lettering(CARD_ROW_PX)
    for number, line in enumerate(lines):
        letters.write(picture, line, 24, 120 + number * 34, TEXT_RGB if number else MISSING_RGB)
    return picture
