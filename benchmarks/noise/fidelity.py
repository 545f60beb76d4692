"""How often fidelity to clusters of pure noise is called more than chance, with enough null replicates for a verdict.

Clusters are made by the steps' own pipeline, and everything is repeated on 19 shuffles; a run makes 3 by default, too
few for a verdict. A study takes a minute or more, so `make bench-noise` leaves this out.

    python -m benchmarks.noise.fidelity --kind video --first-seed 2000 --studies 14
"""

import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from benchmarks import origin
from benchmarks.noise.labels import CLASSIFIERS, evaluation
from benchmarks.noise.signals import KINDS, study
from moodreel.classify.estimators import BASELINE
from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.summary import JUDGED
from moodreel.classify.verdict import LEAST_SHUFFLES, SIGNIFICANT, Verdict
from moodreel.clusters.pipeline import pipelines
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings

CLUSTERS, FOLDS, SECONDS = 7, 3, 10
"""Number of clusters, folds of each protocol, and length of a video in s: less than in a run."""


def main() -> None:
    parser = origin.parser(__doc__)
    parser.add_argument("--kind", choices=KINDS, default="video")
    parser.add_argument("--first-seed", type=int, required=True)
    parser.add_argument("--studies", type=int, default=14)
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.studies)
    print(json.dumps(count(args.kind, seeds, args.processes), indent=1))


def evaluate_study(seed: int, kind: str, shuffles: int = LEAST_SHUFFLES) -> pl.DataFrame:
    """The table EVALUATION of fidelity and stability in one study of noise, compared with `shuffles` shuffles."""
    matrix, windows = study(seed, kind, seconds=SECONDS)
    windows = windows.with_columns(label=pl.lit(None, pl.String))
    features, embed = FeaturesSettings(), EmbedSettings(seed=seed)
    clusters = ClustersSettings(seed=seed, k=CLUSTERS)
    matrix = matrix.select(features.groups_in_use)
    new_pipeline = pipelines(features, embed, clusters, CLUSTERS)
    found = new_pipeline(None).fit(matrix, windows).assign(matrix, windows)
    classify = ClassifySettings(
        classifiers=list(CLASSIFIERS), nulls=shuffles, permutations=0, seed=seed, folds=FOLDS, groups=["video"]
    )
    given = EvaluationInput(matrix, windows, found, new_pipeline, features, embed.rate_hz, classify)
    return evaluation(given, ("window", "video"), shuffles=shuffles)


def count(kind: str, seeds: range, processes: int) -> dict[str, Any]:
    """In how many studies any row is above chance; and for each row, in how many its own p value is significant, and
    how far it lies above the mean of its shuffles."""
    with ProcessPoolExecutor(processes, initializer=threadpool_limits, initargs=(1,)) as pool:
        found = list(pool.map(partial(evaluate_study, kind=kind), seeds))
    judged = pl.concat(found).filter(
        pl.col("metric").is_in([JUDGED, "adjusted_rand"]), pl.col("classifier") != BASELINE
    )
    above = pl.col("value") - pl.col("chance_mean")
    rows = judged.group_by("classifier", "group", maintain_order=True).agg(
        (pl.col("p_value") <= SIGNIFICANT).sum().alias("significant"),
        above.mean().round(3).alias("above_chance_mean"),
        (above.std() / np.sqrt(len(seeds))).round(3).alias("standard_error"),
    )
    any_above = sum(Verdict.ABOVE_CHANCE in one["verdict"] for one in found)
    return {"kind": kind, "studies": len(seeds), "any_above_chance": any_above, "rows": rows.to_dicts()}


if __name__ == "__main__":
    main()
