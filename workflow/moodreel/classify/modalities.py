"""Which part of the features carries the recognition: the face, the body, both, and each group by itself.

All parts are tested on the same folds by the same classifier, so that they can be compared person by person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from moodreel.classify.comparison import difference
from moodreel.classify.estimators import BASELINE
from moodreel.classify.evaluation_input import EvaluationInput
from moodreel.classify.jobs import PROTOCOL
from moodreel.classify.protocol import evaluate
from moodreel.classify.replicate import Replicate
from moodreel.classify.summary import JUDGED, summarise
from moodreel.features.groups import GROUP_OF, GROUPS
from moodreel.settings.classify import HeadlineSettings
from moodreel.tables import base
from moodreel.tables.classify import CHANCE, MODALITIES, PREDICTIONS, SCORES
from moodreel.tables.schema import Table

FACE, BODY, BOTH = "face", "body", "both"


@dataclass(frozen=True)
class Part:
    """Some of the features: a name, and the groups (`features.groups`) that it consists of."""

    name: str
    groups: tuple[str, ...]


def parts_of(columns: Sequence[str]) -> list[Part]:
    """The parts that a run with these feature `columns` has: face, body and both, then each group by itself.

    A run with only one of face and body has no `both`, and a group that is a whole part is not listed again.
    """
    present = list(dict.fromkeys(GROUP_OF[column] for column in columns))
    body = tuple(group for group in present if GROUPS[group].source == "body")
    face = tuple(group for group in present if GROUPS[group].source != "body")
    parts = [Part(name, groups) for name, groups in ((FACE, face), (BODY, body)) if groups]
    if len(parts) == 2:
        parts.append(Part(BOTH, tuple(present)))
    known = {part.groups for part in parts}
    return parts + [Part(group, (group,)) for group in present if (group,) not in known]


def compare_parts(
    inputs: EvaluationInput, folds: Mapping[str, np.ndarray], classifier: str
) -> tuple[pl.DataFrame, list[str]]:
    """The table MODALITIES of how `classifier` tells the labels of `inputs` apart, and notes.

    `folds`: by group, the fold (windows,) in which each window is tested. p values are corrected for all parts and
    groups of folds. Labels are exchanged for face, body and both; a group by itself is only described, not judged.
    """
    parts = parts_of(inputs.matrix.columns)
    tables: dict[str, list[pl.DataFrame]] = {spec.name: [] for spec in (SCORES, PREDICTIONS, CHANCE)}
    notes, unjudged = [], []
    for part in parts:
        own = _of_part(inputs, part, classifier)
        data = Replicate(own, 0)
        for group, fold in folds.items():
            outcome = evaluate(own, group, fold, data, clusters=False)
            scores = pl.DataFrame(outcome.scores, schema=base.polars_schema(SCORES))
            tables[SCORES.name].append(_under_part(scores, part, parts))
            tables[PREDICTIONS.name] += [
                _under_part(t.select(PREDICTIONS.names), part, parts) for t in outcome.predictions
            ]
            tables[CHANCE.name] += [_under_part(t.select(CHANCE.names), part, parts) for t in outcome.chance]
            notes += [f"{part.name}: {note}" for note in outcome.notes]
            unjudged += [{**row, "classifier": part.name} for row in outcome.unjudged]
    whole = {spec.name: pl.concat([_empty(spec), *tables[spec.name]]) for spec in (SCORES, PREDICTIONS, CHANCE)}
    predictions = whole[PREDICTIONS.name]
    figures = summarise(whole[SCORES.name], predictions, whole[CHANCE.name], unjudged, inputs.settings.seed)
    place = {part.name: number for number, part in enumerate(parts)}
    judged = figures.filter((pl.col("metric") == JUDGED) & (pl.col("classifier") != BASELINE))
    rows = [
        {
            **row,
            "part": row["classifier"],
            "classifier": classifier,
            "groups": ", ".join(parts[place[row["classifier"]]].groups),
            "columns": len(inputs.matrix.select(parts[place[row["classifier"]]].groups).columns),
            **_less_face(predictions, row["classifier"], row["group"], inputs.settings.seed),
        }
        for row in judged.iter_rows(named=True)
    ]
    rows.sort(key=lambda row: (list(PROTOCOL).index(row["group"]), place[row["part"]]))
    table = pl.DataFrame(
        [{name: row[name] for name in MODALITIES.names} for row in rows], schema=base.polars_schema(MODALITIES)
    )
    return table, list(dict.fromkeys(notes))


def _of_part(inputs: EvaluationInput, part: Part, classifier: str) -> EvaluationInput:
    """The evaluation input with the columns of a part alone, and with one classifier."""
    judged = part.name in (FACE, BODY, BOTH)
    changed = {
        "classifiers": [classifier],
        "headline": HeadlineSettings(),
        "permutations": inputs.settings.permutations if judged else 0,
    }
    matrix = inputs.matrix.select(part.groups)
    return replace(inputs, matrix=matrix, settings=inputs.settings.model_copy(update=changed))


def _under_part(table: pl.DataFrame, part: Part, parts: Sequence[Part]) -> pl.DataFrame:
    """The rows with the part's name in place of the classifier's. The baseline, the same for all, stays once."""
    wanted = (pl.col("classifier") != BASELINE) | pl.lit(part is parts[0])
    named = pl.when(pl.col("classifier") == BASELINE).then("classifier").otherwise(pl.lit(part.name))
    return table.filter(wanted).with_columns(classifier=named)


def _empty(spec: Table) -> pl.DataFrame:
    return pl.DataFrame(schema=base.polars_schema(spec))


def _less_face(predictions: pl.DataFrame, part: str, group: str, seed: int) -> dict[str, Any]:
    """The part's figure minus that of the face alone, with its interval over people; null for the face itself."""
    own, face = (predictions.filter(classifier=name, group=group) for name in (part, FACE))
    if part == FACE or face.is_empty():
        return {"less_face": None, "less_face_low": None, "less_face_high": None}
    found = difference(own, face, JUDGED, seed)
    return {"less_face": found.value, "less_face_low": found.low, "less_face_high": found.high}


def line(row: Mapping[str, Any]) -> str:
    """A row of MODALITIES in one line of text."""
    interval = "" if row["low"] is None else f" [{row['low']:.2f}, {row['high']:.2f}]"
    text = f"{row['part']} by {row['group']}: balanced accuracy {row['value']:.2f}{interval}"
    return f"{text} of {row['windows']} windows, {row['people']} people ({row['classifier']})"
