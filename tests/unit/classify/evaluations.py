"""Evaluations of small studies: their folds, one protocol at a time, and the table of figures."""

import numpy as np
import polars as pl

from moodreel.classify.evaluation_input import EvaluationInput, fold_of
from moodreel.classify.folds import make_folds
from moodreel.classify.protocol import Outcome, evaluate
from moodreel.classify.summary import summarise
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, PREDICTIONS, SCORES


def fold_by(study: EvaluationInput, group: str) -> np.ndarray:
    """The fold (windows,) in which each window is tested."""
    return fold_of(study.windows, make_folds(study.windows, study.settings)[0], group)


def run(study: EvaluationInput, group: str, number: int = 0) -> Outcome:
    """The protocol of a group on the data, or on a null replicate from 1."""
    return evaluate(study, group, fold_by(study, group), number)


def figures_of(outcomes: list[Outcome]) -> pl.DataFrame:
    """The table EVALUATION of them."""

    def joined(spec) -> pl.DataFrame:
        parts = [t.select(spec.names) for outcome in outcomes for t in getattr(outcome, spec.name)]
        return pl.concat([pl.DataFrame(schema=base.polars_schema(spec)), *parts])

    scores = pl.DataFrame([row for o in outcomes for row in o.scores], schema=base.polars_schema(SCORES))
    unjudged = [row for outcome in outcomes for row in outcome.unjudged]
    return summarise(scores, joined(PREDICTIONS), joined(CHANCE), unjudged)
