"""Compare what was found on built-in clips with what was acted, or (--show) print a finished comparison."""

from __future__ import annotations

from pathlib import Path

from moodreel.demo import scores
from moodreel.settings.classify import ClassifySettings
from moodreel.tables import base
from moodreel.tables.classify import EVALUATION
from moodreel.tables.clusters import CLUSTERS
from moodreel.tables.demo_scores import ACTED
from moodreel.tables.labels import LABELS
from moodreel.tables.music import PAIRS
from moodreel.tables.truth import TRUTH
from moodreel.tables.videos import VIDEOS
from moodreel.workflow import old_step as step


def main() -> None:
    parser = step.parser(__doc__)
    parser.add_argument("--run", type=Path, help="the run's folder, results/runs/<run>")
    parser.add_argument("--out", type=Path, help="acted.tsv")
    parser.add_argument("--show", type=Path, metavar="RUN", help="print the comparison of this run's folder")
    args = parser.parse_args()
    if args.show:
        print(scores.in_words(base.read_tsv(args.show / "acted.tsv", ACTED), str(args.show / "report.html")))
        return
    if not (args.run and args.out):
        parser.error("give --run and --out, or --show")
    videos = base.read_tsv(args.run / "videos.tsv", VIDEOS)
    moods = {
        v["video"]: base.read(Path(v["path"]).with_suffix(".truth.parquet"), TRUTH, columns=["mood"])["mood"][0]
        for v in videos.filter(kind="builtin").iter_rows(named=True)
    }
    table = scores.compare(
        base.read(args.run / "clusters.parquet", CLUSTERS),
        base.read(args.run / "labels.parquet", LABELS),
        base.read_tsv(args.run / "evaluation.tsv", EVALUATION),
        base.read_tsv(args.run / "pairs.tsv", PAIRS),
        moods,
        ClassifySettings(**args.settings.get("classify", {})),
    )
    base.write_tsv(args.out, ACTED, table)


if __name__ == "__main__":
    step.run(main)
