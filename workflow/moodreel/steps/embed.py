"""Embed the feature grid: scaler, PCA and UMAP, fitted on a sample of the kept windows' bins, applied to all.

The null replicates by which evidence for clusters is judged are embedded here too, where UMAP is compiled already.
"""

from moodreel.tables.clusters import EMBEDDING
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={"features": Input(FEATURES), "windows": Input(WINDOWS)},
    outputs={"out": Output(EMBEDDING)},
    settings=("features", "embed", "clusters.nulls"),
    libraries=("numpy", "scikit-learn", "umap-learn", "numba"),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.clusters import null
    from moodreel.clusters.embed import Embedder
    from moodreel.features import bins
    from moodreel.features.windows import require_kept

    features, settings, nulls = job.settings.features, job.settings.embed, job.settings.clusters.nulls
    windows = require_kept(job.read("windows"))
    matrix = bins.read(job.inputs.features, features.groups_in_use, windows, settings.rate_hz)
    of_window = bins.bins_of(matrix, windows, settings.rate_hz).of_window
    values, owners, video = matrix.values, matrix.owners(windows, features.center), matrix.video
    embedder = Embedder(features, settings).fit(values, matrix.columns, owners, video)
    reduced = embedder.components_of(values, owners)
    embedded, flat, components = embedder.places_of(reduced), embedder.map(reduced), reduced.components
    performers = matrix.owners(windows, "performer").astype(str)
    table = pl.DataFrame(
        {
            "video": pl.Series(matrix.videos, dtype=pl.String).gather(video),
            "time_s": matrix.time_s,
            "map_x": flat[:, 0],
            "map_y": flat[:, 1],
            **{f"e{d}": column for d, column in enumerate(embedded.T)},
            **{f"p{d}": column for d, column in enumerate(components.T)},
            **null.replicate_columns(embedder, components, video, performers, of_window, nulls),
        }
    )
    columns = embedder.scaler_.columns_
    job.write(
        "out",
        table,
        grid_hz=matrix.rate_hz,
        rate_hz=settings.rate_hz,
        columns=columns,
        left_out=[c for c in matrix.columns if c not in columns],
        seed=settings.seed,
        nulls=nulls,
        explained_variance=round(float(embedder.pca_.explained_variance_ratio_.sum()), 4),
    )
    print(
        f"{len(windows)} windows, {len(values)} bins, fitted on {len(embedder.sample_)}; "
        f"{len(columns)} columns, {embedder.pca_.n_components_} components, {settings.dims} dimensions"
    )
