import itertools

import numpy as np

from moodreel.films.panel import ROW_PX, TRACK_RGB, Bar, Group, Lettering, Panel, row_px

SHADE = (240, 160, 60)
ROW = 16


def lengths(picture: np.ndarray, shade: tuple[int, int, int]) -> list[int]:
    """How many px of this shade each run of lines of a picture has in its first, where there are some."""
    counts = (picture == shade).all(axis=2).sum(axis=1).tolist()
    return [count for above, count in itertools.pairwise([0, *counts]) if count and not above]


BARS = [Bar("first"), Bar("second", hollow=True), Bar("third"), Bar("fourth")]
PANEL = Panel([Group("a title", BARS, 5.0, SHADE, remark="a remark")], Lettering(ROW))


def drawn(*numbers: float) -> np.ndarray:
    """The panel with these numbers, or with nothing seen."""
    picture = PANEL.background.copy()
    PANEL.draw(picture, [np.array(numbers) if numbers else None])
    return picture


def test_bars_are_as_long_as_their_numbers_say_within_the_track():
    picture = drawn(5.0, 2.5, np.nan, 0.0)
    assert set(lengths(PANEL.background, TRACK_RGB)) == {5 * ROW}
    assert lengths(picture, SHADE) == [5 * ROW, 5 * ROW // 2]
    changed = (picture != PANEL.background).any(axis=2)
    assert changed[3 * ROW + ROW // 4 : 4 * ROW].any(), "a dash where nothing is known"
    assert lengths(drawn(9.0, -1.0, 5.0, 0.0), SHADE) == [5 * ROW, 5 * ROW]


def test_a_hollow_bar_is_an_outline():
    coloured = (drawn(np.nan, 5.0, np.nan, np.nan) == SHADE).all(axis=2)
    rows = np.flatnonzero(coloured.any(axis=1))
    assert coloured[rows[0]].sum() == 5 * ROW and coloured[rows[len(rows) // 2]].sum() == 2


def test_nothing_visible_is_a_dash_on_every_line_and_no_bar():
    assert lengths(drawn(), SHADE) == [] and (drawn() != PANEL.background).any()


def test_lines_find_room_and_can_be_read():
    assert (row_px(320, 17), row_px(480, 17), row_px(1080, 17)) == (12, 18, ROW_PX[1])
    assert row_px(100, 40) == ROW_PX[0], "rather a higher film than letters that nobody can read"
