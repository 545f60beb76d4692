"""Which labels are exchanged, and what comes of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from moodreel.classify.folds import make_folds
from moodreel.classify.permutation import exchangeable
from moodreel.classify.protocol import evaluate
from moodreel.classify.study import fold_of
from moodreel.classify.summary import summarise
from moodreel.tables import base
from moodreel.tables.classify import SCORES


def windows_of(videos: dict[str, tuple[str, list[str | None]]]) -> pl.DataFrame:
    """Windows from video -> (performer, labels)."""
    rows = [(v, p, label) for v, (p, labels) in videos.items() for label in labels]
    return pl.DataFrame(rows, schema=["video", "performer", "label"], orient="row")


def spread(windows: pl.DataFrame) -> np.ndarray:
    """Folds over windows."""
    return np.arange(len(windows)) % 2


def test_whole_videos_exchange_their_label():
    windows = windows_of({f"v{i}": ("ann" if i < 3 else "bob", ["ab"[i % 2]] * (i + 1)) for i in range(8)})
    units = exchangeable(windows, spread(windows))
    assert (units.what, len(units.labels)) == ("video", 8)
    shuffled = windows.with_columns(now=pl.Series(units.shuffled(1, 1)))
    assert shuffled.group_by("video").agg(pl.col("now").n_unique())["now"].to_list() == [1] * 8
    assert shuffled["now"].to_list() != windows["label"].to_list()
    first = shuffled.group_by("video").first()
    assert sorted(first["now"]) == sorted(first["label"]), "as many videos of each label as before"
    assert units.shuffled(1, 1).tolist() == units.shuffled(1, 1).tolist() != units.shuffled(1, 2).tolist()


def test_whole_performers_exchange_theirs_where_each_has_one():
    windows = windows_of({f"v{i}": (f"p{i // 2}", ["ab"[i // 2 % 2]] * 3) for i in range(8)})
    units = exchangeable(windows, spread(windows))
    assert (units.what, len(units.labels)) == ("performer", 4)
    assert "4 whole performers; they can stand in 6 ways only" in units.note


def test_labels_stay_within_folds_that_hold_whole_videos():
    windows = windows_of({f"v{i}": ("p", ["aabb"[i % 4]] * 2) for i in range(12)})
    fold = np.repeat(np.arange(12) // 4, 2)
    units = exchangeable(windows, fold)
    assert "within folds" in units.note
    assert units.orders == 6**3
    for draw in range(5):
        shuffled = windows.with_columns(now=pl.Series(units.shuffled(1, draw)), fold=pl.Series(fold))
        assert shuffled.group_by("fold").agg((pl.col("now") == "a").sum())["now"].to_list() == [4] * 3
    moved = [units.shuffled(1, draw).tolist() for draw in range(5)]
    assert len({tuple(labels) for labels in moved}) > 3


def test_labels_go_anywhere_where_each_video_is_a_fold():
    windows = windows_of({f"v{i}": ("p", ["ab"[i % 2]]) for i in range(20)})
    units = exchangeable(windows, np.arange(20))
    assert units.note == "labels are shuffled over 20 whole videos"
    assert units.orders == 184756


def test_a_performer_per_video_is_a_video():
    windows = windows_of({f"v{i}": (f"p{i}", ["ab"[i % 2]]) for i in range(4)})
    assert exchangeable(windows, spread(windows)).what == "video"


def test_windows_exchange_labels_where_videos_have_several_and_the_note_warns():
    windows = windows_of({"v": ("p", ["a", "b", None, "a"]), "w": ("p", ["b", "b"])})
    units = exchangeable(windows, spread(windows))
    assert (units.what, len(units.labels)) == ("window", 5)
    assert "too small" in units.note


@pytest.mark.parametrize("labels", [[None, None], ["a", "a"]])
def test_nothing_to_exchange(labels):
    windows = windows_of({"v": ("p", labels)}).with_columns(pl.col("label").cast(pl.String))
    assert exchangeable(windows, spread(windows)) is None


def evaluated(study, group: str = "video") -> pl.DataFrame:
    folds, _ = make_folds(study.windows, study.settings)
    outcome = evaluate(study, group, fold_of(study.windows, folds, group), 0)
    assert any("labels are shuffled over" in note for note in outcome.notes)
    return summarise(pl.DataFrame(outcome.scores, schema=base.polars_schema(SCORES)))


def test_labels_that_show_in_the_features_have_the_smallest_p_value(study):
    table = evaluated(study(permutations=19, folds=3))
    knn = table.filter(classifier="knn", labels="truth", metric="accuracy").row(0, named=True)
    assert (knn["p_value"], knn["permutations"]) == (pytest.approx(1 / 20), 19)
    assert knn["permuted_mean"] < 0.6 < knn["mean"]
    assert knn["permuted_p95"] < knn["mean"]
    fidelity = table.filter(classifier="knn", labels="clusters", metric="accuracy").row(0, named=True)
    assert fidelity["p_value"] is None and fidelity["permutations"] is None, "only labels are shuffled"
    assert table.filter(metric="calibration_error", labels="truth")["p_value"].null_count() == 1


def test_p_values_of_labels_that_do_not_show_are_as_large_as_they_should(study):
    found = []
    for seed in range(12):
        table = evaluated(study(amplitude=0.0, seed=seed, permutations=9, folds=3, takes=4))
        found.append(table.filter(classifier="knn", labels="truth", metric="accuracy")["p_value"].item())
    assert np.mean(found) == pytest.approx(0.55, abs=0.2)
    assert np.mean(np.array(found) <= 0.1) < 0.25


def test_the_papers_protocol_knows_videos_again_even_with_shuffled_labels(study):
    """Each video has its own place: shuffled over windows the labels would be at chance, shuffled over videos not."""
    given = study(amplitude=0.0, takes=4, expressions=2, seconds=12, permutations=5, folds=3, knn={"neighbours": 1})
    rng = np.random.default_rng(0)
    place = rng.normal(size=(len(given.matrix.videos), len(given.matrix.columns))) * 20
    moved = given.matrix.values + place[given.matrix.video].astype(np.float32)
    given = dataclasses.replace(
        given,
        matrix=dataclasses.replace(given.matrix, values=moved),
        features=given.features.model_copy(update={"center": "none"}),
    )
    means = {
        group: evaluated(given, group).filter(classifier="knn", labels="truth", metric="accuracy")["permuted_mean"]
        for group in ("window", "video")
    }
    assert means["window"].item() > 0.9
    assert means["video"].item() < 0.7


def test_a_search_happens_on_shuffled_labels_too(study, monkeypatch):
    given = study(permutations=2, folds=2, search=True)
    searched = []
    import moodreel.classify.training as training

    real = training.search
    monkeypatch.setattr(training, "search", lambda name, *rest: searched.append(name) or real(name, *rest))
    evaluated(given)
    assert searched.count("knn") == 2 * 2 + 2 * 2, "per fold clusters and labels, and two permutations of these"
