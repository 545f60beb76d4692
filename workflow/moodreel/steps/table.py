"""Write a run's table of videos as it is resolved: with their files, and the folders of their tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.plan import Plan
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.videos import VIDEOS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="videos.tsv")
    args = parser.parse_args()
    plan = Plan.unchecked(args.settings)
    base.write_tsv(args.out, VIDEOS, pl.DataFrame(plan.rows, schema=base.polars_schema(VIDEOS)))
    print(f"{len(plan.videos)} videos")


if __name__ == "__main__":
    command.run(main)
