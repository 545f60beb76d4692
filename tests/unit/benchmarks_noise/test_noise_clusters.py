"""The count of noise that is taken for clusters."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from benchmarks.noise import clusters
from benchmarks.noise.signals import study

from moodreel.clusters.judgement import Evidence


def test_noise_of_people_with_levels_is_no_evidence_and_what_several_videos_hold_is():
    matrix, windows = study(3, "performer", seconds=4)
    assert clusters.judge(matrix, windows, 3).any_evidence()[0] is Evidence.NONE
    matrix, windows = study(3, "none", seconds=4)
    held = 3 * np.random.default_rng(0).normal(size=(4, len(matrix.columns))).astype(np.float32)
    matrix = replace(matrix, values=matrix.values + held[matrix.video % 4])
    assert clusters.judge(matrix, windows, 3).any_evidence()[0] is Evidence.FOUND


def test_studies_are_counted_by_kind_each_with_a_seed_of_its_own(monkeypatch):
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
