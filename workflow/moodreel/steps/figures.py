"""Draw a run's figures as files of their own, with captions."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from moodreel.report import figures, run, style
from moodreel.storage.atomic import folder_replacement, of_suffix
from moodreel.tables import base
from moodreel.tables.figures import FIGURES
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's folder, results/runs/<run>")
    parser.add_argument("--emotions", help="where emotion scores lie in a video's folder, if there are any")
    parser.add_argument("--out-folder", type=Path, required=True, help="folder for SVG, PNG and captions.tsv")
    args = parser.parse_args()
    found, rows = run.read(args.run, args.settings, args.emotions), []
    with folder_replacement(args.out_folder, of_suffix(".svg", ".png", ".tsv")) as folder:
        for drawn in figures.every(found, lambda name, why: print(f"no {name}: {why}")):
            style.save(drawn.figure, folder, drawn.name)
            rows.append({"name": drawn.name, "title": drawn.title, "caption": drawn.caption})
        table = pl.DataFrame(rows, schema=base.polars_schema(FIGURES))
        base.write_tsv(folder / "captions.tsv", FIGURES, table)
    print(f"{len(table)} figures in {args.out_folder}")


if __name__ == "__main__":
    step.run(main)
