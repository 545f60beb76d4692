"""Cluster the windows' embedded series, and say what speaks for each number of clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from moodreel import provenance
from moodreel.classify.null import surrogate
from moodreel.clusters import choose, evidence, null
from moodreel.clusters.bins import bin_index
from moodreel.clusters.numbering import kept_numbers
from moodreel.errors import UserError
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
    previous = earlier(settings.previous, args.clusters_out)
    embedding, made = base.read(args.embedding, EMBEDDING), base.read_stamp(args.embedding)
    windows = kept_or_raise(base.read(args.windows, WINDOWS))
    of_window = bin_index(windows, made["grid_hz"], made["rate_hz"]).of_window
    series = embedding.select("^e[0-9]+$").to_numpy()[of_window]
    settings, note = choose.possible(settings, series)
    found, fitted, scores = choose.fit(series, settings)
    scored = choose.scored(series, settings)
    silhouettes = np.full(len(series), np.nan)
    of_scored = choose.silhouettes(series[scored], found.labels_[scored])
    if of_scored is not None:
        silhouettes[scored] = of_scored
    curve = {k: (means.labels_, scores[k], means.inertia_) for k, means in fitted.items()}
    if settings.method == "hdbscan" and of_scored is not None:
        curve = {found.k: (found.labels_[scored], float(of_scored.mean()), found.inertia_)}
    rows = evidence_rows(embedding, made, windows["video"].to_numpy(), of_window, scored, curve, settings)
    base.write_tsv(
        args.silhouette_out,
        SILHOUETTE,
        pl.DataFrame([{**row, "chosen": row["k"] == found.k} for row in rows], schema=base.polars_schema(SILHOUETTE)),
    )
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
    stamp = provenance.stamp(
        code=args.code,
        settings={"clusters": settings.model_dump(mode="json")},
        libraries=("numpy", "scikit-learn", "tslearn"),
        k=found.k,
        sizes=dict(table["cluster"].value_counts().sort("cluster").rows()),
        previous=settings.previous,
        previous_sha256=hashlib.sha256(Path(settings.previous).read_bytes()).hexdigest() if settings.previous else None,
        kept_numbers=kept,
        noise_share=getattr(found, "noise_", None),
        notes=[note] if note else [],
    )
    base.write(args.clusters_out, CLUSTERS, table, stamp)
    print(*stamp["notes"], sep="\n", end="\n" if note else "")
    print(f"{len(windows)} windows, k = {found.k}, sizes {stamp['sizes']}")
    for row in rows:
        if row["k"] == found.k:
            print(", ".join(f"{n} {row[n]:.3f}" for n in ("silhouette", "feature_silhouette", "stability") if row[n]))
    if previous is not None:
        print(f"numbers kept from {settings.previous}, with Jaccard index: {kept}; {found.k - len(kept)} new")
    if settings.method == "hdbscan":
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


def evidence_rows(
    embedding: pl.DataFrame,
    made: dict,
    videos: np.ndarray,
    of_window: np.ndarray,
    scored: np.ndarray,
    curve: dict[int, tuple[np.ndarray, float, float]],
    settings: ClustersSettings,
) -> list[dict]:
    """Rows of SILHOUETTE, but for `chosen`. `curve`: by k the labels of the windows `scored`, silhouette and inertia.

    Elastic metrics have no stability and no null: a k-means of them for each resample would take hours.
    """
    components = embedding.select("^p[0-9]+$").to_numpy()
    bins, owners = of_window.shape[1], embedding["video"].to_numpy()
    flat = embedding.select("^e[0-9]+$").to_numpy()[of_window[scored]].reshape(len(scored), -1)
    apart = evidence.distances(components[of_window[scored]].reshape(len(scored), -1))

    def draws() -> Iterator[evidence.Draw]:
        own = null.chosen_windows(len(of_window), null.NULL_WINDOWS, made["seed"])
        for draw in range(1, made["nulls"] + 1):
            places = embedding.select(f"^null{draw}_e[0-9]+$").to_numpy()[of_window[own]]
            moved = null.shuffled(components, owners, draw, made["seed"], surrogate)[of_window[own]]
            yield evidence.Draw(places.reshape(len(own), -1), moved.reshape(len(own), -1), videos[own])

    elastic = settings.method == "kmeans" and settings.metric != "euclidean"
    nulls = {} if elastic else evidence.null_figures(draws(), settings, curve, bins)
    rows = []
    for k, (labels, score, inertia) in curve.items():
        fit = evidence.fitter(settings, k, bins)
        agreement = (
            [] if elastic else evidence.stability(flat, videos[scored], fit, k, settings.resamples, settings.seed)
        )
        features = evidence.silhouette(apart, labels)
        figures = evidence.row({"silhouette": score, "feature_silhouette": features}, agreement, nulls.get(k, {}))
        rows.append({"k": k, **figures, "inertia": inertia})
    return rows


if __name__ == "__main__":
    command.run(main)
