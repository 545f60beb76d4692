"""Cluster the windows' embedded series, and say how well each number of clusters fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from moodreel import provenance
from moodreel.clusters import choose
from moodreel.clusters.bins import bin_index
from moodreel.clusters.series import SeriesKMeans
from moodreel.features.windows import kept_or_raise
from moodreel.settings.clusters import ClustersSettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.features import WINDOWS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--embedding", type=Path, required=True, help="embedding.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--silhouette-out", type=Path, required=True, help="silhouette.tsv")
    parser.add_argument("--clusters-out", type=Path, required=True, help="clusters.parquet")
    args = parser.parse_args()
    settings = ClustersSettings(**args.settings.get("clusters", {}))
    embedding, made = base.read(args.embedding, EMBEDDING), base.read_stamp(args.embedding)
    windows = kept_or_raise(base.read(args.windows, WINDOWS))
    of_window = bin_index(windows, made["grid_hz"], made["rate_hz"]).of_window
    series = embedding.select("^e[0-9]+$").to_numpy()[of_window]
    fitted, scores = choose.curve(series, settings)
    k = choose.best(scores) if settings.k == "auto" else settings.k
    means = fitted.get(k) or SeriesKMeans(k, settings).fit(series)
    silhouettes = choose.silhouettes(series, means.labels_)
    base.write_tsv(
        args.silhouette_out,
        SILHOUETTE,
        pl.DataFrame(
            [
                {"k": n, "silhouette": score, "inertia": fitted[n].inertia_, "chosen": n == k}
                for n, score in scores.items()
            ],
            schema=base.polars_schema(SILHOUETTE),
        ),
    )
    places = embedding.select("map_x", "map_y").to_numpy()[of_window]
    table = windows.select("video", "window", "start_s", "end_s").with_columns(
        cluster=means.labels_,
        distance=means.distances(series).min(axis=1),
        silhouette=pl.lit(None, pl.Float32) if silhouettes is None else pl.Series(silhouettes),
        map_x=np.median(places[:, :, 0], axis=1),
        map_y=np.median(places[:, :, 1], axis=1),
    )
    stamp = provenance.stamp(
        code=args.code,
        settings={"clusters": settings.model_dump(mode="json")},
        libraries=("numpy", "scikit-learn", "tslearn"),
        k=k,
    )
    base.write(args.clusters_out, CLUSTERS, table, stamp)
    sizes, score = np.bincount(means.labels_)[1:].tolist(), scores.get(k, float("nan"))
    print(f"{len(windows)} windows, k = {k}, sizes {sizes}, silhouette {score:.3f}")


if __name__ == "__main__":
    command.run(main)
