from __future__ import annotations

import numpy as np
import pytest

from moodreel.films.panel import ROW_PX, TRACK_RGB, Bar, Group, Lettering, Panel, row_px

SHADE = (240, 160, 60)
ROW = 16


def lengths(picture: np.ndarray, shade: tuple[int, int, int]) -> list[int]:
    """How many px of this shade the lines of a picture have, those that have some."""
    counts = (picture == shade).all(axis=2).sum(axis=1)
    found, inside = [], False
    for count in counts:
        if count and not inside:
            found.append(int(count))
        inside = bool(count)
    return found


@pytest.fixture
def panel() -> Panel:
    bars = [Bar("first"), Bar("second", hollow=True), Bar("third"), Bar("fourth")]
    return Panel([Group("a title", bars, 5.0, SHADE, remark="a remark")], Lettering(ROW))


def test_bars_are_as_long_as_their_numbers_say(panel):
    picture = panel.background.copy()
    panel.draw(picture, [np.array([5.0, 2.5, np.nan, 0.0])])
    (whole,) = set(lengths(panel.background, TRACK_RGB))
    assert whole == 5 * ROW
    full, hollow, *none = lengths(picture, SHADE)
    assert (full, hollow, none) == (whole, whole // 2, [])
    changed = (picture != panel.background).any(axis=2)
    assert changed[3 * ROW + ROW // 4 : 4 * ROW].any(), "a dash where nothing is known"


def test_a_hollow_bar_is_an_outline(panel):
    picture = panel.background.copy()
    panel.draw(picture, [np.array([np.nan, 5.0, np.nan, np.nan])])
    coloured = (picture == SHADE).all(axis=2)
    rows = np.flatnonzero(coloured.any(axis=1))
    assert coloured[rows[0]].sum() == 5 * ROW and coloured[rows[len(rows) // 2]].sum() == 2


def test_nothing_seen_is_a_dash_on_every_line_and_no_bar(panel):
    picture = panel.background.copy()
    panel.draw(picture, [None])
    assert lengths(picture, SHADE) == [] and (picture != panel.background).any()


def test_numbers_beyond_the_ends_stay_within_the_track(panel):
    picture = panel.background.copy()
    panel.draw(picture, [np.array([9.0, -1.0, 5.0, 0.0])])
    assert lengths(picture, SHADE) == [5 * ROW, 5 * ROW]


def test_lines_find_room_and_can_be_read():
    assert row_px(320, 17) == 12
    assert row_px(1080, 17) == ROW_PX[1]
    assert row_px(480, 17) == 18
    assert row_px(100, 40) == ROW_PX[0], "rather a higher film than letters that nobody can read"
