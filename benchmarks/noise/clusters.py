"""How often noise is taken for clusters: evidence on studies without any, by what the steps embed and cluster call.

python -m benchmarks.noise.clusters --first-seed 0
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import polars as pl

from benchmarks.noise.signals import study
from moodreel.clusters import k_selection, null
from moodreel.clusters.embed import Embedder
from moodreel.clusters.judgement import LIKELY_CHANCE, Evidence
from moodreel.clusters.k_selection import Curves, Replicate
from moodreel.features import bins
from moodreel.features.matrix import FeatureMatrix
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings

KINDS = ("none", "video", "performer")
RUNS = 20
"""Studies of each kind."""


def judge(matrix: FeatureMatrix, windows: pl.DataFrame, seed: int) -> Curves:
    """The silhouettes by which a run with the default settings, seeded by `seed`, judges clusters of these features."""
    features, embed, clusters = FeaturesSettings(), EmbedSettings(seed=seed), ClustersSettings(seed=seed)
    matrix = matrix.select(features.groups_in_use)
    moments = bins.bins_of(matrix, windows, embed.rate_hz)
    owners, performers = (matrix.owners(windows, by)[moments.row].astype(str) for by in (features.center, "performer"))
    videos = matrix.video[moments.row]
    embedder = Embedder(features, embed).fit(moments.values, matrix.columns, owners, videos)
    components = embedder.components_of(moments.values, owners).components
    own = moments.of_window[null.judged_windows(len(windows), seed)]
    rows, places = np.unique(own, return_inverse=True)
    places = places.reshape(own.shape)
    embedded = null.embedded_replicates(embedder, components, videos, performers, rows, clusters.nulls)
    draws = (
        Replicate(
            found[places].reshape(len(own), -1),
            null.replicate_of(components, videos, performers, number, seed)[own].reshape(len(own), -1),
        )
        for number, found in enumerate(embedded)
    )
    return k_selection.curves(draws, clusters, range(clusters.k_min, clusters.k_max + 1), own.shape[1])


def p_value(kind: str, seed: int) -> float:
    """The p value of any number of clusters in one study of noise of a kind in `KINDS`."""
    verdict, found = judge(*study(seed, kind), seed).any_evidence()
    if verdict == Evidence.NOT_JUDGED or found is None:
        raise ValueError("too few null draws by default: nothing would be judged")
    return found


def count(first_seed: int, runs: int = RUNS, kinds: Sequence[str] = KINDS, processes: int = 1) -> dict:
    """`cluster_runs` and `cluster_evidence`, how many studies were tried and in how many there was evidence, in all and
    `_by_kind`, and the p values. Seeds count from `first_seed`, each used once."""
    tried = [(kind, first_seed + number) for number, kind in enumerate(np.repeat(kinds, runs).tolist())]
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(p_value, *zip(*tried, strict=True)))
    p_values = {kind: [p for (of, _), p in zip(tried, found, strict=True) if of == kind] for kind in kinds}
    positive = {kind: sum(p <= LIKELY_CHANCE for p in values) for kind, values in p_values.items()}
    return {
        "cluster_runs": len(tried),
        "cluster_evidence": sum(positive.values()),
        "cluster_runs_by_kind": {kind: len(values) for kind, values in p_values.items()},
        "cluster_evidence_by_kind": positive,
        "cluster_p_values": p_values,
        "first_seed": first_seed,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--first-seed", type=int, required=True)
    parser.add_argument("--runs", type=int, default=RUNS, help="studies of each kind")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    print(json.dumps(count(args.first_seed, args.runs, processes=args.processes), indent=1))
