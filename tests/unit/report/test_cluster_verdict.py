import pytest

from moodreel.clusters.judgement import Evidence
from moodreel.report import cluster_verdict

AUTO = {"k": "auto"}


def verdict(found: dict, settings: dict | None = None, number: int = 7) -> cluster_verdict.ClusterVerdict:
    return cluster_verdict.read({"evidence": found, "settings": {"clusters": settings or AUTO}}, number)


def evidence(name: str, p_value: float | None = 0.4, null_draws: int = 19, passing: tuple[int, ...] = ()) -> dict:
    return {"verdict": name, "p_value": p_value, "null_draws": null_draws, "passing": list(passing)}


@pytest.mark.parametrize(
    ("passing", "settings", "words"),
    [
        ((5, 6, 7), AUTO, "Of the numbers that pass, 5 to 7, 7 is the most stable."),
        ((3, 7), AUTO, "Of the numbers that pass, 3 and 7, 7 is the most stable."),
        ((7,), AUTO, "Of the numbers tried only 7 passes."),
        ((5, 7), {"k": 7}, "There is evidence of 7 clusters:"),
        ((7,), {"method": "hdbscan"}, "There is evidence of 7 clusters:"),
    ],
)
def test_clusters_above_chance(passing, settings, words):
    found = verdict(evidence("found", 0.05, passing=passing), settings)
    assert found.evidence is Evidence.FOUND and found.has_clusters
    assert found.sentence.startswith("There is evidence of")
    assert words in found.sentence and "(p = 0.05, 19 null draws)" in found.sentence
    assert (found.thing, found.card) == ("cluster", "clusters, above chance (p = 0.05)")


@pytest.mark.parametrize(
    ("settings", "words"),
    [(AUTO, "7 groups, as clusters.k_without_evidence says"), ({"k": 7}, "7 groups, as was asked for")],
)
def test_clusters_that_chance_also_makes(settings, words):
    found = verdict(evidence("none"), settings)
    assert not found.has_clusters and found.sentence.startswith("No evidence of clusters in these data:")
    assert words in found.sentence and "(p = 0.4, 19 null draws)" in found.sentence
    assert (found.thing, found.card) == ("group", "groups of windows; no evidence of clusters (p = 0.4)")


def test_another_number_than_was_asked_for_may_have_evidence():
    found = verdict(evidence("none", passing=(2, 3)), {"k": 7})
    assert found.sentence.startswith("No evidence of 7 clusters in these data:")
    assert "There is evidence of 2 and 3" in found.sentence


def test_where_nothing_is_dense_there_is_no_evidence():
    found = verdict(evidence("none", None), {"method": "hdbscan"}, number=1)
    assert found.sentence.startswith("No evidence of clusters in these data:")
    assert found.card == "groups of windows; no evidence of clusters"


@pytest.mark.parametrize(
    ("settings", "number", "null_draws", "why"),
    [
        (AUTO, 7, 8, "it takes 19 null draws (clusters.nulls), and there were 8"),
        ({"metric": "dtw"}, 7, 0, "dtw has no null"),
        ({"k": 1}, 1, 19, "all windows are one cluster"),
        ({"k": 2}, 2, 19, "too few different windows"),
    ],
)
def test_what_was_not_judged_says_why_and_is_no_evidence(settings, number, null_draws, why):
    found = verdict(evidence("not_judged", None, null_draws), settings, number)
    assert found.sentence.startswith("Whether there are clusters in these data was not judged:")
    assert why in found.sentence and not found.has_clusters


def test_a_table_that_says_nothing_was_not_judged():
    assert cluster_verdict.read({}, 7).evidence is Evidence.NOT_JUDGED
