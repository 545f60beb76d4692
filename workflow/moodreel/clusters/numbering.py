"""Keeps the cluster numbers of an earlier run, where a cluster is still the same."""

from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.clusters import CLUSTERS

SAME_FROM = 0.5
"""Jaccard index above which a cluster is still the same; at or below it counts as dissolved (Hennig 2007, Comput. Stat.
Data Anal. 52:258)."""


def read_earlier(path: str | None, out: Path) -> pl.DataFrame | None:
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


def overlaps(clusters: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """Seconds that each cluster shares with each earlier one (rows of CLUSTERS each): `cluster`, `earlier`, `shared_s`.

    Windows are compared where they lie in their video, so that another stride or length does no harm.
    """
    old = previous.select("video", pl.col("start_s").alias("from_s"), pl.col("end_s").alias("to_s"), earlier="cluster")
    return (
        clusters.select("video", "start_s", "end_s", "cluster")
        .join(old, on="video")
        .with_columns(
            shared_s=pl.min_horizontal("end_s", "to_s") - pl.max_horizontal("start_s", "from_s"),
            # windows that overlap meet several others: the same one counts, where there is one
            exact=(pl.col("start_s") - pl.col("from_s")).abs() + (pl.col("end_s") - pl.col("to_s")).abs(),
        )
        .filter(pl.col("shared_s") > 0)
        .sort("video", "start_s", "exact", "from_s")
        .unique(["video", "start_s"], keep="first", maintain_order=True)
        .group_by("cluster", "earlier", maintain_order=True)
        .agg(pl.col("shared_s").sum())
        .sort("cluster", "earlier")
    )


def kept_numbers(clusters: pl.DataFrame, previous: pl.DataFrame) -> tuple[dict[int, int], dict[int, float]]:
    """The new number of each cluster, and the Jaccard index of those that keep an earlier one, by new number.

    Clusters and earlier ones are paired one to one (the Hungarian method, Kuhn 1955) for the greatest sum of Jaccard
    indices over windows that lie in both runs. Pairs above `SAME_FROM` keep the earlier number. The others get numbers
    above all earlier ones, the largest first: a name given to a number never moves to other movements.

    Raises UserError when the runs share no window.
    """
    shared = overlaps(clusters, previous)
    if shared.is_empty():
        raise UserError(
            "clusters.previous: none of its windows lies in a video of this run, so that numbers cannot be matched. "
            "Give the clusters.parquet of a run of the same videos, or leave it out."
        )
    new = sorted(clusters["cluster"].unique().to_list())
    old = sorted(previous["cluster"].unique().to_list())
    seconds = np.zeros((len(new), len(old)))
    for cluster, earlier, shared_s in shared.iter_rows():
        seconds[new.index(cluster), old.index(earlier)] = shared_s
    either = seconds.sum(axis=1, keepdims=True) + seconds.sum(axis=0) - seconds
    jaccard = np.divide(seconds, either, out=np.zeros_like(seconds), where=either > 0)
    matches = {
        new[r]: (old[c], float(jaccard[r, c]))
        for r, c in zip(*linear_sum_assignment(jaccard, maximize=True), strict=True)
        if jaccard[r, c] > SAME_FROM
    }
    numbers = {cluster: earlier for cluster, (earlier, _) in matches.items()}
    for cluster in new:  # numbered by size so far
        if cluster not in matches:
            numbers[cluster] = max(*old, *numbers.values(), 0) + 1
    return numbers, {earlier: round(share, 4) for earlier, share in matches.values()}
