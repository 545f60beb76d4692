"""Write a run's resolved table of videos, with the paths of their files and the folders of their tables."""

from moodreel.errors import UserError
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output(VIDEOS)},
    options={"rows_sha256": Option("hash of the table when the run was planned", required=True)},
    configuration=True,
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.tables import base
    from moodreel.workflow.plan import Plan

    plan = Plan.of(job.given_settings)
    if plan.rows_sha256 != job.options.rows_sha256:  # otherwise the file would have rows unknown to Snakemake
        raise UserError(f"{plan.settings.videos} has changed since the run was planned. Run again.")
    job.write("out", pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    print(f"{len(plan.videos)} videos")
