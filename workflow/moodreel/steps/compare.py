"""Set a paper's published numbers beside a run's own: comparison.tsv and comparison.html."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import yaml

from moodreel.files import write_text
from moodreel.report import published
from moodreel.report.comparison import Study, compare
from moodreel.report.comparison_page import render
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION, MODALITIES
from moodreel.tables.clusters import CLUSTERS, SILHOUETTE
from moodreel.tables.features import FEATURES, SCREENING, WINDOWS
from moodreel.tables.music import PAIRS
from moodreel.tables.paper import COMPARISON
from moodreel.tables.videos import VIDEOS


def main() -> None:
    parser = command.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's folder, results/runs/<run>")
    parser.add_argument("--expected", type=Path, required=True, help="the paper's expected.yaml")
    parser.add_argument("--out", type=Path, required=True, help="comparison.tsv")
    parser.add_argument("--page", type=Path, required=True, help="comparison.html")
    args = parser.parse_args()
    folder: Path = args.run
    paper = published.read(args.expected)
    features = folder / "features.parquet"
    study = Study(
        name=folder.name,
        settings=yaml.safe_load((folder / "settings.yaml").read_text(encoding="utf-8")),
        videos=base.read_tsv(folder / "videos.tsv", VIDEOS),
        screening=base.read_tsv(folder / "screening.tsv", SCREENING),
        columns=[name for name in pq.read_schema(features).names if name not in FEATURES.names],
        notes=base.read_stamp(features).get("notes", []),
        windows=base.read(folder / "windows.parquet", WINDOWS),
        silhouette=base.read_tsv(folder / "silhouette.tsv", SILHOUETTE),
        clusters=base.read(folder / "clusters.parquet", CLUSTERS),
        evaluation=base.read_tsv(folder / "evaluation.tsv", EVALUATION),
        modalities=base.read_tsv(folder / "modalities.tsv", MODALITIES),
        pairs=base.read_tsv(folder / "pairs.tsv", PAIRS),
    )
    table = compare(study, paper)
    base.write_tsv(args.out, COMPARISON, table)
    write_text(args.page, render(table, study, paper))
    print(f"wrote {args.page}: {paper.paper} beside {study.name}")


if __name__ == "__main__":
    command.run(main)
