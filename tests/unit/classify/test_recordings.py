"""Parts and copies of one recording, and performers who share recordings, in folds and exchanged labels."""

import numpy as np
import polars as pl
import pytest

from moodreel.classify.folds import make_folds
from moodreel.classify.permutation import exchange
from moodreel.features.recordings import joined
from moodreel.settings.classify import ClassifySettings


def windows_of(videos: list[tuple[str, str, str | None, str | None]], each: int = 3) -> pl.DataFrame:
    """Windows of (video, performer, recording, label)."""
    rows = [(v, i, 2.0 * i, p, r, label) for v, p, r, label in videos for i in range(each)]
    names = {"video": pl.String, "window": pl.Int32, "start_s": float, "performer": pl.String, "recording": pl.String}
    return pl.DataFrame(rows, schema={**names, "label": pl.String}, orient="row")


def fold_of(windows: pl.DataFrame, group: str, seed: int) -> dict[str, set[int]]:
    """The folds of each video."""
    folds, _ = make_folds(windows, ClassifySettings(seed=seed))
    part = folds.filter(pl.col("group") == group)
    return {video: {*part.filter(video=video)["fold"]} for video in part["video"].unique()}


COPIES = [(f"v{i:02d}", f"p{i % 8}", f"v{i - 12:02d}" if i >= 12 else None, "ab"[i % 2]) for i in range(24)]
"""Each of the last twelve videos is a copy of one of the first, under another performer."""


@pytest.mark.parametrize("group", ["video", "performer"])
@pytest.mark.parametrize("seed", range(8))
def test_a_copy_never_sits_in_another_fold_than_its_original(group, seed):
    folds = fold_of(windows_of(COPIES), group, seed)
    assert all(len(own) == 1 for own in folds.values())
    assert all(folds[video] == folds[original] for video, _, original, _ in COPIES if original)
    assert len(set().union(*folds.values())) > 1


def test_performers_are_linked_over_recordings_that_they_share():
    videos = [
        ("a", "p", None, "x"),
        ("b", "q", "a", "x"),
        ("c", "q", None, "x"),
        ("d", "r", "c", "x"),
        ("e", "s", None, "x"),
    ]
    found = joined(windows_of(videos, each=1))
    assert found["video"].to_list() == ["a", "a", "c", "c", "e"]
    assert found["performer"].n_unique() == 2 and found["performer"][:4].n_unique() == 1
    swapped = joined(windows_of(videos[::-1], each=1))["performer"]
    assert swapped.n_unique() == 2 and swapped[1:].n_unique() == 1


def test_what_is_kept_together_is_told():
    _, notes = make_folds(windows_of(COPIES), ClassifySettings())
    assert any("24 videos are parts or copies of 12 recordings" in note for note in notes)
    assert any("8 performers are 4 groups" in note for note in notes)
    alone = windows_of([(video, performer, None, label) for video, performer, _, label in COPIES])
    _, notes = make_folds(alone, ClassifySettings())
    assert not any("recording" in note for note in notes)
    assert joined(alone).equals(alone.with_columns(recording=pl.col("video")))
    assert joined(alone.drop("recording")).equals(alone.drop("recording"))


def test_folds_without_twins_stay_as_they_are():
    alone = windows_of([(video, performer, None, label) for video, performer, _, label in COPIES])
    given, plain = (make_folds(w, ClassifySettings())[0] for w in (alone, alone.drop("recording")))
    assert given.equals(plain)


def test_labels_of_parts_of_one_recording_are_exchanged_as_a_whole():
    videos = [(f"r{r}-{i}", "p", f"r{r}-0", "ab"[r % 2]) for r in range(8) for i in range(5)]
    windows = windows_of(videos, each=2)
    found = exchange(windows, np.zeros(len(windows), int))
    assert found is not None and len(found.length) == 8 and "8 videos" in found.note
    for order in found.orders(5, 1):
        of_recording = (
            windows.with_columns(order=pl.Series(order)).group_by("recording").agg(pl.col("order").n_unique())
        )
        assert of_recording["order"].to_list() == [1] * 8


def test_labels_of_copies_under_two_performers_are_exchanged_as_a_whole():
    videos = [(f"{kind}{i}", f"{kind}{i}", f"a{i}", "xy"[i % 2]) for kind in "ab" for i in range(6)]
    windows = windows_of(videos, each=2)
    found = exchange(windows, np.zeros(len(windows), int))
    assert found is not None and len(found.length) == 6
    for order in found.orders(5, 1):
        table = windows.with_columns(order=pl.Series(order)).group_by("recording").agg(pl.col("order").n_unique())
        assert table["order"].to_list() == [1] * 6
