"""Folds, scores, predictions and evaluation of the classifiers."""

from __future__ import annotations

import pyarrow as pa

from moodreel.tables.base import Column, Table

_PROTOCOL = (
    Column(
        "protocol",
        pa.string(),
        "",
        "`paper`: folds over windows, clusters made on everything; `grouped`: folds by group, all fitted on the training groups",
        nullable=False,
    ),
    Column(
        "group",
        pa.string(),
        "",
        "what a fold keeps together: `window`, `video` or `performer`",
        nullable=False,
    ),
)
_WINDOW = (
    Column("fold", pa.int32(), "", "from 0", nullable=False),
    Column("video", pa.string(), "", "id", nullable=False),
    Column("window", pa.int32(), "", "number within the video", nullable=False),
    Column("start_s", pa.float64(), "s", "first grid time", nullable=False),
)

FOLDS = Table("folds", 1, "The fold in which each window is tested. `folds.parquet`", (*_PROTOCOL, *_WINDOW))

PREDICTIONS = Table(
    "predictions",
    1,
    "What each classifier said of each test window. `predictions.parquet`",
    (
        Column("classifier", pa.string(), "", "name in the registry, or `majority`", nullable=False),
        *_PROTOCOL,
        Column("labels", pa.string(), "", "`clusters` (fidelity) or `truth` (label accuracy)", nullable=False),
        *_WINDOW,
        Column(
            "truth",
            pa.string(),
            "",
            "the label; a fold's clusters carry the numbers of the full-data clusters they match",
            nullable=False,
        ),
        Column("predicted", pa.string(), "", "what the classifier said", nullable=False),
    ),
)

SCORES = Table(
    "scores",
    1,
    "Every figure of one evaluation job, fold by fold; its stamp's `notes` say what was left out. `scores.parquet`",
    (
        Column(
            "classifier",
            pa.string(),
            "",
            "name in the registry; `majority`; `clusters` for stability",
            nullable=False,
        ),
        *_PROTOCOL,
        Column("draw", pa.int32(), "", "0: the data; from 1: nulls, on shuffled features", nullable=False),
        Column("fold", pa.int32(), "", "from 0", nullable=False),
        Column(
            "labels",
            pa.string(),
            "",
            "`clusters` (fidelity, stability) or `truth` (label accuracy)",
            nullable=False,
        ),
        Column(
            "metric",
            pa.string(),
            "",
            "`accuracy`, `balanced_accuracy`, `macro_f1` or `adjusted_rand` (stability)",
            nullable=False,
        ),
        Column("value", pa.float64(), "", "of this fold", nullable=False),
        Column("n_train", pa.int32(), "", "windows learnt from", nullable=False),
        Column("n_test", pa.int32(), "", "windows tested", nullable=False),
    ),
)

EVALUATION = Table(
    "evaluation",
    1,
    "Every figure of the evaluation beside its null. `evaluation.tsv`",
    (
        Column(
            "classifier",
            pa.string(),
            "",
            "name in the registry; `majority`; `clusters` for stability",
            nullable=False,
        ),
        *_PROTOCOL,
        Column(
            "labels",
            pa.string(),
            "",
            "`clusters` (fidelity, stability) or `truth` (label accuracy)",
            nullable=False,
        ),
        Column(
            "metric",
            pa.string(),
            "",
            "`accuracy`, `balanced_accuracy`, `macro_f1` or `adjusted_rand` (stability)",
            nullable=False,
        ),
        Column("mean", pa.float64(), "", "over folds", nullable=False),
        Column("sd", pa.float64(), "", "population standard deviation over folds", nullable=False),
        Column("folds", pa.int32(), "", "how many", nullable=False),
        Column("n_train", pa.int32(), "", "training windows of the smallest fold", nullable=False),
        Column("n_test", pa.int32(), "", "test windows over all folds", nullable=False),
        Column(
            "null_mean",
            pa.float64(),
            "",
            "mean over null draws: the whole protocol repeated on shuffled features",
        ),
        Column("null_sd", pa.float64(), "", "population standard deviation over null draws"),
        Column("null_p95", pa.float64(), "", "95th percentile of the null draws (of a few: their largest)"),
        Column("draws", pa.int32(), "", "null draws", nullable=False),
    ),
)
