"""Write the report of a run."""

from moodreel.tables.classify import (
    CALIBRATION,
    CLASSES,
    COMPARISONS,
    EVALUATION,
    FOLDS,
    LEAKAGE,
    MODALITIES,
    PREDICTIONS,
)  # fmt: skip
from moodreel.tables.clusters import CLUSTERS, EMBEDDING, SILHOUETTE
from moodreel.tables.emotions import EMOTION_SCORES
from moodreel.tables.extraction import MESH, POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.labels import LABELS
from moodreel.tables.music import PAIRS, UNPAIRED
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        "described": Input("settings.yaml of the run"),
        **table_inputs(VIDEOS, SCREENING, FEATURES, WINDOWS, LABELS, EMBEDDING, SILHOUETTE, CLUSTERS),
        "gallery": Input("folder of the gallery"),
        **table_inputs(FOLDS, PREDICTIONS, EVALUATION, CLASSES, COMPARISONS, CALIBRATION, LEAKAGE, MODALITIES, PAIRS),
        **table_inputs(UNPAIRED),
        "previews": Input("folder of the preview clips"),
        "films": Input("annotated films, in the run's folder", through_videos=True),
        "poses": Input(POSE, through_videos=True),
        "meshes": Input(MESH, through_videos=True),
        "faces": Input(FACE, through_videos=True),
        "scores": Input(EMOTION_SCORES, through_videos=True),
    },
    outputs={"out": Output("the page, HTML")},
    options={"emotions": Option("subfolder of a video's folder with emotion scores, if there are any")},
    settings=(
        "report", "clusters", "clusters.names", "classify.classifiers", "classify.headline", "emotions.decimals",
        "annotate.videos",
    ),
    with_missing=True,
)  # fmt: skip
def main(job: Job) -> None:
    from moodreel.films.links import links
    from moodreel.report import run
    from moodreel.report.page import Page, render, stamps_of_readings
    from moodreel.storage.atomic import write_text

    given, settings, videos, screening = job.inputs, job.settings, job.read("videos"), job.read("screening")
    stamped = ("features", "windows", "embedding", "clusters", "folds", "predictions")
    stamps = {f"{name}.parquet": job.stamp_of(name) for name in stamped}
    page = Page(
        run=run.read(vars(given), settings, job.options.emotions),
        title=settings.report.title,
        settings_text=given.described.read_text(encoding="utf-8"),
        videos=videos,
        screening=screening,
        pairs=job.read("pairs"),
        unpaired=job.read("unpaired"),
        previews_folder=given.previews,
        stamps={**stamps_of_readings(videos, screening), **stamps},
        films=links(videos["video"], given.videos.parent, settings.annotate.videos),
    )
    text = render(page)
    write_text(job.outputs.out, text)
    print(f"wrote {job.outputs.out} ({len(text) / 1e6:.1f} MB)")
