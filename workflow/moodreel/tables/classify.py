"""Folds, scores, predictions and evaluation of the classifiers, and tables derived from them."""

from moodreel.tables.schema import Column, Table

_PROTOCOL = (
    Column(
        "protocol",
        "string",
        "",
        "`paper`: folds over windows, clusters fitted on all windows; `grouped`: folds by group, everything but the number of clusters fitted on the training groups",
        nullable=False,
    ),
    Column(
        "group",
        "string",
        "",
        "what a fold keeps together: `window` (dealt at random), `window_in_order` (neighbours in the table, unshuffled), `video` or `performer`",
        nullable=False,
    ),
)
_WINDOW = (
    Column("fold", "int32", "", "from 0", nullable=False),
    Column("video", "string", "", "id", nullable=False),
    Column("window", "int32", "", "number within the video", nullable=False),
    Column("start_s", "float64", "s", "first grid time", nullable=False),
)

_CLASSIFIER = Column("classifier", "string", "", "name in the registry, or `majority`", nullable=False)
_SCORED = Column(
    "classifier", "string", "", "name in the registry; `majority`; `clusters` for stability", nullable=False
)
_LABELS = Column("labels", "string", "", "`clusters` (fidelity) or `truth` (label accuracy)", nullable=False)
_SCORED_LABELS = Column(
    "labels", "string", "", "`clusters` (fidelity, stability) or `truth` (label accuracy)", nullable=False
)
_METRIC = Column("metric", "string", "", "`accuracy`, `balanced_accuracy` or `macro_f1`", nullable=False)
_SCORED_METRIC = Column(
    "metric",
    "string",
    "",
    "`accuracy`, `balanced_accuracy`, `macro_f1`, `calibration_error` (the smaller the better, and too large where a fold has few windows: then see `calibration.tsv`; of classifiers that give probabilities) or `adjusted_rand` (stability)",
    nullable=False,
)

FOLDS = Table("folds", 1, "The fold in which each window is tested. `folds.parquet`", (*_PROTOCOL, *_WINDOW))

PREDICTIONS = Table(
    "predictions",
    3,
    "The prediction of each classifier for each test window. `predictions.parquet`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        *_WINDOW,
        Column(
            "performer",
            "string",
            "",
            "the performer; the video's id where none is named; of those who share a recording the one who stands for all",
            nullable=False,
        ),
        Column(
            "truth",
            "string",
            "",
            "the label; a fold's clusters carry the numbers of the full-data clusters they match",
            nullable=False,
        ),
        Column("predicted", "string", "", "the classifier's prediction", nullable=False),
        Column(
            "probability",
            "float32",
            "",
            "the classifier's probability of `predicted`, not calibrated; null where it gives none",
        ),
    ),
)

SCORES = Table(
    "scores",
    3,
    "Every figure of one evaluation job, fold by fold; its stamp's `notes` say what was left out. `scores.parquet`",
    (
        _SCORED,
        *_PROTOCOL,
        Column("draw", "int32", "", "0: the data; from 1: null replicates, on shuffled movement", nullable=False),
        Column("fold", "int32", "", "from 0", nullable=False),
        _SCORED_LABELS,
        _SCORED_METRIC,
        Column("value", "float64", "", "of this fold", nullable=False),
        Column("n_train", "int32", "", "training windows", nullable=False),
        Column("n_test", "int32", "", "test windows", nullable=False),
    ),
)

CHANCE = Table(
    "chance",
    1,
    "Predictions of classifiers on shuffled data: test windows of each class counted over a job's folds. `chance.parquet`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        Column(
            "shuffled",
            "string",
            "",
            "`labels`: labels in another order (of `truth`); `features`: movement shuffled (of `clusters`)",
            nullable=False,
        ),
        Column("draw", "int32", "", "number of the shuffle, from 1", nullable=False),
        Column("class", "string", "", "the label", nullable=False),
        Column("support", "int32", "", "test windows of it", nullable=False),
        Column("predicted", "int32", "", "test windows predicted as it", nullable=False),
        Column("hits", "int32", "", "test windows of it that were predicted as it", nullable=False),
    ),
)

EVALUATION = Table(
    "evaluation",
    4,
    "Every figure of the evaluation, with its counts and interval, the level of chance and the verdict. `evaluation.tsv`",
    (
        _SCORED,
        *_PROTOCOL,
        _SCORED_LABELS,
        _SCORED_METRIC,
        Column(
            "value",
            "float64",
            "",
            "pooled over all test windows; of `calibration_error` and `adjusted_rand` the mean over folds",
            nullable=False,
        ),
        Column("low", "float64", "", "lower end of its 95 % interval over people; null of fewer than 5"),
        Column("high", "float64", "", "upper end"),
        Column(
            "interval",
            "string",
            "",
            "how: `bootstrap` (10 people or more), `jackknife` (t interval, 5 to 9), `binomial` (exact, where all people have the same figure), `folds` (of `adjusted_rand`: t interval of the mean over folds, corrected for training windows that they share)",
        ),
        Column("windows", "int32", "", "tested", nullable=False),
        Column("videos", "int32", "", "tested", nullable=False),
        Column(
            "people",
            "int32",
            "",
            "performers tested; each video counts as one where none is named, and those who share a recording as one",
            nullable=False,
        ),
        Column("majority", "float64", "", "the same figure of always predicting the largest training class"),
        Column(
            "chance",
            "string",
            "",
            "what was shuffled to measure the level of chance: `labels` (of `truth`), `features` (of `clusters`)",
        ),
        Column("chance_mean", "float64", "", "mean over these shuffles"),
        Column("chance_max", "float64", "", "the largest of them"),
        Column("shuffles", "int32", "", "how many", nullable=False),
        Column("p_value", "float64", "", "(1 + shuffles that reach `value`) / (1 + shuffles)"),
        Column(
            "p_corrected",
            "float64",
            "",
            "the same for the largest of all classifiers and protocols that this figure was measured for, each standardised by its own shuffles",
        ),
        Column(
            "verdict",
            "string",
            "",
            "of `balanced_accuracy`: `above_chance` (p_corrected at most 0.05), `below_majority` (the same, but always predicting the largest class is right as often), `not_above_chance`, `few_orders` (labels can stand in fewer than 20 orders), `not_judged` (no shuffles, fewer than 19, or over classify.permutation_budget_s)",
        ),
        Column("fold_mean", "float64", "", "mean over folds, as the paper reports it", nullable=False),
        Column("fold_sd", "float64", "", "population standard deviation over folds", nullable=False),
        Column("folds", "int32", "", "how many", nullable=False),
        Column("fold_windows", "string", "", "test windows of the smallest and of the largest fold", nullable=False),
        Column("n_train", "int32", "", "training windows of the smallest fold", nullable=False),
    ),
)

MODALITIES = Table(
    "modalities",
    1,
    "Which part of the features carries the recognition: balanced accuracy of the headline's classifier on face, body, both and each group of features, on the same folds. `modalities.tsv`",
    (
        Column("part", "string", "", "`face`, `body`, `both`, or a group of features", nullable=False),
        Column("groups", "string", "", "its groups of features", nullable=False),
        Column("columns", "int32", "", "number of columns", nullable=False),
        _CLASSIFIER,
        *_PROTOCOL,
        Column(
            "labels",
            "string",
            "",
            "`truth`: the windows' labels; `clusters`: the run's clusters, where no window has a label; they were made from both face and body, and so favour `both`",
            nullable=False,
        ),
        Column("value", "float64", "", "balanced accuracy, pooled over all test windows", nullable=False),
        Column("low", "float64", "", "lower end of its 95 % interval over people; null of fewer than 5"),
        Column("high", "float64", "", "upper end"),
        Column("windows", "int32", "", "tested", nullable=False),
        Column("videos", "int32", "", "tested", nullable=False),
        Column(
            "people",
            "int32",
            "",
            "performers tested; each video counts as one where none is named, and those who share a recording as one",
            nullable=False,
        ),
        Column("majority", "float64", "", "the same figure of always predicting the largest training class"),
        Column(
            "chance_mean",
            "float64",
            "",
            "mean with labels exchanged; null for single groups, which are not judged",
        ),
        Column("shuffles", "int32", "", "how often labels were exchanged", nullable=False),
        Column("p_value", "float64", "", "as in EVALUATION"),
        Column("p_corrected", "float64", "", "as in EVALUATION, for all parts and folds here"),
        Column("verdict", "string", "", "as in EVALUATION"),
        Column("less_face", "float64", "", "`value` less that of the face, on the same windows; null of the face"),
        Column(
            "less_face_low",
            "float64",
            "",
            "lower end of its 95 % interval over people; null of fewer than 5, or where the difference is the same for all",
        ),
        Column("less_face_high", "float64", "", "upper end"),
    ),
)

CLASSES = Table(
    "classes",
    2,
    "How each class was recognised, predictions of all folds pooled; 95 % intervals over the people who have such a window, by the methods of EVALUATION, null of fewer than 5. `classes.tsv`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        Column("class", "string", "", "the label", nullable=False),
        Column("precision", "float64", "", "share of the windows predicted as it that are; null where none was"),
        Column("precision_low", "float64", "", "lower end of its interval"),
        Column("precision_high", "float64", "", "upper end"),
        Column("recall", "float64", "", "share of its windows that were found; null where it has none"),
        Column("recall_low", "float64", "", "lower end of its interval"),
        Column("recall_high", "float64", "", "upper end"),
        Column(
            "f1", "float64", "", "harmonic mean of both; 0 where truth or predictions lack the class", nullable=False
        ),
        Column("f1_low", "float64", "", "lower end of its interval"),
        Column("f1_high", "float64", "", "upper end"),
        Column("support", "int32", "", "its windows", nullable=False),
        Column("predicted", "int32", "", "windows predicted as it", nullable=False),
        Column("people", "int32", "", "performers who have windows of it", nullable=False),
    ),
)

COMPARISONS = Table(
    "comparisons",
    2,
    "Every pair of classifiers: pooled over test windows, with its interval over people, and fold by fold by the corrected t test of Nadeau & Bengio (2003), which allows for overlapping training windows of the folds; p values not corrected for the number of pairs. `comparisons.tsv`",
    (
        *_PROTOCOL,
        _LABELS,
        _METRIC,
        Column("first", "string", "", "classifier", nullable=False),
        Column("second", "string", "", "classifier", nullable=False),
        Column("difference", "float64", "", "first less second, mean over folds", nullable=False),
        Column("sd", "float64", "", "sample standard deviation of the difference over folds; null of one fold"),
        Column("t", "float64", "", "statistic; null where the difference is the same in every fold"),
        Column("p_value", "float64", "", "two-sided; null where `t` is"),
        Column("folds", "int32", "", "in which both were tested", nullable=False),
        Column(
            "pooled",
            "float64",
            "",
            "first less second, each pooled over the test windows of these folds",
            nullable=False,
        ),
        Column(
            "low",
            "float64",
            "",
            "lower end of its 95 % interval over people; null of fewer than 5, or where the difference is the same for all",
        ),
        Column("high", "float64", "", "upper end"),
        Column("windows", "int32", "", "tested", nullable=False),
        Column("people", "int32", "", "among these", nullable=False),
    ),
)

CALIBRATION = Table(
    "calibration",
    2,
    "How often a classifier is right at a given probability, predictions of all folds pooled; bins without windows are left out. `calibration.tsv`",
    (
        _CLASSIFIER,
        *_PROTOCOL,
        _LABELS,
        Column("bin_low", "float64", "", "probability of `predicted` above this", nullable=False),
        Column("bin_high", "float64", "", "and up to this", nullable=False),
        Column("windows", "int32", "", "in the bin", nullable=False),
        Column("people", "int32", "", "who have windows in the bin", nullable=False),
        Column("mean_probability", "float64", "", "of the windows in the bin", nullable=False),
        Column("accuracy", "float64", "", "share of them that is right", nullable=False),
        Column("low", "float64", "", "lower end of its 95 % interval over these people; null of fewer than 5"),
        Column("high", "float64", "", "upper end"),
    ),
)

LEAKAGE = Table(
    "leakage",
    3,
    "What the paper's protocol gains by having windows of one video, or one performer, on both sides. `leakage.tsv`",
    (
        _CLASSIFIER,
        _LABELS,
        _METRIC,
        Column(
            "group", "string", "", "what the grouped protocol kept together: `video` or `performer`", nullable=False
        ),
        Column(
            "paper",
            "float64",
            "",
            "pooled over folds of shuffled windows; of unshuffled ones where there are no others",
            nullable=False,
        ),
        Column("grouped", "float64", "", "pooled over folds by `group`", nullable=False),
        Column("gap", "float64", "", "paper less grouped", nullable=False),
        Column(
            "low",
            "float64",
            "",
            "lower end of its 95 % interval over people; null of fewer than 5, or where it is the same for all",
        ),
        Column("high", "float64", "", "upper end"),
        Column("windows", "int32", "", "tested by `group`", nullable=False),
        Column("people", "int32", "", "among these", nullable=False),
        Column(
            "chance_gap",
            "float64",
            "",
            "mean gap on shuffled data: labels exchanged, or movement shuffled (`clusters`)",
        ),
    ),
)
