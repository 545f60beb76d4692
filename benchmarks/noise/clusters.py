"""How often noise is taken for clusters: evidence in studies without any, by the functions of the steps embed and
cluster.

python -m benchmarks.noise.clusters --first-seed 0
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any

import numpy as np
import polars as pl

from benchmarks import origin
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


def main() -> None:
    parser = origin.parser(__doc__)
    parser.add_argument("--first-seed", type=int, required=True, help="seeds count from here, each used once")
    parser.add_argument("--runs", type=int, default=RUNS, help="studies of each kind")
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    firsts = range(args.first_seed, args.first_seed + len(KINDS) * args.runs, args.runs)
    seeds = {kind: range(first, first + args.runs) for kind, first in zip(KINDS, firsts, strict=True)}
    with ProcessPoolExecutor(args.processes) as pool:
        print(json.dumps(count(seeds, pool), indent=1))


def count(seeds: Mapping[str, Sequence[int]], pool: Executor) -> dict[str, Any]:
    """`cluster_runs` (studies tried) and `cluster_evidence` (studies with evidence), in all and `by_kind`, there with
    the p values. `seeds`: by kind, those of its studies."""
    tried = [(kind, seed) for kind, own in seeds.items() for seed in own]
    found = zip(tried, pool.map(p_value, *zip(*tried, strict=True)), strict=True)
    p_values: dict[str, list[float]] = {kind: [] for kind in seeds}
    for (kind, _), p in found:
        p_values[kind].append(p)
    by_kind: dict[str, dict[str, Any]] = {
        kind: {
            "cluster_runs": len(own),
            "cluster_evidence": sum(p <= LIKELY_CHANCE for p in own),
            "cluster_seeds": [*seeds[kind]],
            "cluster_p_values": own,
        }
        for kind, own in p_values.items()
    }
    evidence = sum(of["cluster_evidence"] for of in by_kind.values())
    return {"cluster_runs": len(tried), "cluster_evidence": evidence, "by_kind": by_kind}


def p_value(kind: str, seed: int) -> float:
    """The p value for any number of clusters in one study of noise of a kind in `KINDS`."""
    verdict, found = judge(*study(seed, kind), seed).any_evidence()
    if verdict == Evidence.NOT_JUDGED or found is None:
        raise ValueError("too few null replicates by default: nothing would be judged")
    return found


def judge(matrix: FeatureMatrix, windows: pl.DataFrame, seed: int) -> Curves:
    """The silhouettes by which a run with default settings and this `seed` judges clusters of these features."""
    features, embed, clusters = FeaturesSettings(), EmbedSettings(seed=seed), ClustersSettings(seed=seed)
    matrix = matrix.select(features.groups_in_use)
    binned = bins.bins_of(matrix, windows, embed.rate_hz)
    owners, performers = (matrix.owners(windows, by)[binned.row].astype(str) for by in (features.center, "performer"))
    videos = matrix.video[binned.row]
    embedder = Embedder(features, embed).fit(binned.values, matrix.columns, owners, videos)
    components = embedder.components_of(binned.values, owners).components
    own = binned.of_window[null.judged_windows(len(windows), seed)]
    rows, places = np.unique(own, return_inverse=True)
    places = places.reshape(own.shape)
    embedded = null.embedded_replicates(embedder, components, videos, performers, rows, clusters.nulls)
    replicates = (
        Replicate(
            found[places].reshape(len(own), -1),
            null.replicate_of(components, videos, performers, number, seed)[own].reshape(len(own), -1),
        )
        for number, found in enumerate(embedded)
    )
    return k_selection.curves(replicates, clusters, range(clusters.k_min, clusters.k_max + 1), own.shape[1])


if __name__ == "__main__":
    main()
