"""One protocol, once: every fold clustered, learnt and tested, on the features as they are or on their null.

`paper`: the clusters were made on everything; only scaler and classifier are kept away from the test windows.
`grouped`: whole videos or performers are kept away from everything, PCA, UMAP, k and clusters included; a test window's
cluster is that of the nearest centre. Action units too are then measured against resting faces that the other side did
not help to find (`held_out`).

Fidelity is how well a classifier reproduces that assignment. Stability is how well the same test windows, clustered on
their own into as many clusters, agree with it: prediction strength (Tibshirani & Walther 2005, J. Comput. Graph. Stat.
14:511), measured by the adjusted Rand index. Label accuracy is against the windows' labels; what it is worth beyond the
features' null says the same accuracy on shuffled labels (`permutation`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from moodreel.classify.calibration import METRIC as CALIBRATION_ERROR
from moodreel.classify.calibration import calibration_error
from moodreel.classify.draw import Draw
from moodreel.classify.estimators import BASELINE, DUMMIES
from moodreel.classify.folds import PROTOCOL
from moodreel.classify.held_out import GROUP
from moodreel.classify.matching import matched
from moodreel.classify.metrics import metrics
from moodreel.classify.permutation import Exchangeable, exchangeable
from moodreel.classify.probabilities import said
from moodreel.classify.study import Study, notes_on_columns
from moodreel.classify.training import Classifier, train
from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix

_MEND = {"clusters": " (clusters.k, clusters.k_max)", "truth": ""}


@dataclass
class Outcome:
    """Rows of the tables SCORES and PREDICTIONS, and notes of what was left out and why."""

    scores: list[dict] = field(default_factory=list)
    predictions: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def evaluate(
    study: Study, group: str, fold: np.ndarray, draw: int | Draw, only: Iterable[int] | None = None
) -> Outcome:
    """Run the protocol of `group`; `fold` (windows,) int says in which fold each window is tested.

    Draw 0 is the data, with its label permutations. In any other the features are shuffled first, and everything is
    repeated on them, the clustering included; predictions are kept of draw 0 only. A `Draw` may be used for several
    groups. What cannot be done in a fold is left out with a note, and the rest still comes out. `only`: the folds to
    run; None: all.
    """
    outcome = Outcome()
    given = draw if isinstance(draw, Draw) else Draw(study, draw)
    draw = given.number
    where = f"{PROTOCOL[group]}/{group}"
    suffix = f", null {draw}" if draw else ""
    try:
        features = given.features
        clusters = given.clusters if PROTOCOL[group] == "paper" else None
    except UserError as error:
        outcome.notes.append(f"{where}{suffix}: left out: {error}")
        return outcome
    if not draw:
        outcome.notes += notes_on_columns(features.means, features.columns, study.features)
        outcome.notes += study.held_out.notes if study.held_out and group == GROUP else ()
    units = exchangeable(study.windows, fold) if study.settings.permutations and not draw else None
    if units is not None:
        outcome.notes.append(f"{where}: {units.note}")
    numbers, noted = np.unique(fold) if only is None else sorted(only), {}
    for number in numbers:
        seen = given.of_fold(group, int(number))
        one = _Fold(study, seen.matrix, group, draw, int(number), fold == number, outcome, noted)
        try:
            series = seen.features.series(seen.features.scaler(study.features, ~one.test))
        except UserError as error:
            one.note(f"left out: {error}")
            continue
        assigned = one.clustered_without_test() if clusters is None else clusters
        if assigned is not None:
            one.classify("clusters", series, pl.Series(assigned).cast(pl.String))
        one.classify("truth", series, study.windows["label"], units)
    for text, of_folds in noted.items():
        outcome.notes.append(f"{where}, {_folds(of_folds, fold.max() + 1)}{suffix}: {text}")
    return outcome


def _folds(numbers: list[int], of: int) -> str:
    if len(numbers) == 1:
        return f"fold {numbers[0]}"
    return "every fold" if len(numbers) == of else f"folds {', '.join(map(str, numbers))}"


@dataclass(frozen=True)
class _Sides:
    """The windows of a fold that have a label: masks (windows,) of all, training and test ones; the series of these."""

    known: np.ndarray
    learn: np.ndarray
    ask: np.ndarray
    learnt: np.ndarray
    asked: np.ndarray


@dataclass(frozen=True)
class _Fold:
    """One fold of one draw; `test` (windows,) bool are its test windows. Adds to `outcome`, and to `noted` the folds
    by what is to be said of them.
    """

    study: Study
    matrix: FeatureMatrix
    group: str
    draw: int
    number: int
    test: np.ndarray
    outcome: Outcome
    noted: dict[str, list[int]]

    def note(self, text: str) -> None:
        """Remember what happened in this fold; folds in which the same did share a line."""
        folds = self.noted.setdefault(text, [])
        if self.number not in folds:
            folds.append(self.number)

    def clustered_without_test(self) -> np.ndarray | None:
        """Clusters (windows,) by a pipeline that saw the training windows only; their stability is scored on the way.

        In draw 0 they carry the numbers of the full-data clusters that they match on the training windows.
        """
        test, windows = self.test, self.study.windows
        try:
            pipeline = self.study.new_pipeline(None).fit(self.matrix, windows.filter(~test))
        except UserError as error:
            self.note(f"fidelity and stability are left out, the training windows make no clusters: {error}")
            return None
        clusters = np.empty(len(test), dtype=int)
        for part in (~test, test):
            clusters[part] = pipeline.assign(self.matrix, windows.filter(part))
        try:
            alone = self.study.new_pipeline(pipeline.k_).fit(self.matrix, windows.filter(test))
            agreement = adjusted_rand_score(clusters[test], alone.assign(self.matrix, windows.filter(test)))
            self._score("clusters", "clusters", {"adjusted_rand": agreement}, int((~test).sum()), int(test.sum()))
        except UserError as error:
            self.note(f"stability is left out, the test windows make no {pipeline.k_} clusters of their own: {error}")
        if self.draw:
            return clusters
        numbers = matched(clusters[~test], self.study.clusters[~test])
        return np.array([numbers[c] for c in clusters])

    def classify(self, kind: str, series: np.ndarray, labels: pl.Series, units: Exchangeable | None = None) -> None:
        """Train each classifier on the training windows' `labels` (windows,), null where unknown, and test it; with
        `units` again on labels shuffled among these.
        """
        known, names = labels.is_not_null().to_numpy(), labels.fill_null("").to_numpy().astype(str)
        if not known.any():
            return
        learn, ask = ~self.test & known, self.test & known
        if not learn.any() or not ask.any():
            self.note(f"{kind}: left out, since {learn.sum()} training and {ask.sum()} test windows have a label")
            return
        classifiers = (*self.study.settings.classifiers, BASELINE)
        if len(np.unique(names[learn])) < 2:
            self.note(f"{kind}: all training windows are {str(names[learn][0])!r}, nothing to learn{_MEND[kind]}")
            classifiers = (BASELINE,)
        sides = _Sides(known, learn, ask, series[learn], series[ask])
        for classifier in classifiers:
            try:
                trained = self._trained(classifier, sides, names)
            except UserError as error:
                self.note(f"{kind}: {classifier} is left out: {error}")
                continue
            for note in trained.notes:
                self.note(f"{kind}: {note}")
            truth, (predicted, probability) = names[ask], said(trained, sides.asked)
            figures = metrics(truth, predicted)
            if probability is not None:
                figures[CALIBRATION_ERROR] = calibration_error(predicted == truth, probability)
            self._score(classifier, kind, figures, trained.n_train, len(truth))
            if not self.draw:
                self._keep(classifier, kind, ask, truth, predicted, probability)
            if units is not None and classifier not in DUMMIES:
                self._permute(classifier, sides, units)

    def _trained(self, classifier: str, sides: _Sides, names: np.ndarray) -> Classifier:
        together = None
        if PROTOCOL[self.group] == "grouped":
            together = self.study.windows[self.group].to_numpy().astype(str)[sides.learn]
        return train(classifier, sides.learnt, names[sides.learn], self.study.settings, together)

    def _permute(self, classifier: str, sides: _Sides, units: Exchangeable) -> None:
        """Train and test on shuffled labels; where these leave one to learn, that one is said."""
        names = np.full(len(sides.known), "", dtype=units.labels.dtype)
        for draw in range(1, self.study.settings.permutations + 1):
            names[sides.known] = units.shuffled(self.study.settings.seed, draw)
            alone = len(np.unique(names[sides.learn])) < 2
            trained = self._trained(BASELINE if alone else classifier, sides, names)
            figures = metrics(names[sides.ask], trained.predict(sides.asked))
            self._score(classifier, "truth", figures, trained.n_train, len(sides.asked), permutation=draw)

    def _keep(
        self,
        classifier: str,
        kind: str,
        ask: np.ndarray,
        truth: np.ndarray,
        predicted: np.ndarray,
        probability: np.ndarray | None,
    ) -> None:
        where = self.study.windows.filter(ask).select("video", "window", "start_s")
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
        *,
        permutation: int = 0,
    ) -> None:
        shuffled = "labels" if permutation else "features" if self.draw else "nothing"
        self.outcome.scores += [
            {
                "classifier": classifier,
                "protocol": PROTOCOL[self.group],
                "group": self.group,
                "shuffled": shuffled,
                "draw": permutation or self.draw,
                "fold": self.number,
                "labels": kind,
                "metric": metric,
                "value": value,
                "n_train": n_train,
                "n_test": n_test,
            }
            for metric, value in values.items()
        ]
