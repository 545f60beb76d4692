"""Cluster the windows' embedded series, and say what speaks for each number of clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from moodreel.clusters import choose, null
from moodreel.clusters.density import SeriesHdbscan
from moodreel.clusters.judgement import Evidence
from moodreel.clusters.k_selection import Draw
from moodreel.clusters.numbering import kept_numbers
from moodreel.errors import UserError
from moodreel.features.bins import bin_index
from moodreel.features.windows import require_kept
from moodreel.settings.clusters import ClustersSettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.features import WINDOWS
from moodreel.workflow import step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--embedding", type=Path, required=True, help="embedding.parquet")
    parser.add_argument("--windows", type=Path, required=True, help="windows.parquet")
    parser.add_argument("--silhouette-out", type=Path, required=True, help="silhouette.tsv")
    parser.add_argument("--clusters-out", type=Path, required=True, help="clusters.parquet")
    args = parser.parse_args()
    settings = ClustersSettings(**args.settings.get("clusters", {}))
    previous = earlier(settings.previous, args.clusters_out)
    embedding, made = base.read(args.embedding, EMBEDDING), base.read_stamp(args.embedding)
    windows = require_kept(base.read(args.windows, WINDOWS))
    of_window = bin_index(windows, made["grid_hz"], made["rate_hz"]).of_window
    series = embedding.select("^e[0-9]+$").to_numpy()[of_window]
    selection = choose.select(series, windows["video"].to_numpy(), draws(embedding, made, windows, of_window), settings)
    found, scored = selection.clusters, choose.curve_windows(series, settings)
    silhouettes = np.full(len(series), np.nan)
    of_scored = choose.silhouettes(series[scored], found.labels_[scored])
    if of_scored is not None:
        silhouettes[scored] = of_scored
    base.write_tsv(args.silhouette_out, SILHOUETTE, pl.DataFrame(selection.rows, schema=base.polars_schema(SILHOUETTE)))
    places = embedding.select("map_x", "map_y").to_numpy()[of_window]
    table = windows.select("video", "window", "start_s", "end_s").with_columns(
        cluster=found.labels_,
        distance=np.take_along_axis(found.distances(series), found.labels_[:, None].astype(int) - 1, 1)[:, 0],
        silhouette=pl.Series(silhouettes, nan_to_null=True),
        map_x=np.median(places[:, :, 0], axis=1),
        map_y=np.median(places[:, :, 1], axis=1),
    )
    numbers, kept = kept_numbers(table, previous) if previous is not None else ({}, {})
    if numbers:
        table = table.with_columns(pl.col("cluster").replace(numbers))
    stamp = make_stamp(
        code=args.code,
        settings={"clusters": settings.model_dump(mode="json")},
        libraries=("numpy", "scikit-learn", "tslearn"),
        k=found.k,
        sizes=dict(table["cluster"].value_counts().sort("cluster").rows()),
        previous=settings.previous,
        previous_sha256=hashlib.sha256(Path(settings.previous).read_bytes()).hexdigest() if settings.previous else None,
        kept_numbers=kept,
        noise_share=getattr(found, "noise_", None),
        evidence={
            "verdict": str(selection.evidence),
            "p_value": selection.p_value,
            "null_draws": selection.nulls,
            "passing": selection.passing,
        },
        notes=selection.notes,
    )
    base.write(args.clusters_out, CLUSTERS, table, stamp)
    print(*stamp["notes"], sep="\n", end="\n" if stamp["notes"] else "")
    print(f"{len(windows)} windows, k = {found.k}, sizes {stamp['sizes']}")
    print(in_words(selection))
    if previous is not None:
        print(f"numbers kept from {settings.previous}, with Jaccard index: {kept}; {found.k - len(kept)} new")
    if isinstance(found, SeriesHdbscan):
        print(f"{found.noise_:.0%} of the windows were noise and got the nearest centre")
        if found.k == 1:
            print("it found fewer than two clusters, so all windows are one: lower clusters.min_cluster_share")


def earlier(path: str | None, out: Path) -> pl.DataFrame | None:
    """The earlier run's clusters. Raises UserError when there are none at `path` or it is what this run writes."""
    if path is None:
        return None
    if Path(path).resolve() == out.resolve():
        raise UserError(f"clusters.previous = {path} is what this run writes itself. Copy the file and give the copy.")
    if not Path(path).is_file():
        raise UserError(
            f"clusters.previous = {path}: there is no such file. Give another run's clusters.parquet or leave it out."
        )
    return base.read(path, CLUSTERS)


def draws(embedding: pl.DataFrame, made: dict, windows: pl.DataFrame, of_window: np.ndarray) -> Iterator[Draw]:
    """The draws in `embedding`, the data first. `made`: its stamp; `of_window` (windows, bins): rows of each window."""
    components, videos = embedding.select("^p[0-9]+$").to_numpy(), embedding["video"]
    performer = dict(windows.select("video", "performer").unique("video").iter_rows())
    performers = videos.replace_strict(performer, return_dtype=pl.String).to_numpy()
    own = of_window[null.judged_windows(len(windows), made["seed"])]
    for number in range(made["nulls"] + 1):
        places = embedding.select(f"^draw{number}_e[0-9]+$").to_numpy()[own]
        features = null.draw_of(components, videos.to_numpy(), performers, number, made["seed"])[own]
        yield Draw(places.reshape(len(own), -1), features.reshape(len(own), -1))


def in_words(selection: choose.Selection) -> str:
    """A line for the log."""
    if selection.evidence == Evidence.NOT_JUDGED:
        return f"evidence of clusters was not judged ({selection.nulls} null draws)"
    p = "" if selection.p_value is None else f" (p = {selection.p_value:.2g}, {selection.nulls} null draws)"
    return f"evidence of clusters: {selection.evidence}{p}; numbers that pass: {selection.passing or 'none'}"


if __name__ == "__main__":
    step.run(main)
