from dataclasses import replace

import polars as pl
import pytest

from moodreel.classify.verdict import Verdict
from moodreel.report import summary
from moodreel.settings.classify import ClassifySettings
from unit.report import study

SETTINGS = ClassifySettings()


def svm(value: float, chance: float | None, majority: float = 0.5, **changes: object) -> list[summary.Figures]:
    """What an evaluation says of one classifier, on clusters and on labels."""
    found = summary.figures(study.evaluation(svm=(value, chance), majority=(majority, chance)))
    assert {row.classifier for row in found} == {"svm"}
    return [replace(row, **changes) for row in found]


@pytest.mark.parametrize(
    ("value", "chance", "verdict", "tone", "says"),
    [
        (0.9, 0.5, Verdict.ABOVE_CHANCE, "good", "above exchanged labels (p = 0.02)"),
        (0.45, 0.5, Verdict.NOT_ABOVE_CHANCE, "bad", "not above exchanged labels (p = 0.9): chance gives as much"),
        (0.48, 0.2, Verdict.BELOW_MAJORITY, "bad", "but always naming the largest class is right as often"),
        (0.9, None, Verdict.NOT_JUDGED, "open", "not judged: what chance gives was not measured"),
    ],
)
def test_what_may_be_claimed_of_a_figure(value, chance, verdict, tone, says):
    fidelity, accuracy = svm(value, chance)
    assert (fidelity.labels, accuracy.labels) == ("clusters", "truth")
    assert (accuracy.verdict, accuracy.tone, accuracy.majority) == (verdict, tone, 0.5)
    assert says in accuracy.says
    assert says.replace("exchanged labels", "shuffled movement") in fidelity.says
    assert accuracy.good == (verdict is Verdict.ABOVE_CHANCE)


def test_too_few_shuffles_say_nothing_and_that_is_reported():
    row, _ = svm(0.9, 0.5, verdict=Verdict.NOT_JUDGED, shuffles=3)
    assert row.says == "says nothing yet: 3 of at least 19 shuffles"
    assert replace(row, verdict=Verdict.FEW_ORDERS).says.startswith("cannot be judged")


def test_the_headline_is_chosen_beforehand_and_not_the_best():
    rows = summary.figures(study.evaluation(svm=(0.6, 0.5), knn=(0.8, 0.5), majority=(0.5, 0.5)))
    found = summary.headline(rows, SETTINGS)
    assert (found.figure.classifier, found.figure.labels, found.figure.group) == ("svm", "truth", "video")
    assert found.says == "svm tells the labels apart on videos it was not trained on, better than chance (p = 0.02)."
    assert (found.good, found.tone) == (True, "good")
    assert summary.headline(rows, ClassifySettings(headline={"classifier": "knn"})).figure.classifier == "knn"
    assert summary.headline(rows, ClassifySettings(classifiers=["mlp"])) is None


def test_the_headlines_folds_are_those_of_the_settings_and_else_the_other_ones():
    by_person = svm(0.9, 0.5, group="performer")
    assert summary.headline(by_person, SETTINGS).figure.group == "performer"
    both = [*by_person, *svm(0.6, 0.5)]
    assert summary.headline(both, SETTINGS).figure.group == "video"
    assert summary.headline(both, ClassifySettings(headline={"group": "performer"})).figure.group == "performer"
    assert summary.headline(svm(0.9, 0.5, protocol="paper", group="window"), SETTINGS) is None


@pytest.mark.parametrize(("windows", "people"), [(19, 12), (80, 4)])
def test_a_headline_of_too_little_says_nothing(windows, people):
    found = summary.headline(svm(1.0, 0.5, windows=windows, people=people), SETTINGS)
    assert (found.verdict, found.good, found.tone) == (Verdict.TOO_FEW, False, "open")
    assert f"{windows} windows of {people} people" in found.says
    assert found.says.startswith("Too few people" if people == 4 else "Too few windows")


NO_EVIDENCE = "No evidence that svm tells the labels apart on videos it was not trained on: exchanged labels give"


@pytest.mark.parametrize(
    ("value", "chance", "says"),
    [
        (0.45, 0.5, NO_EVIDENCE),
        (0.48, 0.2, "always naming the largest class is right as often"),
        (0.9, None, "was not judged: chance was not measured"),
    ],
)
def test_what_the_headline_says_where_it_is_no_success(value, chance, says):
    found = summary.headline(svm(value, chance), SETTINGS)
    assert says in found.says and not found.good


def test_what_the_headline_says_where_nothing_was_judged():
    fidelity, accuracy = svm(0.9, 0.5, verdict=Verdict.NOT_JUDGED, shuffles=3)
    assert summary.headline([fidelity], SETTINGS).says == (
        "Whether svm repeats the clusters on videos it was not trained on is not known yet: 3 of at least 19 shuffles."
    )
    few = summary.headline([replace(accuracy, verdict=Verdict.FEW_ORDERS)], SETTINGS)
    assert "cannot be judged: the labels have too few orders" in few.says


def test_fidelity_is_never_a_success():
    """A run without labels: classifiers may well repeat the clusters, which were made from the same features."""
    found = summary.headline([row for row in svm(0.9, 0.5) if row.labels == "clusters"], SETTINGS)
    assert found.figure.labels == "clusters"
    assert (found.verdict, found.good, found.tone) == (Verdict.ABOVE_CHANCE, False, "open")


def test_the_gap_is_the_headlines_and_stands_next_to_that_of_chance():
    leakage = study.of_classifiers()["leakage"]
    (measured,) = summary.leakage_says(leakage, SETTINGS)
    assert (
        "Balanced label accuracy of svm is 95 % under the paper's protocol and 90 % with whole videos held out"
        in measured
    )
    gap = "a gap of +5 points (95 % interval +1 to +60; 80 windows of 12 people); with exchanged labels it is +20."
    assert gap in measured
    (without,) = summary.leakage_says(leakage.with_columns(low=None, high=None), SETTINGS)
    assert "a gap of +5 points (80 windows" in without
    (unknown,) = summary.leakage_says(leakage, ClassifySettings(headline={"classifier": "knn"}))
    assert unknown.endswith("the gap by chance was not measured.")


def test_classes_stand_in_the_order_of_their_numbers_and_clusters_have_names():
    assert summary.class_order(pl.Series(["10", "b", "2", "a", "2"])) == ["2", "10", "a", "b"]
    assert summary.class_name("2", "clusters", {2: "calm"}) == "calm"
    assert summary.class_name("2", "truth", {2: "calm"}) == "2"
    assert summary.cluster_names(pl.DataFrame({"cluster": [1, 2]}), {1: "calm"}) == {1: "calm", 2: "cluster 2"}


def test_the_papers_protocol_comes_first_and_the_strictest_last():
    rows = [("grouped", "performer"), ("grouped", "video"), ("paper", "window_in_order"), ("paper", "window")]
    table = pl.DataFrame(rows * 2, schema=["protocol", "group"], orient="row")
    assert summary.protocols(table) == rows[::-1]
    papers = ["paper, windows in order", "paper, windows shuffled"]
    assert [summary.where(*row) for row in rows] == ["grouped by performer", "grouped by video", *papers]
