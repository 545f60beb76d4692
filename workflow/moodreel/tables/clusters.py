"""Embedding, silhouette curve, clusters and gallery."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

EMBEDDING = Table(
    "embedding",
    1,
    "The feature grid's means over short bins, embedded; one further column `e0`, `e1`, ... per UMAP dimension. `embedding.parquet`",
    (
        Column("video", pa.string(), "", "id", nullable=False),
        Column("time_s", pa.float64(), "s", "start of the bin", nullable=False),
        Column("map_x", pa.float32(), "", "two-dimensional map, for the eye only"),
        Column("map_y", pa.float32(), "", "two-dimensional map, for the eye only"),
    ),
    extra=pa.float32(),
)

SILHOUETTE = Table(
    "silhouette",
    1,
    "Silhouette score against the number of clusters. `silhouette.tsv`",
    (
        Column("k", pa.int32(), "", "number of clusters", nullable=False),
        Column(
            "silhouette",
            pa.float64(),
            "-1..1",
            "mean over windows, Euclidean, on the windows' series",
            nullable=False,
        ),
        Column("inertia", pa.float64(), "", "sum of squared distances to the nearest centre", nullable=False),
        Column("chosen", pa.bool_(), "", "whether the run uses this k", nullable=False),
    ),
)

CLUSTERS = Table(
    "clusters",
    1,
    "The cluster of each kept window. `clusters.parquet`",
    (
        Column("video", pa.string(), "", "id", nullable=False),
        Column("window", pa.int32(), "", "number within the video", nullable=False),
        Column("start_s", pa.float64(), "s", "first grid time", nullable=False),
        Column("end_s", pa.float64(), "s", "first grid time after it", nullable=False),
        Column("cluster", pa.int32(), "", "1 is the largest", nullable=False),
        Column("distance", pa.float32(), "", "to the cluster's centre", nullable=False),
        Column("silhouette", pa.float32(), "-1..1", "of this window; null when there is only one cluster"),
        Column("map_x", pa.float32(), "", "median over the window's bins, for the eye only"),
        Column("map_y", pa.float32(), "", "median over the window's bins, for the eye only"),
    ),
)

GALLERY = Table(
    "gallery",
    1,
    "The frames nearest each cluster's centre. `gallery/gallery.tsv`",
    (
        Column("cluster", pa.int32(), "", "1 is the largest", nullable=False),
        Column("rank", pa.int32(), "", "1 is the nearest", nullable=False),
        Column("video", pa.string(), "", "id", nullable=False),
        Column("window", pa.int32(), "", "number within the video", nullable=False),
        Column("time_s", pa.float64(), "s", "presentation time of the frame", nullable=False),
        Column("distance", pa.float32(), "", "of its bin to the centre's mean", nullable=False),
        Column("picture", pa.string(), "", "file name beside this table", nullable=False),
    ),
)
