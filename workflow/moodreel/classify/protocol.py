"""Runs one protocol once: clusters, learns and tests every fold, on the data or on a null replicate.

`paper`: the clusters were made on everything; only scaler and classifier are kept away from the test windows.
`grouped`: whole videos or performers are kept away from everything, PCA, UMAP and clusters included (their number is
the run's); a test window's cluster is that of the nearest centre. Action units are then also measured against neutral
faces found without the other side (`held_out`).

Fidelity is how well a classifier reproduces that assignment. Stability is how well the same test windows, clustered on
their own into as many clusters, agree with it: prediction strength (Tibshirani & Walther 2005, J. Comput. Graph. Stat.
14:511), measured by the adjusted Rand index. Both are compared with the same on shuffled movement (`replicate`). Label
accuracy is against the windows' labels, and is compared with the same under exchanged labels (`permutation`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from moodreel.classify import estimators
from moodreel.classify.calibration import METRIC as CALIBRATION_ERROR
from moodreel.classify.calibration import calibration_error
from moodreel.classify.estimators import BASELINE, DUMMIES
from moodreel.classify.evaluation_input import EvaluationInput, notes_on_columns
from moodreel.classify.held_out import GROUP
from moodreel.classify.jobs import PROTOCOL
from moodreel.classify.matching import match_numbers
from moodreel.classify.metrics import class_counts, label_counts, metrics
from moodreel.classify.permutation import LEAST_ORDERS, distinct, exchange
from moodreel.classify.probabilities import predict
from moodreel.classify.replicate import Replicate
from moodreel.classify.search import FOLDS as INNER_FOLDS
from moodreel.classify.search import grid
from moodreel.classify.training import Classifier, train, training_sample
from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix
from moodreel.features.recordings import joined
from moodreel.tables import base
from moodreel.tables.classify import CHANCE

_HINTS = {"clusters": " (clusters.k, clusters.k_max)", "truth": ""}


@dataclass
class Outcome:
    """Rows of the tables SCORES, PREDICTIONS and CHANCE, and notes of what was left out and why.

    `unjudged` says which figures on labels got no permutations: classifier, group and why (`orders` or `budget`).
    """

    scores: list[dict] = field(default_factory=list)
    predictions: list[pl.DataFrame] = field(default_factory=list)
    chance: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unjudged: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Orders:
    """The labels in other orders: codes (orders, labelled windows) in the table's order, positions in `classes`; and
    the classifiers that are judged by them.
    """

    codes: np.ndarray
    classes: np.ndarray
    judged: tuple[str, ...]


def evaluate(
    inputs: EvaluationInput,
    group: str,
    fold: np.ndarray,
    replicate: int | Replicate,
    only: Iterable[int] | None = None,
    *,
    clusters: bool = True,
) -> Outcome:
    """Run the protocol of `group`; `fold` (windows,) int: the fold in which each window is tested.

    Replicate 0 is the data, with its label permutations. In any other, movement is shuffled first and everything about
    clusters is repeated, clustering included; predictions are kept for the data only. A `Replicate` may be shared by
    several groups. What fails in a fold is left out with a note, and the rest is still returned. `only`: the folds to
    run; None: all. `clusters`: whether clusters are evaluated too, or labels alone.
    """
    outcome = Outcome()
    given = replicate if isinstance(replicate, Replicate) else Replicate(inputs, replicate)
    replicate_number = given.number
    where = f"{PROTOCOL[group]}/{group}"
    suffix = f", null {replicate_number}" if replicate_number else ""
    try:
        features, own_clusters = given.features, given.clusters
    except UserError as error:
        outcome.notes.append(f"{where}{suffix}: left out: {error}")
        return outcome
    if not replicate_number:
        outcome.notes += notes_on_columns(features.means, features.columns, inputs.features)
        outcome.notes += inputs.held_out.notes if inputs.held_out and group == GROUP else ()
    orders = (
        None
        if replicate_number
        else _orders(inputs, group, fold, features.of_window.shape[1] * len(features.columns), outcome)
    )
    chance = _Chance(group, "features" if replicate_number else "labels")
    folds_by_note: dict[str, list[int]] = {}
    for number in np.unique(fold) if only is None else sorted(only):
        of_fold = given.of_fold(group, int(number))
        one = _Fold(
            inputs,
            of_fold.matrix,
            own_clusters,
            group,
            replicate_number,
            int(number),
            fold == number,
            outcome,
            chance,
            folds_by_note,
        )
        try:
            series = of_fold.features.series(of_fold.features.scaler(inputs.features, ~one.test))
        except UserError as error:
            one.note(f"left out: {error}")
            continue
        if clusters:
            assigned = own_clusters if PROTOCOL[group] == "paper" else one.clustered_without_test()
            if assigned is not None:
                one.classify("clusters", series, pl.Series(assigned).cast(pl.String))
        if not replicate_number:
            one.classify("truth", series, inputs.windows["label"], orders)
    outcome.chance += chance.tables()
    for text, of_folds in folds_by_note.items():
        outcome.notes.append(f"{where}, {_folds(of_folds, fold.max() + 1)}{suffix}: {text}")
    return outcome


def _orders(inputs: EvaluationInput, group: str, fold: np.ndarray, numbers: int, outcome: Outcome) -> Orders | None:
    """The orders of the labels by which a group's figures are judged; each window has `numbers` numbers.

    None when there are none, or too few different ones; `outcome` notes this, and each classifier that would take too
    long.
    """
    settings, where = inputs.settings, f"{PROTOCOL[group]}/{group}"
    units = exchange(inputs.windows, fold) if settings.permutations else None
    if units is None:
        return None
    wanted = [name for name in settings.classifiers if name not in DUMMIES]
    codes = units.orders(settings.permutations, settings.seed)
    different = distinct(codes, units.table_codes())
    if different < min(LEAST_ORDERS, settings.permutations + 1):
        outcome.notes.append(
            f"{where}: label accuracy cannot be judged: {units.note}, and there are only {different} different orders "
            f"of them; {LEAST_ORDERS} are needed. More videos, or videos of one performer with different labels, help"
        )
        outcome.unjudged += [{"classifier": name, "group": group, "why": "orders"} for name in wanted]
        return None
    outcome.notes.append(f"{where}: {units.note}, {settings.permutations} times")
    folds = len(np.unique(fold))
    seconds = {
        name: settings.permutations
        * folds
        * _fit_seconds(name, inputs, round(codes.shape[1] * (1 - 1 / folds)), numbers)
        for name in wanted
    }
    too_slow = [name for name in wanted if seconds[name] > settings.permutation_budget_s and not _shares(name, inputs)]
    for name in too_slow:
        outcome.notes.append(
            f"{where}: label accuracy of {name} is not judged: {settings.permutations} permutations would take about "
            f"{seconds[name]:.0f} s, more than classify.permutation_budget_s = {settings.permutation_budget_s:g}"
        )
        outcome.unjudged.append({"classifier": name, "group": group, "why": "budget"})
    return Orders(codes, units.classes, tuple(name for name in wanted if name not in too_slow))


def _shares(name: str, inputs: EvaluationInput) -> bool:
    """Whether the classifier does the greater part of its work once for all orders of the labels."""
    module = estimators.module(name)
    return not inputs.settings.search and hasattr(module, "share_fit") and module.shares(inputs.settings)


def _fit_seconds(name: str, inputs: EvaluationInput, windows: int, numbers: int) -> float:
    """Approximate seconds of training, search included."""
    tries = len(grid(name, inputs.settings)) * INNER_FOLDS + 1 if inputs.settings.search else 1
    return tries * estimators.module(name).fit_seconds(inputs.settings, windows, numbers)


@dataclass
class _Chance:
    """Counts of each class on shuffled features or labels, added up over folds, for the table CHANCE."""

    group: str
    shuffled: str
    found: dict[tuple[str, str, int], dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, classifier: str, kind: str, replicate: int, classes: np.ndarray, counts: np.ndarray) -> None:
        """Add `counts` (3, classes), as in `metrics.class_counts`, of `classes` (classes,) text."""
        own = self.found.setdefault((classifier, kind, replicate), {})
        for name, of_class in zip(classes.tolist(), counts.T, strict=True):
            own[name] = own.get(name, 0) + of_class

    def tables(self) -> list[pl.DataFrame]:
        rows = [
            (classifier, PROTOCOL[self.group], self.group, kind, self.shuffled, replicate, name, *counts.tolist())
            for (classifier, kind, replicate), own in self.found.items()
            for name, counts in own.items()
            if counts.any()
        ]
        return [pl.DataFrame(rows, schema=base.polars_schema(CHANCE), orient="row")] if rows else []


def _folds(numbers: list[int], of: int) -> str:
    if len(numbers) == 1:
        return f"fold {numbers[0]}"
    return "every fold" if len(numbers) == of else f"folds {', '.join(map(str, numbers))}"


@dataclass(frozen=True)
class _Sides:
    """The windows of a fold that have a label: masks (windows,) of all, training and test ones; the series of the
    latter two."""

    known: np.ndarray
    learn: np.ndarray
    test: np.ndarray
    train_series: np.ndarray
    test_series: np.ndarray


@dataclass(frozen=True)
class _Fold:
    """One fold of one replicate; `test` (windows,) bool are its test windows, `clusters` (windows,) those of all the
    replicate's windows. Adds to `outcome` and `chance`, and to `folds_by_note` the fold under each of its notes.
    """

    inputs: EvaluationInput
    matrix: FeatureMatrix
    clusters: np.ndarray
    group: str
    replicate: int
    number: int
    test: np.ndarray
    outcome: Outcome
    chance: _Chance
    folds_by_note: dict[str, list[int]]

    def note(self, text: str) -> None:
        """Add a note on this fold; folds with the same note share a line."""
        folds = self.folds_by_note.setdefault(text, [])
        if self.number not in folds:
            folds.append(self.number)

    def clustered_without_test(self) -> np.ndarray | None:
        """Clusters (windows,) by a pipeline fitted on the training windows only; scores their stability too.

        Their numbers are those of the replicate's clusters of all windows that they match on the training windows.
        """
        test, windows = self.test, self.inputs.windows
        try:
            pipeline = self.inputs.new_pipeline(None).fit(self.matrix, windows.filter(~test))
        except UserError as error:
            self.note(f"fidelity and stability are left out, the training windows make no clusters: {error}")
            return None
        clusters = np.empty(len(test), dtype=int)
        for part in (~test, test):
            clusters[part] = pipeline.assign(self.matrix, windows.filter(part))
        try:
            alone = self.inputs.new_pipeline(pipeline.k_).fit(self.matrix, windows.filter(test))
            agreement = adjusted_rand_score(clusters[test], alone.assign(self.matrix, windows.filter(test)))
            self._score("clusters", "clusters", {"adjusted_rand": agreement}, int((~test).sum()), int(test.sum()))
        except UserError as error:
            self.note(f"stability is left out, the test windows make no {pipeline.k_} clusters of their own: {error}")
        numbers = match_numbers(clusters[~test], self.clusters[~test])
        return np.array([numbers[c] for c in clusters])

    def classify(self, kind: str, series: np.ndarray, labels: pl.Series, orders: Orders | None = None) -> None:
        """Train each classifier on the training windows' `labels` (windows,), null where unknown, and test it; repeat
        this with each of `orders`.
        """
        known, names = labels.is_not_null().to_numpy(), labels.fill_null("").to_numpy().astype(str)
        if not known.any():
            return
        learn, test = ~self.test & known, self.test & known
        if not learn.any() or not test.any():
            self.note(f"{kind}: left out, since {learn.sum()} training and {test.sum()} test windows have a label")
            return
        classifiers = (*self.inputs.settings.classifiers, BASELINE)
        if len(np.unique(names[learn])) < 2:
            self.note(f"{kind}: all training windows are {str(names[learn][0])!r}, nothing to learn{_HINTS[kind]}")
            classifiers = (BASELINE,)
        sides = _Sides(known, learn, test, series[learn], series[test])
        for classifier in classifiers:
            try:
                trained = self._trained(classifier, sides, names)
            except UserError as error:
                self.note(f"{kind}: {classifier} is left out: {error}")
                continue
            for note in trained.notes:
                self.note(f"{kind}: {note}")
            truth, (predicted, probability) = names[test], predict(trained, sides.test_series)
            figures = metrics(truth, predicted)
            if probability is not None:
                figures[CALIBRATION_ERROR] = calibration_error(predicted == truth, probability)
            self._score(classifier, kind, figures, trained.n_train, len(truth))
            if self.replicate:
                self.chance.add(classifier, kind, self.replicate, *label_counts(truth, predicted))
            else:
                self._keep(classifier, kind, test, truth, predicted, probability)
            if orders is not None and classifier in orders.judged:
                self._permute(classifier, sides, orders)

    def _trained(self, classifier: str, sides: _Sides, names: np.ndarray) -> Classifier:
        together = None
        if PROTOCOL[self.group] == "grouped":
            together = joined(self.inputs.windows)[self.group].to_numpy().astype(str)[sides.learn]
        return train(classifier, sides.train_series, names[sides.learn], self.inputs.settings, together)

    def _permute(self, classifier: str, sides: _Sides, orders: Orders) -> None:
        """Train and test on each order of the labels; where an order leaves one label to learn, that label is
        predicted."""
        settings, module = self.inputs.settings, estimators.module(classifier)
        learn, test = sides.learn[sides.known], sides.test[sides.known]
        chosen = training_sample(classifier, int(learn.sum()), settings)
        predict = (
            module.share_fit(settings, sides.train_series[chosen], sides.test_series)
            if _shares(classifier, self.inputs)
            else None
        )
        for number, codes in enumerate(orders.codes, start=1):
            of_learnt = codes[learn]
            if len(np.unique(of_learnt[chosen])) < 2:
                found = np.full(test.sum(), of_learnt[chosen][0])
            elif predict is not None:
                found = predict(of_learnt[chosen])
            else:
                names = np.full(len(sides.known), "", dtype=orders.classes.dtype)
                names[sides.known] = orders.classes[codes]
                trained = self._trained(classifier, sides, names)
                found = np.searchsorted(orders.classes, trained.predict(sides.test_series))
            counts = class_counts(codes[test], found, len(orders.classes))
            self.chance.add(classifier, "truth", number, orders.classes, counts)

    def _keep(
        self,
        classifier: str,
        kind: str,
        test: np.ndarray,
        truth: np.ndarray,
        predicted: np.ndarray,
        probability: np.ndarray | None,
    ) -> None:
        windows = self.inputs.windows  # who shares a recording is one person for intervals and counts
        where = windows.with_columns(joined(windows)["performer"]).filter(test)
        where = where.select("video", "performer", "window", "start_s")
        self.outcome.predictions.append(
            where.with_columns(
                classifier=pl.lit(classifier),
                protocol=pl.lit(PROTOCOL[self.group]),
                group=pl.lit(self.group),
                labels=pl.lit(kind),
                fold=pl.lit(self.number, pl.Int32),
                truth=pl.Series(truth),
                predicted=pl.Series(predicted),
                probability=pl.lit(None, pl.Float32)
                if probability is None
                else pl.Series(probability, dtype=pl.Float32),
            )
        )

    def _score(
        self,
        classifier: str,
        kind: str,
        values: dict[str, float],
        n_train: int,
        n_test: int,
    ) -> None:
        self.outcome.scores += [
            {
                "classifier": classifier,
                "protocol": PROTOCOL[self.group],
                "group": self.group,
                "draw": self.replicate,
                "fold": self.number,
                "labels": kind,
                "metric": metric,
                "value": value,
                "n_train": n_train,
                "n_test": n_test,
            }
            for metric, value in values.items()
        ]
