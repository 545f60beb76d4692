"""Evaluate the classifiers: one or more protocols, on the data (draw 0) and on its nulls (draws from 1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel.classify import held_out
from moodreel.classify.evaluation_input import Study, clusters_of, fold_of
from moodreel.classify.folds import PROTOCOL, dealt
from moodreel.classify.protocol import evaluate
from moodreel.classify.replicate import Draw
from moodreel.clusters.pipeline import ClusterPipeline
from moodreel.features import bins
from moodreel.features.labels import add_labels
from moodreel.features.windows import require_kept
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.clusters import ClustersSettings
from moodreel.settings.embed import EmbedSettings
from moodreel.settings.features import FeaturesSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, FOLDS, PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="features.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--labels", type=Path, required=True, help="labels.parquet")
    parser.add_argument("--clusters", type=Path, required=True, help="clusters.parquet")
    parser.add_argument("--folds", type=Path, required=True, help="folds.parquet")
    parser.add_argument("--held-out", type=Path, help="held_out.parquet: what folds by video see of action units")
    parser.add_argument(
        "--groups",
        nargs="+",
        choices=list(PROTOCOL),
        default=list(PROTOCOL),
        help="what folds keep together (window and window_in_order: paper)",
    )
    parser.add_argument("--part", type=part, default=(0, 1), help="i/n: the folds that part i, from 0, of n has to do")
    parser.add_argument("--draws", type=draws, default=range(1), help="first-last, or one number")
    parser.add_argument("--scores-out", type=Path, required=True, help="figures by fold; notes are in its stamp")
    parser.add_argument("--predictions-out", type=Path, required=True, help="predictions, of draw 0 only")
    parser.add_argument("--chance-out", type=Path, required=True, help="counts on shuffled labels and features")
    args = parser.parse_args()
    features = FeaturesSettings(**args.settings.get("features", {}))
    embed = EmbedSettings(**args.settings.get("embed", {}))
    clusters = ClustersSettings(**args.settings.get("clusters", {}))
    classify = ClassifySettings(**args.settings.get("classify", {}))
    sections = {"features": features, "embed": embed, "clusters": clusters, "classify": classify}

    windows = add_labels(require_kept(base.read(args.windows, WINDOWS)), base.read(args.labels, LABELS))
    found = clusters_of(windows, base.read(args.clusters, CLUSTERS))
    of_run = len(np.unique(found))

    def new_pipeline(k: int | None) -> ClusterPipeline:
        """Folds and null draws make as many clusters as the run: accuracies compare at equal numbers of classes."""
        return ClusterPipeline(features, embed, clusters.model_copy(update={"k": of_run if k is None else k}))

    study = Study(
        matrix=bins.read(args.features, features.groups_in_use, windows, embed.rate_hz),
        windows=windows,
        clusters=found,
        new_pipeline=new_pipeline,
        features=features,
        rate_hz=embed.rate_hz,
        settings=classify,
        held_out=held_out.open_held_out(args.held_out) if args.held_out else None,
    )
    folds = base.read(args.folds, FOLDS)
    fold_by = {group: fold_of(windows, folds, group) for group in args.groups}
    mine = dealt({group: fold.max() + 1 for group, fold in fold_by.items() if fold is not None}, args.part[1])
    outcomes = []
    for number in args.draws:
        draw = Draw(study, number)
        for group, fold in fold_by.items():
            where = f"{PROTOCOL[group]}/{group}"
            if fold is None:
                print(f"{where}: not in folds.parquet")
                continue
            own = [n for of, n in mine[args.part[0]] if of == group]
            if not own:
                print(f"{where}: none of its {fold.max() + 1} folds belongs to this part")
                continue
            print(f"{where}: {f'null {number}' if number else 'the data'}", flush=True)
            outcomes.append(evaluate(study, group, fold, draw, own))
    sktime = ("sktime",) if "minirocket" in classify.classifiers else ()
    notes = list(dict.fromkeys(note for outcome in outcomes for note in outcome.notes))
    stamp = make_stamp(
        code=args.code,
        settings={name: section.model_dump(mode="json") for name, section in sections.items()},
        libraries=("numpy", "scikit-learn", "tslearn", "umap-learn", *sktime),
        notes=notes,
        unjudged=[row for outcome in outcomes for row in outcome.unjudged],
    )
    scores = [row for outcome in outcomes for row in outcome.scores]
    base.write(args.scores_out, SCORES, pl.DataFrame(scores, schema=base.polars_schema(SCORES)), stamp)
    with base.writer(args.predictions_out, PREDICTIONS, stamp) as append:
        for table in (table for outcome in outcomes for table in outcome.predictions):
            append(table)
    with base.writer(args.chance_out, CHANCE, stamp) as append:
        for table in (table for outcome in outcomes for table in outcome.chance):
            append(table)
    print(*notes, sep="\n")


def draws(text: str) -> range:
    """`2` or `2-5` as a range, the last included. Raises ValueError for anything else."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def part(text: str) -> tuple[int, int]:
    """`1/4` as (1, 4): the second of four parts. Raises ValueError for anything that is no part."""
    number, _, of = text.partition("/")
    found = int(number), int(of)
    if not 0 <= found[0] < found[1]:
        raise ValueError(text)
    return found


if __name__ == "__main__":
    step.run(main)
