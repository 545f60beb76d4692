import polars as pl
import pytest

from moodreel.errors import UserError
from moodreel.features.labels import add_labels

WINDOWS = pl.DataFrame({"video": ["b", "a", "a"], "window": [0, 1, 0], "rows": [5, 6, 7]})
LABELS = pl.DataFrame({"video": list("aaab"), "window": [0, 1, 2, 0], "label": ["calm", None, "glad", "sad"]})


def test_windows_keep_their_order_and_get_their_labels():
    found = add_labels(WINDOWS, LABELS)
    assert found.columns == ["video", "window", "rows", "label"]
    assert found.rows() == [("b", 0, 5, "sad"), ("a", 1, 6, None), ("a", 0, 7, "calm")]


def test_labels_of_other_windows_are_refused():
    with pytest.raises(UserError, match="1 of 3 windows have no row there"):
        add_labels(WINDOWS, LABELS.filter(video="a"))
