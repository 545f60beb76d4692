"""Write the run's tables as a Psych-DS data set."""

from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.extraction import POSE
from moodreel.tables.face import FACE
from moodreel.tables.features import SCREENING, WINDOWS
from moodreel.tables.labels import EMOTIONS, LABELS
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Input, Option, Output, table_inputs


@declare(
    inputs={
        **table_inputs(VIDEOS, SCREENING, EMOTIONS, WINDOWS, LABELS, CLUSTERS),
        "poses": Input(POSE, through_videos=True),
        "faces": Input(FACE, through_videos=True),
    },
    outputs={"out": Output("folder of the data set")},
    options={"run_name": Option("the run's name", required=True)},
    settings=("export", "clusters.names"),
    with_missing=True,
)
def main(job: Job) -> None:
    from moodreel.formats import data_set

    names = [name for name in vars(job.inputs) if name != "clusters" or not job.missing]
    tables = {name: job.read(name) for name in names}
    data_set.write(job.outputs.out, job.options.run_name, tables, job.settings.export, job.settings.clusters.names)
    print(f"{job.outputs.out}: {len(tables['videos'])} videos")
