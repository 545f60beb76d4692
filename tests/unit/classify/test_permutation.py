"""How labels are exchanged, and what comes of it."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from moodreel.classify import training
from moodreel.classify.permutation import Exchange, distinct, exchange
from moodreel.classify.protocol import Outcome
from unit.classify.evaluations import figures_of, run


def windows_of(videos: dict[str, tuple[str, list[str | None]]]) -> pl.DataFrame:
    """Windows from video -> (performer, labels)."""
    rows = [(v, p, label) for v, (p, labels) in videos.items() for label in labels]
    return pl.DataFrame(rows, schema=["video", "performer", "label"], orient="row")


def spread(windows: pl.DataFrame) -> np.ndarray:
    """Folds over windows."""
    return np.arange(len(windows)) % 2


def orders_of(windows: pl.DataFrame, fold: np.ndarray, count: int = 30) -> tuple[Exchange, np.ndarray]:
    """The exchange, and orders of labels (count, windows) as text."""
    units = exchange(windows, fold)
    return units, units.classes[units.orders(count, seed=1)]


def counts(windows: pl.DataFrame, labels: np.ndarray, *by: str) -> list[tuple]:
    return windows.with_columns(now=pl.Series(labels)).group_by(*by, "now").len().sort(*by, "now").rows()


def test_performers_keep_their_labels_and_their_videos_exchange_them():
    windows = windows_of({f"v{i:02d}": (f"p{i % 3}", ["aab"[i // 3 % 3]] * 2) for i in range(18)})
    units, orders = orders_of(windows, spread(windows))
    assert units.note == "labels are exchanged between 18 videos within their performers"
    own = windows["label"].to_numpy().astype(str)
    for labels in orders:
        assert counts(windows, labels, "performer") == counts(windows, own, "performer")
        assert windows.with_columns(now=pl.Series(labels)).select("video", "now").n_unique() == 18, "one label each"
    assert len({tuple(labels) for labels in orders}) > 25
    assert (orders != own).any(axis=0).all(), "every video is exchanged now and then"


def test_people_of_one_label_or_one_video_exchange_theirs_as_a_whole():
    """Ann shows both labels: her videos exchange them. The others cannot, and exchange theirs among themselves."""
    videos = {"a1": ("ann", ["x"] * 2), "a2": ("ann", ["y"] * 2), "b1": ("bob", ["x"] * 2), "b2": ("bob", ["x"])}
    windows = windows_of(videos | {"c": ("cem", ["y"]), "d": ("dan", ["y"] * 3)})
    units, orders = orders_of(windows, spread(windows), count=60)
    between = "2 videos within their performers and 1 performers as a whole and 2 videos of one performer each"
    assert units.note == f"labels are exchanged between {between}"
    first = windows["video"].to_numpy().searchsorted(["a1", "a2", "b1", "b2", "c", "d"])
    of_videos = {tuple(order) for order in orders[:, first]}
    assert len(of_videos) == 2 * 3, "two orders of ann's, three of bob's, cem's and dan's"
    assert all(a1 != a2 and b1 == b2 for a1, a2, b1, b2, *_ in of_videos)


def test_folds_that_were_dealt_by_label_keep_their_shares():
    """Within people and folds hardly anything could move here: pairs of videos swap across two folds at once."""
    windows = windows_of({f"v{i:02d}": (f"p{i // 2}", ["xy"[(i + i // 4) % 2]] * 2) for i in range(20)})
    fold = windows["video"].str.slice(1).cast(pl.Int64).to_numpy() % 4
    units, orders = orders_of(windows, fold, count=60)
    assert units.note.endswith(", folds keep theirs")
    own, folded = windows["label"].to_numpy().astype(str), windows.with_columns(fold=pl.Series(fold))
    for labels in orders:
        assert counts(folded, labels, "fold") == counts(folded, own, "fold")
        assert counts(folded, labels, "performer") == counts(folded, own, "performer")
    assert len({tuple(labels) for labels in orders}) > 20


@pytest.mark.parametrize("folds", [20, 1], ids=["each video is a fold", "one fold"])
def test_labels_go_anywhere_where_folds_had_no_say(folds):
    windows = windows_of({f"v{i:02d}": ("p", ["ab"[i % 2]]) for i in range(20)})
    units, orders = orders_of(windows, np.arange(20) % folds)
    assert "folds" not in units.note
    assert len({tuple(labels) for labels in orders}) == 30
    windows = windows_of({f"v{i:02d}": (f"p{i % 4}", ["ab"[i // 4 % 2]]) for i in range(24)})
    units = exchange(windows, windows["performer"].rank("dense").to_numpy().astype(int) - 1)
    assert "folds" not in units.note, "a performer in one fold exchanges freely within it"


def test_a_video_passes_on_the_order_of_its_labels_stretched_to_the_others_length():
    windows = windows_of({"v": ("p", ["a", "a", "b", "b"]), "w": ("p", ["c", None, "c", "c", "c", "d", "d", "d", "d"])})
    _, orders = orders_of(windows, spread(windows))
    assert {tuple(labels) for labels in orders} == {
        ("a", "a", "b", "b", "c", "c", "c", "c", "d", "d", "d", "d"),
        ("c", "c", "d", "d", "a", "a", "a", "a", "b", "b", "b", "b"),
    }


@pytest.mark.parametrize("labels", [[None, None], ["a", "a"]])
def test_nothing_to_exchange(labels):
    windows = windows_of({"v": ("p", labels)}).with_columns(pl.col("label").cast(pl.String))
    assert exchange(windows, spread(windows)) is None


def test_orders_follow_the_seed_and_the_number():
    windows = windows_of({f"v{i:02d}": ("p", ["abc"[i % 3]]) for i in range(12)})
    units = exchange(windows, spread(windows))
    assert (units.orders(5, 1) == units.orders(3, 1)[[0, 1, 2, 0, 1]])[:3].all()
    assert (units.orders(5, 1) != units.orders(5, 2)).any()
    assert distinct(units.orders(5, 1), units.table_codes()) == 6
    assert (units.classes[units.table_codes()] == windows["label"].to_numpy()).all()


def evaluation(study, group: str = "video") -> tuple[pl.DataFrame, Outcome]:
    """The table EVALUATION of one group, and what it was made of."""
    outcome = run(study, group)
    return figures_of([outcome]), outcome


def row_of(table: pl.DataFrame, labels: str = "truth", classifier: str = "knn") -> dict:
    return table.filter(classifier=classifier, labels=labels, metric="balanced_accuracy").row(0, named=True)


def with_levels(study, levels: np.ndarray):
    """The study with levels added to its features, which are not centred."""
    matrix = dataclasses.replace(study.matrix, values=study.matrix.values + levels.astype(np.float32))
    features = study.features.model_copy(update={"center": "none"})
    return dataclasses.replace(study, matrix=matrix, features=features)


def test_labels_that_show_in_the_features_have_the_smallest_p_value(study):
    table, outcome = evaluation(study(permutations=19, folds=3))
    assert any("labels are exchanged between 18 videos within their performers" in note for note in outcome.notes)
    row = row_of(table)
    assert (row["p_value"], row["p_corrected"], row["shuffles"]) == (pytest.approx(1 / 20), pytest.approx(1 / 20), 19)
    assert row["chance_mean"] < 0.6 < row["value"]
    assert (row["chance"], row["verdict"]) == ("labels", "above_chance")
    fidelity = row_of(table, "clusters")
    assert (fidelity["p_value"], fidelity["verdict"]) == (None, "not_judged"), "labels have no say in clusters"


def test_p_values_of_labels_that_do_not_show_are_as_large_as_they_should(study):
    studies = (study(amplitude=0.0, seed=seed, permutations=19, folds=3, takes=4) for seed in range(12))
    found = np.array([row_of(evaluation(given)[0])["p_value"] for given in studies])
    assert found.mean() == pytest.approx(0.5, abs=0.2)
    assert (found <= 0.1).mean() < 0.25


def test_people_with_levels_and_usual_labels_are_no_evidence(study):
    """Each of six people has a face of their own and shows one expression in three videos of four: labels exchanged
    between people would make that significant in nearly every study."""
    found = []
    for seed in range(5):
        given = study(amplitude=0.0, seed=seed, performers=6, expressions=1, takes=8, permutations=19, folds=4)
        rng = np.random.default_rng(seed)
        levels = 3 * rng.normal(size=(6, len(given.matrix.columns)))
        rare = np.concatenate([rng.permutation([f"p{p}-e0-{take}" for take in range(8)])[:2] for p in range(6)])
        usual = pl.col("performer").str.slice(1).cast(int) % 2
        shown = pl.when(pl.col("video").is_in(rare.tolist())).then(1 - usual).otherwise(usual)
        given = dataclasses.replace(given, windows=given.windows.with_columns(label=pl.format("e{}", shown)))
        whose = np.array([int(name[1]) for name in given.matrix.videos])[given.matrix.video]
        row = row_of(evaluation(with_levels(given, levels[whose]))[0])
        assert row["value"] > 0.55, "people are known again, and so are their usual labels"
        found.append(row["p_corrected"])
    assert np.mean(np.array(found) <= 0.05) <= 0.2


def test_too_few_orders_cannot_be_judged(study):
    given = study(permutations=99, folds=2, performers=3, expressions=2, takes=1)
    table, outcome = evaluation(given, "performer")
    assert any("cannot be judged" in note and "8 different orders" in note for note in outcome.notes)
    assert outcome.chance == []
    assert row_of(table)["verdict"] == "few_orders"


def test_a_classifier_over_its_budget_is_not_judged_and_the_others_are(study):
    given = study(permutations=19, folds=2, classifiers=["knn", "trees"], permutation_budget_s=0.5)
    table, outcome = evaluation(given)
    assert any("trees is not judged" in note and "classify.permutation_budget_s" in note for note in outcome.notes)
    trees = row_of(table, classifier="trees")
    assert (row_of(table)["verdict"], trees["verdict"], trees["shuffles"]) == ("above_chance", "not_judged", 0)


def test_without_permutations_nothing_is_judged(study):
    table, outcome = evaluation(study(permutations=0))
    assert outcome.chance == []
    assert row_of(table)["verdict"] == "not_judged"


def test_the_papers_protocol_knows_videos_again_even_with_exchanged_labels(study):
    """Each video has its own place: exchanged over windows the labels would be at chance, over videos they are not."""
    given = study(amplitude=0.0, takes=4, expressions=2, seconds=12, permutations=19, folds=3, knn={"neighbours": 1})
    rng = np.random.default_rng(0)
    place = rng.normal(size=(len(given.matrix.videos), len(given.matrix.columns))) * 20
    given = with_levels(given, place[given.matrix.video])
    rows = {group: row_of(evaluation(given, group)[0]) for group in ("window", "video")}
    assert rows["window"]["chance_mean"] > 0.9
    assert rows["window"]["verdict"] == "not_above_chance", "though it is right nearly always"
    assert rows["video"]["chance_mean"] < 0.7


def test_a_search_happens_on_exchanged_labels_too(study, monkeypatch):
    searched, real = [], training.search
    monkeypatch.setattr(training, "search", lambda name, *rest: searched.append(name) or real(name, *rest))
    evaluation(study(permutations=2, folds=2, search=True))
    assert searched.count("knn") == 2 * 2 + 2 * 2, "per fold clusters and labels, and two orders of these"
