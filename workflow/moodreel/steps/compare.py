"""Compare a paper's published numbers with a run's: comparison.tsv and comparison.html."""

from moodreel.tables.classify import EVALUATION, MODALITIES
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_TIMELINE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Output, table_inputs


@declare(
    inputs={
        "expected": Input("expected.yaml of the paper"),
        "described": Input("settings.yaml of the run"),
        "videos": Input(VIDEOS),
        # of a study of expressions
        **table_inputs(
            SCREENING, FEATURES, WINDOWS, SILHOUETTE, CLUSTERS, EVALUATION, MODALITIES, PAIRS, optional=True
        ),
        # of a study of emotions
        "clips": Input(CLIP_EMOTIONS, optional=True),
        "accuracy": Input(CLIP_ACCURACY, optional=True),
        "detectors": Input(DETECTORS, optional=True),
        "timeline": Input(EMOTION_TIMELINE, optional=True),
    },
    outputs={"out": Output(COMPARISON), "page": Output("the page, HTML")},
    with_missing=True,
)
def main(job: Job) -> None:
    from moodreel.report.comparison import page, published, study
    from moodreel.storage.atomic import write_text

    paper = published.read(job.inputs.expected)
    run = study.read(job.inputs.described, vars(job.inputs))
    table = study.compare(run, paper)
    job.write("out", table)
    write_text(job.outputs.page, page.render(table, run, paper))
    print(f"wrote {job.outputs.page}: {paper.paper} compared with {run.name}")
