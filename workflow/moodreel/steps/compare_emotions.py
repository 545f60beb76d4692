"""Set a paper's published accuracies of emotion scores beside a run's own: comparison.tsv and comparison.html."""

from __future__ import annotations

from pathlib import Path

import yaml

from moodreel.files import write_text
from moodreel.report import published
from moodreel.report.emotions import Study, compare
from moodreel.report.emotions_page import render
from moodreel.steps import command
from moodreel.tables import base
from moodreel.tables.emotions import CLIP_ACCURACY, CLIP_EMOTIONS, DETECTORS, EMOTION_TIMELINE
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
    study = Study(
        name=folder.name,
        settings=yaml.safe_load((folder / "settings.yaml").read_text(encoding="utf-8")),
        videos=base.read_tsv(folder / "videos.tsv", VIDEOS),
        clips=base.read_tsv(folder / "clip_emotions.tsv", CLIP_EMOTIONS),
        accuracy=base.read_tsv(folder / "clip_accuracy.tsv", CLIP_ACCURACY),
        detectors=base.read_tsv(folder / "detectors.tsv", DETECTORS),
        timeline=base.read_tsv(folder / "emotion_timeline.tsv", EMOTION_TIMELINE),
    )
    table = compare(study, paper)
    base.write_tsv(args.out, COMPARISON, table)
    write_text(args.page, render(table, study, paper))
    print(f"wrote {args.page}: {paper.paper} beside {study.name}")


if __name__ == "__main__":
    command.run(main)
