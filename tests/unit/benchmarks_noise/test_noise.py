"""Studies of noise are what they say they are, and the verdicts on a few of them; `make bench-noise` does the many."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.noise import __main__ as noise
from benchmarks.noise import clusters, page
from benchmarks.noise.__main__ import RESULTS, labels, seed_of
from benchmarks.noise.labels import Verdicts, verdicts_of
from benchmarks.noise.signals import KINDS, study
from benchmarks.origin import ROOT

from moodreel.clusters.judgement import Evidence


@pytest.mark.parametrize("kind", KINDS)
def test_noise_of_each_kind(kind):
    matrix, windows = study(1, kind, labels=3)
    again, _ = study(1, kind, labels=3)
    assert np.array_equal(matrix.values, again.values)
    people = windows["performer"].n_unique()
    assert (windows["video"].n_unique(), people) == ((48, 6) if kind.startswith("performer") else (20, 20))
    assert windows["label"].n_unique() == 3
    of_videos = np.array([matrix.values[matrix.video == v].mean(axis=0) for v in range(len(matrix.videos))])
    if kind == "none":
        assert of_videos.std() < 0.4
        return
    of_people = np.array([of_videos[p::6].mean(axis=0) for p in range(6)]) if people == 6 else of_videos
    assert of_people.std() > 0.7
    if people == 6:
        assert np.mean([of_videos[p::6].std(axis=0).mean() for p in range(6)]) < 0.4


def test_usual_labels_are_three_quarters_of_a_persons_videos():
    _, windows = study(2, "performer_unbalanced")
    for (_,), own in windows.group_by("performer"):
        counts = own["label"].value_counts()["count"]
        assert counts.max() / counts.sum() == 0.75


def test_a_planted_signal_is_found_and_noise_of_people_is_not():
    found = verdicts_of(seed_of("test", "planted", 0), "video", signal=2.0, permutations=39)
    assert (found.headline, found.any_row) == (True, True) and found.figure > 0.8
    for kind in ("video", "performer_unbalanced"):
        found = verdicts_of(seed_of("test", kind, 0), kind, permutations=39, groups=["video"])
        assert not found.headline, kind


def test_studies_are_counted_by_kind_and_planted_ones_apart(monkeypatch):
    """Every third seed is called more than chance."""
    monkeypatch.setattr(noise, "verdicts_of", lambda seed, *_: Verdicts(not seed % 3, not seed % 2, 0.5, seed))
    with ThreadPoolExecutor() as pool:
        found = labels("a", 6, 4, pool)
    seeds = [seed for of in found["by_kind"].values() for seed in of["seeds"]]
    assert found["studies"] == len(seeds) == 24
    assert found["headline_green"] == sum(not seed % 3 for seed in seeds)
    assert found["by_kind"]["video"]["any_green"] == sum(not seed % 2 for seed in found["by_kind"]["video"]["seeds"])
    assert found["planted_figures"] == sorted(found["planted_seeds"])
    assert found["planted_found"] == sum(not seed % 3 for seed in found["planted_seeds"])


def test_seeds_follow_from_the_commit():
    assert seed_of("a", "none", 0) == seed_of("a", "none", 0)
    assert len({seed_of(commit, kind, n) for commit in "ab" for kind in KINDS for n in range(50)}) == 400


def test_no_more_false_alarms_than_are_allowed():
    assert [page.most_allowed(studies) for studies in (200, 50, 60, 20)] == [18, 7, 7, 4]
    result = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    assert max(result["headline_green"], result["any_green"]) <= page.most_allowed(result["studies"])
    assert result["cluster_evidence"] <= page.most_allowed(result["cluster_runs"])


# The count of noise that is taken for clusters


def test_noise_of_people_with_levels_is_no_evidence_and_what_several_videos_hold_is():
    matrix, windows = study(3, "performer", seconds=4)
    assert clusters.judge(matrix, windows, 3).any_evidence()[0] is Evidence.NONE
    matrix, windows = study(3, "none", seconds=4)
    held = 3 * np.random.default_rng(0).normal(size=(4, len(matrix.columns))).astype(np.float32)
    matrix = replace(matrix, values=matrix.values + held[matrix.video % 4])
    assert clusters.judge(matrix, windows, 3).any_evidence()[0] is Evidence.FOUND


def test_runs_of_clusters_are_counted_by_kind_each_with_a_seed_of_its_own(monkeypatch):
    seen = []

    def p_value(kind: str, seed: int) -> float:
        seen.append(seed)
        return 0.05 if seed in (10, 13) else 0.5

    monkeypatch.setattr(clusters, "p_value", p_value)
    with ThreadPoolExecutor() as pool:
        found = clusters.count({"none": [10, 11], "video": [12, 13], "performer": [14, 15]}, pool)
    assert (sorted(seen), found["cluster_runs"], found["cluster_evidence"]) == ([10, 11, 12, 13, 14, 15], 6, 2)
    assert [of["cluster_evidence"] for of in found["by_kind"].values()] == [1, 1, 0]
    assert found["by_kind"]["video"]["cluster_p_values"] == [0.5, 0.05]
