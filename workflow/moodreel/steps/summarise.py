"""Join the evaluation jobs: all predictions in one table, and every figure beside its null."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel import provenance
from moodreel.classify.summary import summarise
from moodreel.settings.classify import ClassifySettings
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION, PREDICTIONS, SCORES


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of the evaluation jobs")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="predictions of the evaluation jobs")
    parser.add_argument(
        "--predictions-out", type=Path, required=True, help="predictions.parquet; notes are in its stamp"
    )
    parser.add_argument("--evaluation-out", type=Path, required=True, help="evaluation.tsv")
    args = parser.parse_args()
    settings = ClassifySettings(**args.settings.get("classify", {}))
    scores = pl.concat([base.read(path, SCORES) for path in args.scores])
    notes = [note for path in args.scores for note in base.read_stamp(path)["notes"]]
    evaluation = summarise(scores)
    base.write_tsv(args.evaluation_out, EVALUATION, evaluation)
    stamp = provenance.stamp(code=args.code, settings={"classify": settings.model_dump(mode="json")}, notes=notes)
    with base.writer(args.predictions_out, PREDICTIONS, stamp) as append:
        for path in args.predictions:
            append(base.read(path, PREDICTIONS))
    for row in evaluation.filter(pl.col("metric").is_in(["accuracy", "adjusted_rand"])).iter_rows(named=True):
        null = f"null {row['null_mean']:.3f}" if row["draws"] else "no null"
        where = f"{row['labels']} {row['protocol']}/{row['group']} {row['classifier']}"
        print(f"{where}: {row['metric']} {row['mean']:.3f} ({row['sd']:.3f}), {null}")


if __name__ == "__main__":
    command.run(main)
