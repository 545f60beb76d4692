"""Write a run's table of videos as it is resolved: with their files, and the folders of their tables."""

from __future__ import annotations

from moodreel.errors import UserError
from moodreel.tables.videos import VIDEOS
from moodreel.workflow.job import Job, declare
from moodreel.workflow.step import Option, Output


@declare(
    inputs={},
    outputs={"out": Output(VIDEOS)},
    options={"rows_sha256": Option("the table as it was when the run was planned", required=True)},
    configuration=True,
)
def main(job: Job) -> None:
    import polars as pl

    from moodreel.tables import base
    from moodreel.workflow.plan import Plan

    plan = Plan.of(job.told)
    if plan.rows_sha256 != job.options.rows_sha256:  # else the file would hold rows of which Snakemake does not know
        raise UserError(f"{plan.settings.videos} has changed since the run was planned. Run again, for what is new.")
    job.write("out", pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    print(f"{len(plan.videos)} videos")
