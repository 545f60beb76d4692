"""Join the evaluation jobs: all predictions in one table, every figure beside its null, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from moodreel.classify.calibration import reliability
from moodreel.classify.comparison import compare, leakage
from moodreel.classify.summary import JUDGED, per_class, summarise
from moodreel.settings.classify import ClassifySettings
from moodreel.storage.stamps import make_stamp
from moodreel.tables import base
from moodreel.tables.classify import CALIBRATION, CHANCE, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, PREDICTIONS, SCORES
from moodreel.workflow import step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of the evaluation jobs")
    parser.add_argument("--chance", type=Path, nargs="+", required=True, help="shuffles of the evaluation jobs")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="predictions of the evaluation jobs")
    parser.add_argument(
        "--predictions-out", type=Path, required=True, help="predictions.parquet; notes are in its stamp"
    )
    parser.add_argument("--evaluation-out", type=Path, required=True, help="evaluation.tsv")
    parser.add_argument("--classes-out", type=Path, required=True, help="classes.tsv")
    parser.add_argument("--comparisons-out", type=Path, required=True, help="comparisons.tsv")
    parser.add_argument("--calibration-out", type=Path, required=True, help="calibration.tsv")
    parser.add_argument("--leakage-out", type=Path, required=True, help="leakage.tsv")
    args = parser.parse_args()
    settings = ClassifySettings(**args.settings.get("classify", {}))
    scores = pl.concat([base.read(path, SCORES) for path in args.scores])
    predictions = pl.concat([base.read(path, PREDICTIONS) for path in args.predictions])
    chance = pl.concat([base.read(path, CHANCE) for path in args.chance])
    stamps = [base.read_stamp(path) for path in args.scores]
    notes = list(dict.fromkeys(note for stamp in stamps for note in stamp["notes"]))
    unjudged = [row for stamp in stamps for row in stamp["unjudged"]]
    evaluation = summarise(scores, predictions, chance, unjudged, settings.seed)
    base.write_tsv(args.evaluation_out, EVALUATION, evaluation)
    base.write_tsv(args.comparisons_out, COMPARISONS, compare(scores, predictions, settings.seed))
    base.write_tsv(args.leakage_out, LEAKAGE, leakage(evaluation, predictions, settings.seed))
    base.write_tsv(args.classes_out, CLASSES, per_class(predictions, settings.seed))
    base.write_tsv(args.calibration_out, CALIBRATION, reliability(predictions, settings.seed))
    stamp = make_stamp(code=args.code, settings={"classify": settings.model_dump(mode="json")}, notes=notes)
    base.write(args.predictions_out, PREDICTIONS, predictions, stamp)
    for row in evaluation.filter(pl.col("metric").is_in([JUDGED, "adjusted_rand"])).iter_rows(named=True):
        print(line(row))


def line(row: Mapping[str, Any]) -> str:
    """A row of EVALUATION in one line of text."""
    text = f"{row['labels']} {row['protocol']}/{row['group']} {row['classifier']}: {row['metric']} {row['value']:.3f}"
    if row["low"] is not None:
        text += f" [{row['low']:.3f}, {row['high']:.3f}]"
    text += f" of {row['windows']} windows"
    if row["people"] is not None:
        text += f", {row['videos']} videos, {row['people']} people"
    if row["chance"]:
        text += f"; with {row['chance']} shuffled {row['chance_mean']:.3f} on average ({row['shuffles']} times)"
    if row["p_corrected"] is not None:
        text += f", p {row['p_value']:.2g}, corrected {row['p_corrected']:.2g}"
    return f"{text}: {row['verdict']}" if row["verdict"] else text


if __name__ == "__main__":
    step.run(main)
