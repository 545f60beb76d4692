"""Measure which part of the features carries the recognition: face, body, both and each group, on the same folds.

Where windows have fewer than two labels, the clusters are used instead.
"""

from moodreel.tables.classify import FOLDS, MODALITIES
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.held_out import HELD_OUT
from moodreel.tables.labels import LABELS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output, table_inputs


@declare(
    inputs={
        **table_inputs(FEATURES, WINDOWS, LABELS, CLUSTERS, FOLDS),
        "held_out": Input(HELD_OUT, optional=True),
    },
    outputs={"out": Output(MODALITIES)},
    settings=(
        "features", "embed", "classify", "classify.headline", "classify.permutations", "classify.permutation_budget_s",
    ),
)  # fmt: skip
def main(job: Job) -> None:
    import polars as pl

    from moodreel.classify.evaluation_input import EvaluationInput, clusters_of, fold_of, no_pipeline
    from moodreel.classify.held_out import open_held_out
    from moodreel.classify.jobs import PROTOCOL
    from moodreel.classify.modalities import compare_parts, line
    from moodreel.features import bins
    from moodreel.features.labels import add_labels
    from moodreel.features.windows import require_kept

    features, rate_hz, classify = job.settings.features, job.settings.embed.rate_hz, job.settings.classify
    windows = add_labels(require_kept(job.read("windows")), job.read("labels"))
    clusters, labels = clusters_of(windows, job.read("clusters")), "truth"
    if windows["label"].drop_nulls().n_unique() < 2:
        windows, labels = windows.with_columns(label=pl.Series(clusters).cast(pl.String)), "clusters"
        classify = classify.model_copy(
            update={"permutations": 0}
        )  # clusters are made from these features: no test of them
    inputs = EvaluationInput(
        matrix=bins.read(job.inputs.features, features.groups_in_use, windows, rate_hz),
        windows=windows,
        clusters=clusters,
        new_pipeline=no_pipeline,
        features=features,
        rate_hz=rate_hz,
        settings=classify,
        held_out=open_held_out(job.inputs.held_out),
    )
    table = job.read("folds")
    grouped = [group for group, protocol in PROTOCOL.items() if protocol == "grouped"]
    folds = {group: fold for group in grouped if (fold := fold_of(windows, table, group)) is not None}
    found, notes = compare_parts(inputs, folds, classify.headline_classifier)
    job.write("out", found.with_columns(labels=pl.lit(labels)))
    print(*notes, *map(line, found.iter_rows(named=True)), sep="\n")
