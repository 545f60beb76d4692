"""Cluster the windows' embedded series, and measure the evidence for each number of clusters."""

from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.features import WINDOWS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"embedding": Input(EMBEDDING), "windows": Input(WINDOWS)},
    outputs={"silhouette": Output(SILHOUETTE), "clusters": Output(CLUSTERS)},
    settings=("clusters", "clusters.k_without_evidence", "clusters.previous", "clusters.resamples"),
    libraries=("numpy", "scikit-learn", "tslearn"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.clusters import choose, k_selection, numbering
    from moodreel.features.bins import bin_index
    from moodreel.features.recordings import joined
    from moodreel.features.windows import require_kept
    from moodreel.storage import atomic
    from moodreel.tables import base

    settings = job.settings.clusters
    previous = numbering.read_earlier(settings.previous, job.outputs.clusters)
    embedding, made = job.read("embedding"), job.stamp_of("embedding")
    windows = require_kept(job.read("windows"))
    of_window = bin_index(windows, made["grid_hz"], made["rate_hz"]).of_window
    series = embedding.select("^e[0-9]+$").to_numpy()[of_window]
    replicates = k_selection.replicates(embedding, made, windows, of_window)
    selection = choose.select(series, joined(windows)["video"].to_numpy(), replicates, settings)
    places = embedding.select("map_x", "map_y").to_numpy()[of_window]
    table = selection.table(windows, series, places, settings)
    numbers, kept = ({}, {}) if previous is None else numbering.kept_numbers(table, previous)
    table = table.with_columns(pl.col("cluster").replace(numbers))
    sizes = dict(table["cluster"].value_counts().sort("cluster").rows())
    job.write("silhouette", pl.DataFrame(selection.rows, schema=base.polars_schema(SILHOUETTE)))
    job.write(
        "clusters",
        table,
        k=selection.clusters.k,
        sizes=sizes,
        previous=settings.previous,
        previous_sha256=atomic.sha256(settings.previous) if settings.previous else None,
        kept_numbers=kept,
        noise_share=getattr(selection.clusters, "noise_", None),
        evidence=selection.facts,
        notes=selection.notes,
    )
    print(*selection.notes, sep="\n", end="\n" if selection.notes else "")
    print(f"{len(windows)} windows, k = {selection.clusters.k}, sizes {sizes}")
    print(*selection.in_words(), sep="\n")
    if previous is not None:
        new = selection.clusters.k - len(kept)
        print(f"numbers kept from {settings.previous}, with Jaccard index: {kept}; {new} new")
