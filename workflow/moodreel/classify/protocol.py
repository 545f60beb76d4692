"""One protocol, once: every fold clustered, learnt and tested, on the features as they are or on their null.

`paper`: the clusters were made on everything; only scaler and classifier are kept away from the test windows.
`grouped`: whole videos or performers are kept away from everything, PCA, UMAP, k and clusters included; a test window's
cluster is that of the nearest centre.

Fidelity is how well a classifier reproduces that assignment. Stability is how well the same test windows, clustered on
their own into as many clusters, agree with it: prediction strength (Tibshirani & Walther 2005, J. Comput. Graph. Stat.
14:511), measured by the adjusted Rand index. Label accuracy is against the windows' labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from moodreel.classify.estimators import BASELINE
from moodreel.classify.folds import PROTOCOL
from moodreel.classify.matching import matched
from moodreel.classify.metrics import metrics
from moodreel.classify.null import shuffled
from moodreel.classify.series import binned
from moodreel.classify.study import Study
from moodreel.classify.training import train
from moodreel.errors import UserError
from moodreel.features.matrix import FeatureMatrix

_MEND = {"clusters": " (clusters.k, clusters.k_max)", "truth": ""}


@dataclass
class Outcome:
    """Rows of the tables SCORES and PREDICTIONS, and notes of what was left out and why."""

    scores: list[dict] = field(default_factory=list)
    predictions: list[pl.DataFrame] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def evaluate(study: Study, group: str, fold: np.ndarray, draw: int) -> Outcome:
    """Run the protocol of `group`; `fold` (windows,) int says in which fold each window is tested.

    Draw 0 is the data. In any other the features are shuffled first, seeded by the draw, and everything is repeated on
    them, the clustering included; predictions are kept of draw 0 only. What cannot be done in a fold is left out with a
    note, and the rest still comes out.
    """
    outcome = Outcome()
    matrix, clusters = study.matrix, study.clusters
    try:
        if draw:
            matrix = shuffled(matrix, study.windows, study.features, study.settings.seed + draw)
            if PROTOCOL[group] == "paper":
                clusters = study.new_pipeline(None).fit(matrix, study.windows).assign(matrix, study.windows)
        features = binned(matrix, study.windows, study.features, study.rate_hz)
    except UserError as error:
        outcome.notes.append(f"{PROTOCOL[group]}/{group}{f', null {draw}' if draw else ''}: left out: {error}")
        return outcome
    for number in np.unique(fold):
        one = _Fold(study, matrix, group, draw, int(number), fold == number, outcome)
        try:
            series = features.series(features.scaler(study.features, ~one.test))
        except UserError as error:
            one.note(f"left out: {error}")
            continue
        given = one.clustered_without_test() if PROTOCOL[group] == "grouped" else clusters
        if given is not None:
            one.classify("clusters", series, pl.Series(given).cast(pl.String))
        one.classify("truth", series, study.windows["label"])
    return outcome


@dataclass(frozen=True)
class _Fold:
    """One fold of one draw; `test` (windows,) bool are its test windows. Adds to `outcome`."""

    study: Study
    matrix: FeatureMatrix
    group: str
    draw: int
    number: int
    test: np.ndarray
    outcome: Outcome

    def note(self, text: str) -> None:
        where = f"{PROTOCOL[self.group]}/{self.group}, fold {self.number}"
        self.outcome.notes.append(f"{where}, null {self.draw}: {text}" if self.draw else f"{where}: {text}")

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

    def classify(self, kind: str, series: np.ndarray, labels: pl.Series) -> None:
        """Train each classifier on the training windows' `labels` (windows,), null where unknown, and test it."""
        known, names = labels.is_not_null().to_numpy(), labels.fill_null("").to_numpy().astype(str)
        if not known.any():
            return
        learn, ask = ~self.test & known, self.test & known
        if not learn.any() or not ask.any():
            self.note(f"{kind}: left out, since {learn.sum()} training and {ask.sum()} test windows have a label")
            return
        classifiers = (*self.study.settings.classifiers, BASELINE)
        if len(np.unique(names[learn])) < 2:
            self.note(f"{kind}: all training windows are {names[learn][0]!r}, nothing to learn{_MEND[kind]}")
            classifiers = (BASELINE,)
        together = None if self.group == "window" else self.study.windows[self.group].to_numpy().astype(str)[learn]
        for classifier in classifiers:
            try:
                trained = train(classifier, series[learn], names[learn], self.study.settings, together)
            except UserError as error:
                self.note(f"{kind}: {classifier} is left out: {error}")
                continue
            if trained.note:
                self.note(f"{kind}: {trained.note}")
            predicted = trained.predict(series[ask])
            self._score(classifier, kind, metrics(names[ask], predicted), trained.n_train, len(predicted))
            if not self.draw:
                where = self.study.windows.filter(ask).select("video", "window", "start_s")
                self.outcome.predictions.append(
                    where.with_columns(
                        classifier=pl.lit(classifier),
                        protocol=pl.lit(PROTOCOL[self.group]),
                        group=pl.lit(self.group),
                        labels=pl.lit(kind),
                        fold=pl.lit(self.number, pl.Int32),
                        truth=pl.Series(names[ask]),
                        predicted=pl.Series(predicted),
                    )
                )

    def _score(self, classifier: str, kind: str, values: dict[str, float], n_train: int, n_test: int) -> None:
        self.outcome.scores += [
            {
                "classifier": classifier,
                "protocol": PROTOCOL[self.group],
                "group": self.group,
                "draw": self.draw,
                "fold": self.number,
                "labels": kind,
                "metric": metric,
                "value": value,
                "n_train": n_train,
                "n_test": n_test,
            }
            for metric, value in values.items()
        ]
