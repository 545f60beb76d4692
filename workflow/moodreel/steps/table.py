"""Write a run's table of videos as it is resolved: with their files, and the folders of their tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.errors import UserError
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step
from moodreel.workflow.plan import Plan


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="videos.tsv")
    parser.add_argument("--rows-sha256", required=True, help="the table as it was when the run was planned")
    args = parser.parse_args()
    plan = Plan.of(args.settings)
    if plan.rows_sha256 != args.rows_sha256:  # else the file would hold rows of which Snakemake does not know
        raise UserError(f"{plan.settings.videos} has changed since the run was planned. Run again, for what is new.")
    base.write_tsv(args.out, VIDEOS, pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    print(f"{len(plan.videos)} videos")


if __name__ == "__main__":
    step.run(main)
