"""Compare the results on built-in clips with what these show, or (--show) print a finished comparison."""

from pathlib import Path

from moodreel.tables.classify import EVALUATION
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.demo_scores import DEMO_SCORES
from moodreel.tables.labels import LABELS
from moodreel.tables.music import PAIRS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, LABELS, CLUSTERS, EVALUATION, PAIRS, optional=True),
        "truths": Input(TRUTH, through_videos=True),
    },
    outputs={"out": Output(DEMO_SCORES, optional=True)},
    options={"show": Option("print the comparison in this run's folder", Path, by_hand=True)},
    settings=("classify.classifiers", "classify.headline"),
)
def main(job: Job) -> None:
    from moodreel.demo import scores
    from moodreel.tables import base

    if run := job.options.show:
        print(scores.in_words(base.read_tsv(run / "acted.tsv", DEMO_SCORES), str(run / "report.html")))
        return
    if None in (*vars(job.inputs).values(), job.outputs.out):
        job.refuse("give all tables and --out, or --show")
    clusters, labels, evaluation, pairs = (job.read(name) for name in ("clusters", "labels", "evaluation", "pairs"))
    moods = scores.moods_of(job.read("videos"))
    job.write("out", scores.compare(clusters, labels, evaluation, pairs, moods, job.settings.classify))
