"""Predictions of a trained classifier for a new recording, and the tables stored with the classifier for them."""

from moodreel.tables.schema import Column, Table

APPLIED = Table(
    "applied",
    1,
    "Predictions of a trained classifier for each window of one new recording; one further column per class, `p_cluster_<number>` and "
    "`p_label_<label>`: its probability, null where the classifier gives none. Written by the step `apply`",
    (
        Column("video", "string", "", "id of the recording", nullable=False),
        Column("window", "int32", "", "number within the recording, from 0", nullable=False),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("end_s", "float64", "s", "first grid time after it", nullable=False),
        Column(
            "valid_share",
            "float64",
            "0..1",
            "share of its rows with a face and a body, as far as they are read",
            nullable=False,
        ),
        Column("reason", "string", "", "why there is no prediction (`partial`, `gaps`); null where there is one"),
        Column("classifier", "string", "", "name of the classifier in the registry", nullable=False),
        Column("cluster", "int32", "", "number of the training's cluster; null where none was learnt"),
        Column("cluster_name", "string", "", "its name in `clusters.names`, or `cluster 1`, ..."),
        Column("cluster_probability", "float32", "0..1", "of that cluster, as the classifier gives it; not calibrated"),
        Column("label", "string", "", "emotion; null where the training had no labels"),
        Column("label_probability", "float32", "0..1", "of that label, as the classifier gives it; not calibrated"),
        Column("nearest", "int32", "", "cluster of the nearest centre in the space of the scaled features"),
        Column("distance", "float64", "spreads", "to that centre; 1 is the training windows' root mean square spread"),
        Column("far", "bool", "", "whether 95 % of that cluster's training windows are nearer to the centre"),
        Column("track", "string", "", "training video whose soundtrack is proposed"),
        Column("track_start_s", "float64", "s", "start of the passage in that soundtrack"),
        Column("track_score", "float64", "0..1", "exp(-distance of the nearest window), in spreads; 1 is the best"),
        Column("track_reason", "string", "", "why it is proposed"),
    ),
    extra="float32",
)

REFERENCE_SPACE = Table(
    "model_space",
    1,
    "The space of the training windows, series of scaled features: one further column per feature. `models/space.parquet`",
    (
        Column(
            "kind",
            "string",
            "",
            "`centre`: mean of a cluster's windows; `mean` and `axis`: of the principal components in which music is found",
            nullable=False,
        ),
        Column("number", "int32", "", "the cluster's, or the component's from 0; 0 for the mean", nullable=False),
        Column("bin", "int32", "", "within the window, from 0", nullable=False),
    ),
    extra="float32",
)

MODEL_MUSIC = Table(
    "model_music",
    1,
    "The training windows during which music sounds; one further column `c0`, `c1`, ... per principal component of "
    "`models/space.parquet`. `models/music.parquet`",
    (
        Column("track", "string", "", "id of the training video", nullable=False),
        Column("start_s", "float64", "s", "first grid time", nullable=False),
        Column("cluster", "int32", "", "the window's cluster", nullable=False),
    ),
    extra="float32",
)
