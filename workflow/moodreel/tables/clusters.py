"""Embedding, silhouette curve, clusters and gallery."""

from moodreel.tables.schema import Column, Table

EMBEDDING = Table(
    "embedding",
    3,
    "The feature grid's means over short bins, embedded. Further columns: `e0`, `e1`, ... per UMAP dimension; `p0`, `p1`, ... "
    "per principal component of the scaled features; `draw0_e0`, ... the embedding of the windows on which evidence for "
    "clusters is judged, `draw1_e0`, ... those of their null replicates; null elsewhere. "
    "`embedding.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("time_s", "float64", "s", "start of the bin", nullable=False),
        Column("map_x", "float32", "", "two-dimensional map, for the eye only"),
        Column("map_y", "float32", "", "two-dimensional map, for the eye only"),
    ),
    extra="float32",
)

SILHOUETTE = Table(
    "silhouette",
    3,
    "Evidence for each number of clusters. It is judged on at most 200 windows, the same in all replicates; silhouettes of the "
    "embedding alone and stability are computed on at most 5,000. `silhouette.tsv`",
    (
        Column("k", "int32", "", "number of clusters", nullable=False),
        Column(
            "silhouette",
            "float64",
            "-1..1",
            "mean over windows, Euclidean, on the windows' embedded series",
            nullable=False,
        ),
        Column(
            "feature_silhouette",
            "float64",
            "-1..1",
            "of clusters made in the embedding, by distances of the windows' scaled features (as principal components); null "
            "for dtw and softdtw",
        ),
        *(
            Column(f"{name}_null_{figure}", "float64", "", f"{words} of `{name}` over null replicates")
            for name in ("silhouette", "feature_silhouette")
            for figure, words in (("mean", "mean"), ("sd", "standard deviation"))
        ),
        Column(
            "standardised",
            "float64",
            "",
            "`feature_silhouette` less its mean over all replicates, the data among them, in their standard deviations",
        ),
        Column(
            "p_value",
            "float64",
            "0..1",
            "share of all replicates, the data among them, whose largest standardised silhouette over the numbers tried reaches "
            "this one",
        ),
        Column(
            "evidence",
            "string",
            "",
            "`found` where p_value is at most 0.05, else `none`; `not_judged` with fewer than 19 null replicates, dtw, softdtw",
            nullable=False,
        ),
        Column(
            "stability",
            "float64",
            "..1",
            "adjusted Rand index of clusters of bootstrap samples of videos, mean; null for dtw and softdtw",
        ),
        Column("stability_sd", "float64", "", "its standard deviation over pairs of samples"),
        Column("inertia", "float64", "", "sum of squared distances to the nearest centre, over windows clustered"),
        Column("chosen", "bool", "", "whether the run uses this k", nullable=False),
    ),
)

CLUSTERS = Table(
    "clusters",
    1,
    "The cluster of each kept window. `clusters.parquet`",
    (
        Column("video", "string", "", "id", nullable=False),
        Column("window", "int32", "", "number within the video", nullable=False),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("end_s", "float64", "s", "first grid time after it", nullable=False),
        Column(
            "cluster", "int32", "", "1 is the largest, unless numbers of clusters.previous are kept", nullable=False
        ),
        Column("distance", "float32", "", "to the cluster's centre", nullable=False),
        Column(
            "silhouette",
            "float32",
            "-1..1",
            "of this window among at most 5,000 scored; null for others, and when there is only one cluster",
        ),
        Column("map_x", "float32", "", "median over the window's bins, for the eye only"),
        Column("map_y", "float32", "", "median over the window's bins, for the eye only"),
    ),
)

GALLERY = Table(
    "gallery",
    2,
    "The frames nearest each cluster's centre. `gallery/gallery.tsv`",
    (
        Column("cluster", "int32", "", "1 is the largest", nullable=False),
        Column("rank", "int32", "", "1 is the nearest", nullable=False),
        Column("video", "string", "", "id", nullable=False),
        Column("window", "int32", "", "number within the video", nullable=False),
        Column("time_s", "float64", "s", "presentation time of the frame", nullable=False),
        Column("distance", "float32", "", "of its bin to the centre's mean", nullable=False),
        Column("picture", "string", "", "name of the file next to this table", nullable=False),
        Column(
            "drawn", "string", "", "the same picture with body and face mesh drawn over it; null where neither was seen"
        ),
    ),
)
