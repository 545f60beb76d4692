"""Label accuracy on studies of noise: how often a verdict calls it more than chance, how often a signal is found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from benchmarks.noise.signals import study
from moodreel.classify.evaluation_input import EvaluationInput, fold_of
from moodreel.classify.folds import make_folds
from moodreel.classify.protocol import evaluate
from moodreel.classify.replicate import Replicate
from moodreel.classify.summary import summarise
from moodreel.report import summary
from moodreel.settings.classify import ClassifySettings
from moodreel.settings.features import FeaturesSettings
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, PREDICTIONS, SCORES
from moodreel.tables.schema import Table

FEATURES = FeaturesSettings(groups=["action_units", "head_pose"])
CLASSIFIERS: tuple[Literal["svm", "knn"], ...] = ("svm", "knn")
"""Classifiers that are judged everywhere. A neural network exceeds its time budget and is never called a success."""


@dataclass(frozen=True)
class Verdicts:
    """The report's verdicts on one study: whether its headline and whether any row is good; p value and figure of the
    headline's row."""

    headline: bool
    any_row: bool
    p_value: float | None
    figure: float


def verdicts_of(seed: int, kind: str, labels: int = 2, signal: float = 0.0, **settings: object) -> Verdicts:
    """The verdicts on label accuracy in one study of noise (`signals.study`), by the evaluation's own functions."""
    matrix, windows = study(seed, kind, labels=labels, signal=signal)
    classify = ClassifySettings.model_validate(
        {"classifiers": list(CLASSIFIERS), "nulls": 0, "seed": seed % 2**31, **settings}
    )
    given = EvaluationInput(matrix, windows, np.ones(len(windows), int), NotImplemented, FEATURES, 5.0, classify)
    rows = summary.figures(evaluation(given, ("window", *classify.groups), clusters=False))
    first = summary.headline(rows, classify)
    assert first is not None  # it is among the classifiers
    return Verdicts(first.good, any(row.good for row in rows), first.figure.p_value, first.figure.balanced)


def evaluation(
    given: EvaluationInput, groups: Iterable[str], *, shuffles: int = 0, clusters: bool = True
) -> pl.DataFrame:
    """The table EVALUATION of a study, compared with `shuffles` shuffles. `clusters`: as in `protocol.evaluate`."""
    folds, _ = make_folds(given.windows, given.settings)
    by_group = {group: fold_of(given.windows, folds, group) for group in groups}
    outcomes = [
        evaluate(given, group, fold, replicate, clusters=clusters)
        for replicate in (Replicate(given, number) for number in range(shuffles + 1))
        for group, fold in by_group.items()
        if fold is not None
    ]

    def rows_of(spec: Table) -> pl.DataFrame:
        parts = [part.select(spec.names) for outcome in outcomes for part in getattr(outcome, spec.name)]
        return pl.concat([pl.DataFrame(schema=base.polars_schema(spec)), *parts])

    scores = pl.DataFrame([row for o in outcomes for row in o.scores], schema=base.polars_schema(SCORES))
    unjudged = [row for outcome in outcomes for row in outcome.unjudged]
    return summarise(scores, rows_of(PREDICTIONS), rows_of(CHANCE), unjudged, given.settings.seed)
