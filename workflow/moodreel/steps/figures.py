"""Draw a run's figures as SVG and PNG, with captions."""

from moodreel.tables.classify import CALIBRATION, CLASSES, COMPARISONS, EVALUATION, LEAKAGE, MODALITIES, PREDICTIONS
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.features import FEATURES, WINDOWS
from moodreel.tables.figures import FIGURES
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, FEATURES, WINDOWS, SILHOUETTE, CLUSTERS),
        "gallery": Input("folder of the gallery"),
        **table_inputs(PREDICTIONS, EVALUATION, CLASSES, COMPARISONS, CALIBRATION, LEAKAGE, MODALITIES),
        "comparison": Input(COMPARISON, optional=True),
        "scores": Input(EMOTION_SCORES, through_videos=True),
    },
    outputs={"out": Output("folder of the figures, SVG and PNG, with captions.tsv")},
    options={"emotions": Option("subfolder of a video's folder with emotion scores, if there are any")},
    settings=("clusters.names", "classify.classifiers", "classify.headline", "emotions.decimals"),
    with_missing=True,
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.report import figures, run, style
    from moodreel.storage.atomic import folder_replacement, of_suffix
    from moodreel.tables import base

    found, rows = run.read(vars(job.inputs), job.settings, job.options.emotions), []
    with folder_replacement(job.outputs.out, of_suffix(".svg", ".png", ".tsv")) as folder:
        for drawn in figures.every(found, lambda name, why: print(f"no {name}: {why}")):
            style.save(drawn.figure, folder, drawn.name)
            rows.append({"name": drawn.name, "title": drawn.title, "caption": drawn.caption})
        table = pl.DataFrame(rows, schema=base.polars_schema(FIGURES))
        base.write_tsv(folder / "captions.tsv", FIGURES, table)
    print(f"{len(table)} figures in {job.outputs.out}")
