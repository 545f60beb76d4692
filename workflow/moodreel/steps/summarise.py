"""Join the evaluation jobs: all predictions in one table, every figure with its level of chance and the verdict."""

from moodreel.tables.classify import CALIBRATION, CHANCE, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, PREDICTIONS, SCORES
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output


@declare(
    inputs={
        "scores": Input(SCORES, many=True),
        "predictions": Input(PREDICTIONS, many=True),
        "chance": Input(CHANCE, many=True),
    },
    outputs={
        "predictions": Output(PREDICTIONS),
        "evaluation": Output(EVALUATION),
        "classes": Output(CLASSES),
        "comparisons": Output(COMPARISONS),
        "calibration": Output(CALIBRATION),
        "leakage": Output(LEAKAGE),
    },
    settings=("classify",),
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.classify import summary
    from moodreel.classify.calibration import reliability
    from moodreel.classify.comparison import compare, leakage
    from moodreel.tables import base

    seed = job.settings.classify.seed
    scores, predictions, chance = (job.read(name) for name in ("scores", "predictions", "chance"))
    stamps = [base.read_stamp(path) for path in job.inputs.scores]
    notes = list(dict.fromkeys(note for stamp in stamps for note in stamp["notes"]))
    unjudged = [row for stamp in stamps for row in stamp["unjudged"]]
    evaluation = summary.summarise(scores, predictions, chance, unjudged, seed)
    job.write("evaluation", evaluation)
    job.write("comparisons", compare(scores, predictions, seed))
    job.write("leakage", leakage(evaluation, predictions, seed))
    job.write("classes", summary.per_class(predictions, seed))
    job.write("calibration", reliability(predictions, seed))
    job.write("predictions", predictions, notes=notes)
    for row in evaluation.filter(pl.col("metric").is_in([summary.JUDGED, "adjusted_rand"])).iter_rows(named=True):
        print(summary.line(row))
