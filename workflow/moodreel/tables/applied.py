"""What a trained model says of a new recording, and what is kept with a model for that."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

APPLIED = Table(
    "applied",
    1,
    "What a trained model says of each window of one new recording; one further column per class, `p_cluster_<number>` and "
    "`p_label_<label>`: its probability, null where the classifier gives none. Written by the step `classify`",
    (
        Column("video", pa.string(), "", "id of the recording", nullable=False),
        Column("window", pa.int32(), "", "number within the recording, from 0", nullable=False),
        Column("start_s", pa.float64(), "s", "first grid time", nullable=False),
        Column("end_s", pa.float64(), "s", "first grid time after it", nullable=False),
        Column("valid_share", pa.float64(), "0..1", "share of its rows with a face and a body", nullable=False),
        Column("reason", pa.string(), "", "why nothing is said of it (`partial`, `gaps`); null where something is"),
        Column("classifier", pa.string(), "", "who says so: name in the registry", nullable=False),
        Column("cluster", pa.int32(), "", "number of the training's cluster; null where none was learnt"),
        Column("cluster_name", pa.string(), "", "its name in `clusters.names`, or `cluster 1`, ..."),
        Column(
            "cluster_probability", pa.float32(), "0..1", "of that cluster, as the classifier has it; not calibrated"
        ),
        Column("label", pa.string(), "", "emotion; null where the training had no labels"),
        Column("label_probability", pa.float32(), "0..1", "of that label, as the classifier has it; not calibrated"),
        Column("nearest", pa.int32(), "", "cluster of the nearest centre in the space of the scaled features"),
        Column(
            "distance", pa.float64(), "spreads", "to that centre; 1 is the training windows' root mean square spread"
        ),
        Column("far", pa.bool_(), "", "whether 95 % of that cluster's training windows are nearer to the centre"),
        Column("track", pa.string(), "", "training video whose soundtrack is proposed"),
        Column("track_start_s", pa.float64(), "s", "start of the passage in that soundtrack"),
        Column("track_score", pa.float64(), "0..1", "exp(-distance of the nearest window), in spreads; 1 is the best"),
        Column("track_reason", pa.string(), "", "what speaks for it"),
    ),
    extra=pa.float32(),
)

MODEL_SPACE = Table(
    "model_space",
    1,
    "The space of a model's windows, series of scaled features: one further column per feature. `models/space.parquet`",
    (
        Column(
            "kind",
            pa.string(),
            "",
            "`centre`: mean of a cluster's windows; `mean` and `axis`: of the principal components in which music is found",
            nullable=False,
        ),
        Column("number", pa.int32(), "", "the cluster's, or the component's from 0; 0 for the mean", nullable=False),
        Column("bin", pa.int32(), "", "within the window, from 0", nullable=False),
    ),
    extra=pa.float32(),
)

MODEL_MUSIC = Table(
    "model_music",
    1,
    "The training's windows during which music sounds; one further column `c0`, `c1`, ... per principal component of "
    "`models/space.parquet`. `models/music.parquet`",
    (
        Column("track", pa.string(), "", "id of the training video", nullable=False),
        Column("start_s", pa.float64(), "s", "first grid time", nullable=False),
        Column("cluster", pa.int32(), "", "of the window", nullable=False),
    ),
    extra=pa.float32(),
)
