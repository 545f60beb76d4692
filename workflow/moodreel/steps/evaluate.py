"""Evaluate the classifiers: one or more protocols, on the data (number 0) and on null replicates (numbers from 1)."""

from moodreel.classify.jobs import PROTOCOL, number_range, part
from moodreel.tables.classify import CHANCE, FOLDS, PREDICTIONS, SCORES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.held_out import HELD_OUT
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(FEATURES, WINDOWS, LABELS, CLUSTERS, FOLDS),
        "held_out": Input(HELD_OUT, optional=True),
    },
    outputs={"scores": Output(SCORES), "predictions": Output(PREDICTIONS), "chance": Output(CHANCE)},
    options={
        "groups": Option(
            "what folds keep together; default: all choices (window and window_in_order: the paper's protocol)",
            many=True, default=(), choices=tuple(PROTOCOL), by_hand=True,
        ),
        "part": Option("i/n: only the folds of part i, from 0, of n; default: all", part, default=(0, 1)),
        "draws": Option("first-last, or one number; default: 0, the data", number_range, default=range(1)),
    },
    settings=("features", "embed", "clusters", "classify", "classify.permutations", "classify.permutation_budget_s"),
    libraries=("numpy", "scikit-learn", "tslearn", "umap-learn"),
)  # fmt: skip
def main(job: Job) -> None:
    import numpy as np
    import polars as pl

    from moodreel.classify.evaluation_input import EvaluationInput, clusters_of, fold_of
    from moodreel.classify.held_out import open_held_out
    from moodreel.classify.jobs import deal
    from moodreel.classify.protocol import evaluate
    from moodreel.classify.replicate import Replicate
    from moodreel.clusters.pipeline import pipelines
    from moodreel.features import bins
    from moodreel.features.labels import add_labels
    from moodreel.features.windows import require_kept
    from moodreel.tables import base

    settings, (number, parts) = job.settings, job.options.part
    features, rate_hz = settings.features, settings.embed.rate_hz
    windows = add_labels(require_kept(job.read("windows")), job.read("labels"))
    clusters = clusters_of(windows, job.read("clusters"))
    inputs = EvaluationInput(
        matrix=bins.read(job.inputs.features, features.groups_in_use, windows, rate_hz),
        windows=windows,
        clusters=clusters,
        new_pipeline=pipelines(features, settings.embed, settings.clusters, len(np.unique(clusters))),
        features=features,
        rate_hz=rate_hz,
        settings=settings.classify,
        held_out=open_held_out(job.inputs.held_out),
    )
    folds = job.read("folds")
    fold_by = {group: fold_of(windows, folds, group) for group in job.options.groups or PROTOCOL}
    mine = deal({group: fold.max() + 1 for group, fold in fold_by.items() if fold is not None}, parts)[number]
    outcomes = []
    for replicate in (Replicate(inputs, n) for n in job.options.draws):
        for group, fold in fold_by.items():
            where = f"{PROTOCOL[group]}/{group}"
            own = [n for of, n in mine if of == group]
            if fold is None:
                print(f"{where}: not in folds.parquet")
            elif not own:
                print(f"{where}: none of its {fold.max() + 1} folds belongs to this part")
            else:
                print(f"{where}: {f'null {replicate.number}' if replicate.number else 'the data'}", flush=True)
                outcomes.append(evaluate(inputs, group, fold, replicate, own))
    notes = list(dict.fromkeys(note for outcome in outcomes for note in outcome.notes))
    facts = {
        "libraries": ("sktime",) if "minirocket" in settings.classify.classifiers else (),
        "notes": notes,
        "unjudged": [row for outcome in outcomes for row in outcome.unjudged],
    }
    scores = [row for outcome in outcomes for row in outcome.scores]
    job.write("scores", pl.DataFrame(scores, schema=base.polars_schema(SCORES)), **facts)
    for name in ("predictions", "chance"):
        with job.writer(name, **facts) as append:
            for table in (table for outcome in outcomes for table in getattr(outcome, name)):
                append(table)
    print(*notes, sep="\n")
