"""Label accuracy on studies of noise: how often a verdict calls it more than chance, how often a signal is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from benchmarks.noise.signals import study
from moodreel.classify.evaluation_input import Study, fold_of
from moodreel.classify.folds import make_folds
from moodreel.classify.protocol import Outcome, evaluate
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
"""Those that are judged everywhere. A neural network is over its budget of time, and so never called a success."""


@dataclass(frozen=True)
class Verdicts:
    """What the report would say of one study: of its headline, and of any row; the p value of the headline's row."""

    headline: bool
    any_row: bool
    p_value: float | None
    figure: float


def verdicts_of(seed: int, kind: str, *, labels: int = 2, signal: float = 0.0, **settings: object) -> Verdicts:
    """The verdicts on label accuracy in one study of noise (`signals.study`), by the evaluation's own functions."""
    evaluation, classify = evaluate_study(seed, kind, labels=labels, signal=signal, **settings)
    rows = summary.figures(evaluation)
    first = summary.headline(rows, classify)
    assert first is not None  # it is among the classifiers
    return Verdicts(first.good, any(row.good for row in rows), first.figure.p_value, first.figure.balanced)


def evaluate_study(
    seed: int, kind: str, *, labels: int = 2, signal: float = 0.0, **settings: object
) -> tuple[pl.DataFrame, ClassifySettings]:
    """The table EVALUATION of one study of noise, and the settings it was made with."""
    matrix, windows = study(seed, kind, labels=labels, signal=signal)
    classify = ClassifySettings.model_validate(
        {"classifiers": list(CLASSIFIERS), "nulls": 0, "seed": seed % 2**31, **settings}
    )
    given = Study(matrix, windows, np.ones(len(windows), int), NotImplemented, FEATURES, 5.0, classify)
    folds, _ = make_folds(windows, classify)
    draw = Replicate(given, 0)
    outcomes = [
        evaluate(given, group, fold, draw, clusters=False)
        for group in ("window", *classify.groups)
        if (fold := fold_of(windows, folds, group)) is not None
    ]
    scores = pl.DataFrame([row for o in outcomes for row in o.scores], schema=base.polars_schema(SCORES))
    tables = {spec.name: table(spec, outcomes) for spec in (PREDICTIONS, CHANCE)}
    unjudged = [row for o in outcomes for row in o.unjudged]
    return summarise(scores, tables["predictions"], tables["chance"], unjudged, classify.seed), classify


def table(spec: Table, outcomes: list[Outcome]) -> pl.DataFrame:
    """All rows of the table PREDICTIONS or CHANCE in `outcomes`."""
    parts = [table.select(spec.names) for outcome in outcomes for table in getattr(outcome, spec.name)]
    return pl.concat([pl.DataFrame(schema=base.polars_schema(spec)), *parts])
