"""Studies of noise are what they say they are, and the verdicts on a few of them; `make bench-noise` does the many."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from benchmarks.noise import page
from benchmarks.noise.__main__ import seed_of
from benchmarks.noise.labels import verdicts_of
from benchmarks.noise.signals import KINDS, study

ROOT = Path(__file__).parents[3]


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
    assert (found.headline, found.any_row) == (True, True)
    assert found.figure > 0.8
    noise = [
        verdicts_of(seed_of("test", kind, 0), kind, permutations=39, groups=["video"])
        for kind in ("video", "performer_unbalanced")
    ]
    assert sum(one.headline for one in noise) == 0, noise


def test_seeds_follow_from_the_commit():
    assert seed_of("a", "none", 0) == seed_of("a", "none", 0)
    assert len({seed_of(commit, kind, n) for commit in "ab" for kind in KINDS for n in range(50)}) == 400


def test_so_many_false_alarms_are_allowed():
    assert (page.most_allowed(200), page.most_allowed(50), page.most_allowed(60), page.most_allowed(20)) == (
        18,
        7,
        7,
        4,
    )


def test_the_page_holds_the_figures_of_the_last_run():
    """Mend with: python -c "import json; from benchmarks.noise import page; page.write(json.load(open(...)))"."""
    result = json.loads((ROOT / "benchmarks" / "results" / "noise.json").read_text(encoding="utf-8"))
    assert page.figures(result) in (ROOT / page.PAGE).read_text(encoding="utf-8")
    assert result["headline_green"] <= page.most_allowed(result["studies"])
    assert result["any_green"] <= page.most_allowed(result["studies"])
    assert result["cluster_evidence"] <= page.most_allowed(result["cluster_runs"])
