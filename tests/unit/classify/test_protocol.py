import dataclasses
import itertools

import numpy as np
import polars as pl
import pytest

from moodreel.classify.evaluation_input import EvaluationInput, clusters_of, fold_of
from moodreel.classify.folds import make_folds
from moodreel.classify.protocol import Outcome, evaluate
from moodreel.classify.replicate import Replicate
from moodreel.classify.training import train
from moodreel.classify.verdict import Verdict
from moodreel.errors import UserError
from moodreel.report.summary import figures
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, PREDICTIONS, SCORES
from unit.classify.evaluations import figures_of, fold_by, run


def mean(outcome: Outcome, classifier: str, labels: str, metric: str = "accuracy") -> float:
    rows = [r for r in outcome.scores if (r["classifier"], r["labels"], r["metric"]) == (classifier, labels, metric)]
    assert rows, f"no {metric} of {classifier} on {labels}: {outcome.notes}"
    return float(np.mean([r["value"] for r in rows]))


@pytest.mark.parametrize("group", ["window", "window_in_order", "video", "performer"])
def test_planted_expressions_are_found_in_every_protocol(study, group):
    outcome = run(study(paper_folds=["shuffled", "in_order"]), group)
    SCORES.conform(pl.DataFrame(outcome.scores, schema=base.polars_schema(SCORES)))
    assert [note for note in outcome.notes if "labels are exchanged" not in note] == []
    assert mean(outcome, "knn", "clusters") > 0.95
    assert mean(outcome, "knn", "truth") > 0.95
    if group != "window_in_order":  # there a fold is tested on what its training has least of
        assert mean(outcome, "majority", "truth") == pytest.approx(1 / 3, abs=0.1)
    stability = [r["value"] for r in outcome.scores if r["metric"] == "adjusted_rand"]
    assert stability == [] if group.startswith("window") else np.mean(stability) > 0.8


def test_people_who_share_recordings_are_resampled_as_one(study):
    given = study(performers=6, takes=2)
    names = given.windows["performer"].unique(maintain_order=True).to_list()
    first = dict(given.windows.group_by("performer", maintain_order=True).agg(pl.col("video").first()).iter_rows())
    copy_of = {first[names[3]]: first[names[0]], first[names[4]]: first[names[1]]}
    shared = given.windows.with_columns(recording=pl.col("video").replace_strict(copy_of, default=None))
    alone = given.windows.with_columns(recording=pl.lit(None, pl.String))
    found = {}
    for windows in (given.windows, alone, shared):
        outcome = run(dataclasses.replace(given, windows=windows), "window")
        people = {*itertools.chain(*(table["performer"] for table in outcome.predictions))}
        counted = figures_of([outcome]).filter(metric="accuracy")["people"].unique().to_list()
        found[len(found)] = (len(people), counted)
    assert list(found.values()) == [(6, [6]), (6, [6]), (4, [4])]


def test_predictions_cover_every_window_once_under_full_data_numbers(study):
    given = study()
    outcome = run(given, "video")
    table = pl.concat(outcome.predictions)
    PREDICTIONS.conform(table)
    for classifier, labels in itertools.product(("knn", "majority"), ("clusters", "truth")):
        part = table.filter(classifier=classifier, labels=labels).select("video", "window")
        assert sorted(part.rows()) == sorted(given.windows.select("video", "window").rows())
    full = given.windows.with_columns(full=pl.Series(given.clusters).cast(pl.String))
    numbers = full.join(table.filter(labels="clusters", classifier="knn"), on=["video", "window"])
    assert (numbers["truth"] == numbers["full"]).mean() > 0.95


def test_grouped_pipelines_see_training_windows_only(study):
    given = study()
    fitted_on: list[set[str]] = []

    def spy(k: int | None):
        pipeline = given.new_pipeline(k)
        fit = pipeline.fit
        pipeline.fit = lambda matrix, windows: fitted_on.append(set(windows["video"])) or fit(matrix, windows)
        return pipeline

    fold = fold_by(given, "video")
    evaluate(dataclasses.replace(given, new_pipeline=spy), "video", fold, 0)
    tested = [set(given.windows.filter(fold == number)["video"]) for number in range(given.settings.folds)]
    assert fitted_on[1::2] == tested
    assert all(training.isdisjoint(test) for training, test in zip(fitted_on[::2], tested, strict=True))


@pytest.mark.parametrize("group", ["window", "video"])
def test_null_draws_lose_the_labels_and_follow_the_draw(study, group):
    given = study()
    first, again, other = (run(given, group, draw) for draw in (1, 1, 2))
    assert first.scores == again.scores != other.scores and first.predictions == []
    assert {row["labels"] for row in first.scores} == {"clusters"}, "what labels are worth, exchanged labels say"
    counted = pl.concat(first.chance)
    CHANCE.conform(counted)
    assert counted.filter(classifier="knn")["support"].sum() == len(given.windows)


def test_a_replicate_serves_every_group_and_is_made_once(study):
    given = study(paper_folds=["shuffled", "in_order"])
    calls = []
    counted = dataclasses.replace(given, new_pipeline=lambda k: calls.append(k) or given.new_pipeline(k))
    replicate = Replicate(counted, 1)
    for group in ("window", "window_in_order"):
        fold = fold_by(given, group)
        assert evaluate(counted, group, fold, replicate).scores == evaluate(given, group, fold, 1).scores
    assert calls == [None]


def test_folds_one_by_one_are_all_of_them(study):
    given = study(permutations=2)
    fold = fold_by(given, "video")
    parts = [evaluate(given, "video", fold, 0, only) for only in ([0, 3], [1], [2, 4])]
    whole = evaluate(given, "video", fold, 0)
    assert sorted(map(str, whole.scores)) == sorted(str(row) for part in parts for row in part.scores)
    assert sum(map(len, whole.predictions)) == sum(len(table) for part in parts for table in part.predictions)


def evaluation(study: EvaluationInput, group: str, nulls: int) -> pl.DataFrame:
    """The table EVALUATION of one group, with so many null replicates."""
    return figures_of([run(study, group, number) for number in range(nulls + 1)])


def test_structureless_noise_is_not_above_its_null(study):
    """Fidelity on smooth noise without clusters is far above the majority; its null says what that is worth."""
    above: dict[tuple, list[float]] = {}
    for seed in range(4):
        given = study(amplitude=0.0, hidden=4, expressions=4, takes=4, k=5, seed=seed, folds=4, permutations=5)
        table = evaluation(given, "video", 3)
        for row in table.filter(pl.col("metric").is_in(["accuracy", "adjusted_rand"])).iter_rows(named=True):
            if row["chance_mean"] is not None:
                above.setdefault((row["classifier"], row["labels"]), []).append(row["value"] - row["chance_mean"])
            if (row["classifier"], row["labels"]) == ("knn", "clusters"):
                assert row["value"] > 0.4
    for figure in (("knn", "clusters"), ("knn", "truth"), ("clusters", "clusters")):
        assert np.mean(above[figure]) < 0.1, (figure, above[figure])  # over 16 seeds 0.03 (standard error 0.01) of knn


@pytest.mark.parametrize("group", ["window", "video", "performer"])
def test_the_report_calls_structureless_noise_what_it_is(study, group):
    """One of twenty such figures may stand above chance by chance; of these none does."""
    given = study(amplitude=0.0, hidden=4, performers=5, expressions=3, takes=2, k=5, seed=2, permutations=39)
    table = evaluation(given, group, 19)
    found = {(row.classifier, row.labels): row.verdict for row in figures(table)}
    assert found == dict.fromkeys([("knn", "clusters"), ("knn", "truth")], Verdict.NOT_ABOVE_CHANCE)


def test_planted_expressions_are_above_chance(study):
    table = evaluation(study(expressions=4, takes=4, k=4), "video", 19)
    for row in table.filter(pl.col("classifier") != "majority").iter_rows(named=True):
        if row["metric"] == "calibration_error" and row["labels"] == "clusters":
            assert row["value"] < row["chance_mean"], row
        elif row["metric"] != "calibration_error":
            assert row["value"] > row["chance_max"], row
            assert row["p_corrected"] <= 0.05
    assert table.filter(metric="balanced_accuracy", classifier="knn")["verdict"].to_list() == ["above_chance"] * 2


def test_one_cluster_only_leaves_the_baseline_and_names_the_setting(study):
    outcome = run(study(k=1), "video")
    assert mean(outcome, "majority", "clusters") == 1 and mean(outcome, "knn", "truth") > 0.9
    assert not [r for r in outcome.scores if r["classifier"] == "knn" and r["labels"] == "clusters"]
    assert any("clusters.k" in note for note in outcome.notes)


def test_without_labels_fidelity_still_comes_out(study):
    outcome = run(study(labelled=False), "video")
    assert mean(outcome, "knn", "clusters") > 0.9
    assert {r["labels"] for r in outcome.scores} == {"clusters"}


def test_some_labels_missing(study):
    given = study()
    some = given.windows.with_columns(label=pl.when(pl.col("window") == 0).then(None).otherwise("label"))
    outcome = run(dataclasses.replace(given, windows=some), "video")
    tested = {r["fold"]: r["n_test"] for r in outcome.scores if r["labels"] == "truth"}
    assert sum(tested.values()) == some["label"].count()


def test_too_few_test_windows_for_stability_are_noted(study):
    given = study(expressions=2, takes=2, performers=2, seconds=2, k=2, folds=5)
    outcome = run(given, "video")
    assert any("stability is left out" in note and "clusters.k" in note for note in outcome.notes)
    assert mean(outcome, "knn", "clusters") >= 0


def with_values(study: EvaluationInput, values: np.ndarray) -> EvaluationInput:
    return dataclasses.replace(study, matrix=dataclasses.replace(study.matrix, values=values))


def test_features_that_do_not_move_are_noted_and_not_raised(study):
    given = study()
    outcome = run(with_values(given, np.zeros_like(given.matrix.values)), "video")
    assert outcome.scores == [] and any("nothing moves" in note for note in outcome.notes)


def test_columns_that_are_constant_or_never_seen_do_no_harm(study):
    given = study()
    values = given.matrix.values.copy()
    values[:, 0], values[:, 1:8] = 1.0, np.nan
    outcome = run(with_values(given, values), "video")
    assert mean(outcome, "knn", "truth") > 0.9
    unseen, constant, _ = outcome.notes
    assert f"({', '.join(given.matrix.columns[1:6])} and 2 more)" in unseen and "features.min_seen_share" in unseen
    assert f"1 of {len(given.matrix.columns)} columns ({given.matrix.columns[0]})" in constant
    assert "features.groups" in constant


def test_tables_of_different_runs_are_refused(study):
    given = study()
    folds, _ = make_folds(given.windows, given.settings)
    clusters = given.windows.select("video", "window", cluster=pl.Series(given.clusters))
    assert clusters_of(given.windows, clusters).tolist() == given.clusters.tolist()
    with pytest.raises(UserError, match=r"clusters\.parquet"):
        clusters_of(given.windows, clusters[1:])
    with pytest.raises(UserError, match=r"folds\.parquet"):
        fold_of(given.windows, folds.filter(pl.col("video") != given.windows["video"][0]), "video")
    assert fold_of(given.windows, folds.filter(pl.col("group") != "video"), "video") is None


@pytest.mark.parametrize("group", ["window", "video"])
def test_a_search_is_recorded_and_keeps_together_what_the_folds_do(study, group, monkeypatch):
    given = study(search=True)
    kept = []

    def spy(*arguments):
        kept.append(arguments[-1])
        return train(*arguments)

    monkeypatch.setattr("moodreel.classify.protocol.train", spy)
    outcome = run(given, group)
    assert all(groups is None for groups in kept) == (group == "window")
    if group == "video":
        assert all(set(groups) < set(given.windows["video"]) for groups in kept)
    for labels in ("clusters", "truth"):
        notes = [note for note in outcome.notes if f"{labels}: knn: neighbours" in note and "chosen in" in note]
        assert "every fold" in notes[0] or len(notes) > 1, "folds that found the same share a line"
    assert mean(outcome, "knn", "truth") > 0.95


def test_a_classifier_that_cannot_learn_leaves_the_others(study):
    """Windows of 2 s at 4 Hz are 8 bins, shorter than MiniRocket's kernels."""
    given = study(classifiers=["minirocket", "knn"])
    matrix, windows = dataclasses.replace(given.matrix, rate_hz=24.0), given.windows.with_columns(rows=pl.lit(48))
    outcome = run(dataclasses.replace(given, rate_hz=4.0, matrix=matrix, windows=windows), "window")
    assert any("minirocket is left out" in note and "embed.rate_hz" in note for note in outcome.notes)
    assert mean(outcome, "knn", "truth") > 0.9
