"""Set a paper's published numbers beside a run's own: comparison.tsv and comparison.html."""

from __future__ import annotations

from pathlib import Path

from moodreel.report.comparison import page, published, study
from moodreel.storage.atomic import write_text
from moodreel.tables import base
from moodreel.tables.paper import COMPARISON
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--run", type=Path, required=True, help="the run's folder, results/runs/<run>")
    parser.add_argument("--expected", type=Path, required=True, help="the paper's expected.yaml")
    parser.add_argument("--out", type=Path, required=True, help="comparison.tsv")
    parser.add_argument("--page", type=Path, required=True, help="comparison.html")
    args = parser.parse_args()
    paper = published.read(args.expected)
    run = study.read(args.run)
    table = study.compare(run, paper)
    base.write_tsv(args.out, COMPARISON, table)
    write_text(args.page, page.render(table, run, paper))
    print(f"wrote {args.page}: {paper.paper} beside {run.name}")


if __name__ == "__main__":
    step.run(main)
