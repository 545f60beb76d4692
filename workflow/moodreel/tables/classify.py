"""Folds, scores, predictions and evaluation of the classifiers, and what follows from them."""

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
        "what a fold keeps together: `window` (dealt at random), `window_in_order` (neighbours in the table, unshuffled), `video` or `performer`",
        nullable=False,
    ),
)
_WINDOW = (
    Column("fold", pa.int32(), "", "from 0", nullable=False),
    Column("video", pa.string(), "", "id", nullable=False),
    Column("window", pa.int32(), "", "number within the video", nullable=False),
    Column("start_s", pa.float64(), "s", "first grid time", nullable=False),
)

_CLASSIFIER = Column("classifier", pa.string(), "", "name in the registry, or `majority`", nullable=False)
_SCORED = Column(
    "classifier", pa.string(), "", "name in the registry; `majority`; `clusters` for stability", nullable=False
)
_LABELS = Column("labels", pa.string(), "", "`clusters` (fidelity) or `truth` (label accuracy)", nullable=False)
_SCORED_LABELS = Column(
    "labels", pa.string(), "", "`clusters` (fidelity, stability) or `truth` (label accuracy)", nullable=False
)
_METRIC = Column("metric", pa.string(), "", "`accuracy`, `balanced_accuracy` or `macro_f1`", nullable=False)
_SCORED_METRIC = Column(
    "metric",
    pa.string(),
    "",
    "`accuracy`, `balanced_accuracy`, `macro_f1`, `calibration_error` (the smaller the better, and too large where a fold has few windows: then see `calibration.tsv`; of classifiers that give probabilities) or `adjusted_rand` (stability)",
    nullable=False,
)

FOLDS = Table("folds", 1, "The fold in which each window is tested. `folds.parquet`", (*_PROTOCOL, *_WINDOW))

PREDICTIONS = Table(
    "predictions",
    2,
    "What each classifier said of each test window. `predictions.parquet`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        *_WINDOW,
        Column(
            "truth",
            pa.string(),
            "",
            "the label; a fold's clusters carry the numbers of the full-data clusters they match",
            nullable=False,
        ),
        Column("predicted", pa.string(), "", "what the classifier said", nullable=False),
        Column(
            "probability",
            pa.float32(),
            "",
            "that the classifier gives to `predicted`, not calibrated; null where it gives none",
        ),
    ),
)

SCORES = Table(
    "scores",
    2,
    "Every figure of one evaluation job, fold by fold; its stamp's `notes` say what was left out. `scores.parquet`",
    (
        _SCORED,
        *_PROTOCOL,
        Column(
            "shuffled",
            pa.string(),
            "",
            "`nothing`: the data; `features`: a null, features shuffled over time and videos; `labels`: a label permutation",
            nullable=False,
        ),
        Column("draw", pa.int32(), "", "0: the data; from 1: which shuffle", nullable=False),
        Column("fold", pa.int32(), "", "from 0", nullable=False),
        _SCORED_LABELS,
        _SCORED_METRIC,
        Column("value", pa.float64(), "", "of this fold", nullable=False),
        Column("n_train", pa.int32(), "", "windows learnt from", nullable=False),
        Column("n_test", pa.int32(), "", "windows tested", nullable=False),
    ),
)

EVALUATION = Table(
    "evaluation",
    2,
    "Every figure of the evaluation beside its null. `evaluation.tsv`",
    (
        _SCORED,
        *_PROTOCOL,
        _SCORED_LABELS,
        _SCORED_METRIC,
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
        Column(
            "permuted_mean",
            pa.float64(),
            "",
            "mean over label permutations: features and folds as they are, labels shuffled; only of `truth`",
        ),
        Column("permuted_p95", pa.float64(), "", "95th percentile of the label permutations (of a few: their largest)"),
        Column(
            "p_value",
            pa.float64(),
            "",
            "(1 + label permutations that reach `mean`) / (1 + label permutations)",
        ),
        Column(
            "permutations",
            pa.int32(),
            "",
            "label permutations; null where none were made, as of dummies, which look at no feature",
        ),
    ),
)

CLASSES = Table(
    "classes",
    1,
    "How each class was recognised, predictions of all folds pooled. `classes.tsv`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        Column("class", pa.string(), "", "the label", nullable=False),
        Column("precision", pa.float64(), "", "share of the windows said to be of it that are; null where none was"),
        Column("recall", pa.float64(), "", "share of its windows that were found; null where it has none"),
        Column(
            "f1", pa.float64(), "", "harmonic mean of both; 0 where truth or predictions lack the class", nullable=False
        ),
        Column("support", pa.int32(), "", "its windows", nullable=False),
    ),
)

COMPARISONS = Table(
    "comparisons",
    1,
    "Every pair of classifiers, fold by fold: the corrected t test of Nadeau & Bengio (2003), which counts that training windows of the folds overlap; p values not corrected for the number of pairs. `comparisons.tsv`",
    (
        *_PROTOCOL,
        _LABELS,
        _METRIC,
        Column("first", pa.string(), "", "classifier", nullable=False),
        Column("second", pa.string(), "", "classifier", nullable=False),
        Column("difference", pa.float64(), "", "first less second, mean over folds", nullable=False),
        Column("sd", pa.float64(), "", "sample standard deviation of the difference over folds; null of one fold"),
        Column("t", pa.float64(), "", "statistic; null where the difference is the same in every fold"),
        Column("p_value", pa.float64(), "", "two-sided; null where `t` is"),
        Column("folds", pa.int32(), "", "in which both were tested", nullable=False),
    ),
)

CALIBRATION = Table(
    "calibration",
    1,
    "How often a classifier is right where it is so sure, predictions of all folds pooled; bins without windows are left out. `calibration.tsv`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        Column("bin_low", pa.float64(), "", "probability of `predicted` above this", nullable=False),
        Column("bin_high", pa.float64(), "", "and up to this", nullable=False),
        Column("windows", pa.int32(), "", "in the bin", nullable=False),
        Column("mean_probability", pa.float64(), "", "of the windows in the bin", nullable=False),
        Column("accuracy", pa.float64(), "", "share of them that is right", nullable=False),
    ),
)

LEAKAGE = Table(
    "leakage",
    1,
    "What the paper's protocol gains by having windows of one video, or one performer, on both sides. `leakage.tsv`",
    (
        _CLASSIFIER,
        _LABELS,
        _METRIC,
        Column(
            "group", pa.string(), "", "what the grouped protocol kept together: `video` or `performer`", nullable=False
        ),
        Column(
            "paper",
            pa.float64(),
            "",
            "mean over folds of shuffled windows; of unshuffled ones where there are no others",
            nullable=False,
        ),
        Column("grouped", pa.float64(), "", "mean over folds by `group`", nullable=False),
        Column("gap", pa.float64(), "", "paper less grouped", nullable=False),
        Column(
            "null_gap_p95",
            pa.float64(),
            "",
            "95th percentile of the same gap over the null draws (of a few: their largest)",
        ),
    ),
)
