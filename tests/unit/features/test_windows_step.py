"""What the step `windows` says when nothing is left to put on a grid."""

import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.features.selection import kept_videos


def test_kept_videos_come_in_the_tables_order():
    videos = pl.DataFrame({"video": ["b", "c", "a"]})
    screening = pl.DataFrame({"video": ["a", "b", "c"], "kept": [True, True, False], "reason": [None, None, "x"]})
    assert [v["video"] for v in kept_videos(videos, screening)] == ["b", "a"]


def test_no_kept_video_shows_why():
    screening = pl.DataFrame({"video": "a", "kept": False, "reason": "people in view 2 is above screen.max_people (1)"})
    message = r"none of the 1 videos passed the screening(.|\n)*a: people .* screen\.max_people"
    with pytest.raises(UserError, match=message):
        kept_videos(pl.DataFrame({"video": ["a"]}), screening)
