"""Evaluate the classifiers: one or more protocols, on the data (draw 0) and on its nulls (draws from 1)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel import provenance
from moodreel.classify.folds import PROTOCOL
from moodreel.classify.protocol import evaluate
from moodreel.classify.study import Study, clusters_of, fold_of
from moodreel.clusters.pipeline import ClusterPipeline
from moodreel.features import matrix
from moodreel.features.windows import kept_or_raise
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.classify import FOLDS, PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--folds", type=Path, required=True, help="folds.parquet")
    parser.add_argument(
        "--groups",
        nargs="+",
        choices=list(PROTOCOL),
        default=list(PROTOCOL),
        help="what folds keep together (window: paper)",
    )
    parser.add_argument("--draws", type=draws, default=range(1), help="first-last, or one number")
    parser.add_argument("--scores-out", type=Path, required=True, help="figures by fold; notes are in its stamp")
    parser.add_argument("--predictions-out", type=Path, required=True, help="predictions, of draw 0 only")
    args = parser.parse_args()
    sections = {
        "features": FeaturesSettings(**args.settings.get("features", {})),
        "embed": EmbedSettings(**args.settings.get("embed", {})),
        "clusters": ClustersSettings(**args.settings.get("clusters", {})),
        "classify": ClassifySettings(**args.settings.get("classify", {})),
    }
    features, embed, clusters, classify = sections.values()

    def new_pipeline(k: int | None) -> ClusterPipeline:
        return ClusterPipeline(features, embed, clusters if k is None else clusters.model_copy(update={"k": k}))

    windows = kept_or_raise(base.read(args.windows, WINDOWS))
    study = Study(
        matrix=matrix.read(args.features, features.groups),
        windows=windows,
        clusters=clusters_of(windows, base.read(args.clusters, CLUSTERS)),
        new_pipeline=new_pipeline,
        features=features,
        rate_hz=embed.rate_hz,
        settings=classify,
    )
    folds = base.read(args.folds, FOLDS)
    outcomes = []
    for group in args.groups:
        fold = fold_of(windows, folds, group)
        if fold is None:
            print(f"{PROTOCOL[group]}/{group}: left out, since folds.parquet has no such folds")
            continue
        for draw in args.draws:
            print(f"{PROTOCOL[group]}/{group}: {f'null {draw}' if draw else 'the data'}", flush=True)
            outcomes.append(evaluate(study, group, fold, draw))
    sktime = ("sktime",) if "minirocket" in classify.classifiers else ()
    notes = [note for outcome in outcomes for note in outcome.notes]
    stamp = provenance.stamp(
        code=args.code,
        settings={name: section.model_dump(mode="json") for name, section in sections.items()},
        libraries=("numpy", "scikit-learn", "tslearn", "umap-learn", *sktime),
        notes=notes,
    )
    scores = [row for outcome in outcomes for row in outcome.scores]
    base.write(args.scores_out, SCORES, pl.DataFrame(scores, schema=base.polars_schema(SCORES)), stamp)
    with base.writer(args.predictions_out, PREDICTIONS, stamp) as append:
        for part in (part for outcome in outcomes for part in outcome.predictions):
            append(part)
    print(*notes, sep="\n")


def draws(text: str) -> range:
    """`2` or `2-5` as a range, the last included. Raises ValueError for anything else."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


if __name__ == "__main__":
    command.run(main)
