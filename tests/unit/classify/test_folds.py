import numpy as np
import polars as pl
import pytest

from moodreel.classify.folds import make_folds
from moodreel.classify.jobs import deal
from moodreel.settings.classify import ClassifySettings
from moodreel.tables.classify import FOLDS


def windows_of(videos: list[tuple[str, str, list[str | None]]]) -> pl.DataFrame:
    """Windows of (video, performer, labels)."""
    rows = [(video, i, 2.0 * i, performer, label) for video, performer, own in videos for i, label in enumerate(own)]
    names = {"video": pl.String, "window": pl.Int32, "start_s": float, "performer": pl.String, "label": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row")


def of_performers(*performers: str, labels: list[str | None]) -> pl.DataFrame:
    """Windows of a video of each performer, all with the same labels."""
    return windows_of([(f"v{i}", performer, labels) for i, performer in enumerate(performers)])


@pytest.fixture
def many() -> pl.DataFrame:
    return windows_of([(f"v{i}", f"p{i % 6}", ["a" if i % 2 else "b"] * 4) for i in range(24)])


def parts(folds: pl.DataFrame, group: str) -> pl.DataFrame:
    return folds.filter(pl.col("group") == group)


def test_every_window_is_tested_once_in_each_group(many):
    folds, notes = make_folds(many, ClassifySettings())
    FOLDS.conform(folds)
    assert notes == []
    for group, protocol in (("window", "paper"), ("video", "grouped"), ("performer", "grouped")):
        part = parts(folds, group)
        assert part.select("video", "window").rows() == many.select("video", "window").rows()
        assert part["protocol"].unique().to_list() == [protocol]
        assert part["fold"].unique().sort().to_list() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("group", ["video", "performer"])
def test_a_group_is_never_on_both_sides(many, group):
    folds, _ = make_folds(many, ClassifySettings())
    part = parts(folds, group).join(many, on=["video", "window"])
    assert part.group_by(group).agg(pl.col("fold").n_unique())["fold"].to_list() == [1] * many[group].n_unique()


def test_windows_of_a_video_are_on_both_sides_in_the_papers_protocol(many):
    folds, _ = make_folds(many, ClassifySettings())
    spread = parts(folds, "window").group_by("video").agg(pl.col("fold").n_unique())["fold"]
    assert spread.max() > 1


def test_labels_are_spread_evenly(many):
    folds, _ = make_folds(many, ClassifySettings(folds=4))
    for group in ("window", "video"):
        part = parts(folds, group).join(many, on=["video", "window"])
        shares = part.group_by("fold").agg((pl.col("label") == "a").mean())["label"]
        assert shares.to_numpy() == pytest.approx(0.5, abs=0.1)


def test_folds_follow_the_seed(many):
    same = [make_folds(many, ClassifySettings(seed=3))[0] for _ in range(2)]
    assert same[0].equals(same[1])
    assert not same[0].equals(make_folds(many, ClassifySettings(seed=4))[0])


def test_few_performers_are_a_fold_each():
    windows = of_performers("p", "q", "r", "p", "q", "r", labels=["a", "b"])
    folds, notes = make_folds(windows, ClassifySettings())
    part = parts(folds, "performer").join(windows, on=["video", "window"])
    assert part["fold"].n_unique() == part.select("fold", "performer").n_unique() == 3
    assert any("3 performers" in note for note in notes)


@pytest.mark.parametrize(
    ("performers", "reason"), [(["p"] * 8, "of one performer"), ([f"p{i}" for i in range(8)], "the same as by video")]
)
def test_performer_folds_that_say_nothing_new_are_left_out(performers, reason):
    folds, notes = make_folds(of_performers(*performers, labels=["a", "b"]), ClassifySettings())
    assert parts(folds, "performer").is_empty() and not parts(folds, "video").is_empty()
    assert any("grouped/performer" in note and reason in note for note in notes)


def test_one_video_leaves_the_papers_folds_and_one_window_nothing_but_notes():
    folds, notes = make_folds(of_performers("p", labels=["a", "b"] * 6), ClassifySettings())
    assert folds["group"].unique().to_list() == ["window"]
    assert any("grouped/video: left out" in note for note in notes)
    folds, notes = make_folds(of_performers("p", labels=["a"]), ClassifySettings())
    FOLDS.conform(folds)
    assert folds.is_empty()
    assert any("no second window" in note for note in notes)


def test_a_label_with_one_window_is_named_and_does_not_stop():
    videos = [(f"v{i}", f"p{i % 2}", ["ab"[i % 2]] * 4) for i in range(9)]
    folds, notes = make_folds(windows_of([*videos, ("w", "p0", ["rare"])]), ClassifySettings())
    assert parts(folds, "video")["fold"].n_unique() == 5
    assert any("'rare' (1)" in note and "classify.folds" in note for note in notes)
    assert any("'rare' (1)" in note and "`emotion`" in note and "never learnt" in note for note in notes)


@pytest.mark.parametrize(("label", "words"), [("a", "nothing to tell apart"), (None, "")])
def test_one_label_only_or_none_names_the_column(label, words):
    folds, notes = make_folds(of_performers(*"pppppp", labels=[label] * 3), ClassifySettings())
    assert parts(folds, "video")["fold"].n_unique() == 5
    assert any(words in note and "`emotion`" in note for note in notes)


def test_labels_all_rarer_than_the_folds_do_not_stop():
    windows = windows_of([(f"v{i}", "p", [f"label {i}"] * 2) for i in range(6)])
    folds, _ = make_folds(windows, ClassifySettings(groups=["video"]))
    assert np.bincount(parts(folds, "window")["fold"].to_numpy()).min() >= 2


def test_windows_in_order_stay_next_to_their_neighbours(many):
    settings = ClassifySettings(paper_folds=["shuffled", "in_order"], paper_fold_count=4)
    folds, notes = make_folds(many, settings)
    assert notes == []
    assert folds["group"].unique(maintain_order=True).to_list() == ["window", "window_in_order", "video", "performer"]
    in_order = parts(folds, "window_in_order")
    assert in_order["protocol"].unique().to_list() == ["paper"]
    assert in_order["fold"].to_list() == [i // 24 for i in range(96)], "as scikit-learn's KFold(4) has them"
    assert [parts(folds, group)["fold"].n_unique() for group in ("window", "video")] == [4, 5]
    folds, _ = make_folds(many, ClassifySettings(paper_folds=["in_order"], groups=["video"]))
    assert folds["group"].unique(maintain_order=True).to_list() == ["window_in_order", "video"]


@pytest.mark.parametrize("folds", [20, 21, 1000])
def test_as_many_folds_as_videos_leave_one_out(folds):
    windows = windows_of([(f"v{i:02d}", "p", ["a" if i < 10 else "b"]) for i in range(20)])
    found, (note,) = make_folds(windows, ClassifySettings(folds=folds, paper_fold_count=4, groups=["video"]))
    assert sorted(parts(found, "video")["fold"]) == list(range(20))
    assert parts(found, "window")["fold"].n_unique() == 4
    assert f"each of the 20 videos is a fold, since classify.folds = {folds} and there are no more" in note
    assert "below chance" in note


def test_few_windows_name_the_papers_own_setting():
    windows = windows_of([("v", "p", ["a", "b"]), ("w", "p", ["a"])])
    _, notes = make_folds(windows, ClassifySettings(paper_fold_count=4, groups=["video"]))
    assert any("each of the 3 windows is a fold" in note and "classify.paper_fold_count = 4" in note for note in notes)


def test_folds_are_dealt_to_jobs_by_what_they_cost():
    jobs = deal({"window": 4, "video": 5}, 2)
    assert jobs == [
        [("video", 0), ("video", 2), ("video", 4), ("window", 2)],
        [("video", 1), ("video", 3), ("window", 0), ("window", 1), ("window", 3)],
    ]
    assert deal({"window": 1}, 3) == [[("window", 0)], [], []]
