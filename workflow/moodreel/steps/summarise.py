"""Join the evaluation jobs: all predictions in one table, every figure beside its null, and what follows from both."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel import provenance
from moodreel.classify.calibration import reliability
from moodreel.classify.comparison import compare, leakage
from moodreel.classify.summary import per_class, summarise
from moodreel.settings.classify import ClassifySettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, PREDICTIONS, SCORES


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of the evaluation jobs")
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
    notes = list(dict.fromkeys(note for path in args.scores for note in base.read_stamp(path)["notes"]))
    evaluation = summarise(scores)
    base.write_tsv(args.evaluation_out, EVALUATION, evaluation)
    base.write_tsv(args.comparisons_out, COMPARISONS, compare(scores))
    base.write_tsv(args.leakage_out, LEAKAGE, leakage(scores))
    predictions = pl.concat([base.read(path, PREDICTIONS) for path in args.predictions])
    base.write_tsv(args.classes_out, CLASSES, per_class(predictions))
    base.write_tsv(args.calibration_out, CALIBRATION, reliability(predictions))
    stamp = provenance.stamp(code=args.code, settings={"classify": settings.model_dump(mode="json")}, notes=notes)
    base.write(args.predictions_out, PREDICTIONS, predictions, stamp)
    for row in evaluation.filter(pl.col("metric").is_in(["accuracy", "adjusted_rand"])).iter_rows(named=True):
        null = f"null {row['null_mean']:.3f}" if row["draws"] else "no null"
        if row["permutations"]:
            null += f", p {row['p_value']:.3g} of {row['permutations']} label permutations"
        where = f"{row['labels']} {row['protocol']}/{row['group']} {row['classifier']}"
        print(f"{where}: {row['metric']} {row['mean']:.3f} ({row['sd']:.3f}), {null}")


if __name__ == "__main__":
    command.run(main)
